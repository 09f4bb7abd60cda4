import { refused } from '../steps/connector-step.ts';
import type { StepCall, StepOutcome } from '../world/records.ts';
import type { OfferedPackage, SignatureStatus } from './state.ts';

export type Download =
  | { readonly outcome: 'got'; readonly offered: OfferedPackage }
  | { readonly outcome: 'failed'; readonly answer: StepOutcome };

/** Unpacked, a package takes about this many times its size while it is staged. */
const spaceFactor = 3;

/** Fetches a package as a script does: to a file, and no further unless its hash is the approved one. */
export function download(
  { world, machine }: Pick<StepCall, 'world' | 'machine'>,
  uri: string,
  sha256: string,
): Download {
  const { packages } = world.connector;
  const { host } = new URL(uri);
  if (!packages.some((offered) => new URL(offered.uri).host === host)) {
    return failed('ToolFailed', `The remote name could not be resolved: '${host}'.`);
  }
  const offered = packages.find((each) => each.uri === uri);
  if (offered === undefined) return failed('ToolFailed', 'The remote server returned an error: (404) Not Found.');
  if (offered.sizeBytes * spaceFactor > machine.azurePack.freeDiskBytes) {
    return failed('ToolFailed', 'There is not enough space on the disk.');
  }
  if (offered.sha256 !== sha256) return failed('Precondition', 'The downloaded file is not the approved one.');
  return { outcome: 'got', offered };
}

/** A signature that is there and wrong, or that cannot be judged. */
export function isDoubtful(signature: SignatureStatus): boolean {
  return signature !== 'Valid' && signature !== 'NotSigned';
}

function failed(code: string, message: string): Download {
  return { outcome: 'failed', answer: refused(code, message) };
}
