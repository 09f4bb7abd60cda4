import { type Credential, refused } from '../steps/connector-step.ts';
import type { StepCall, StepOutcome } from '../world/records.ts';
import { signInToDomain } from './accounts.ts';
import type { SharedFile } from './state.ts';

export type OpenedShare =
  | { readonly outcome: 'opened'; readonly files: readonly SharedFile[] }
  | { readonly outcome: 'refused'; readonly answer: StepOutcome };

/**
 * Opens the privileged endpoint's output share. It asks for somebody of the domain: SYSTEM of the host is nobody there.
 */
export function openShare({ world }: Pick<StepCall, 'world'>, path: string, credential: Credential): OpenedShare {
  const { outputShare } = world.connector.privilegedEndpoint;
  if (path.toLowerCase() !== outputShare.toLowerCase()) {
    return { outcome: 'refused', answer: refused('Unreachable', 'The network path was not found (53).') };
  }
  const signIn = signInToDomain(world, credential);
  if (signIn.outcome === 'refused') return signIn;
  return { outcome: 'opened', files: world.connector.outputFiles };
}
