import { AppError } from '../../domain/app-error.ts';
import type { ProfilePackage } from '../../domain/profile-package.ts';

/** What every kit for a gateway's point-to-site VPN is made from. */
export interface P2sSettings {
  /** The gateway's newest profile package; its `hash` tells of a kit whether the gateway's settings are still these. */
  readonly profile: ProfilePackage;
  readonly gatewayId: string;
  /** The client certificate, DER. */
  readonly certificate: Uint8Array;
  /** Those above it, DER, nearest first, the root last. */
  readonly chain: readonly Uint8Array[];
  /** Names of files without extension, the same for every platform: 1 to 64 of letters, digits, `.`, `_`, `-`. */
  readonly fileStem: string;
}

/** Refuses a name of files that some file or command line would read otherwise. */
export function requirePlainStem({ fileStem }: P2sSettings): void {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(fileStem)) return;
  const message = 'The file stem is not 1 to 64 letters, digits, ".", "_" or "-", beginning with a letter or digit.';
  throw new AppError('ERR_REQUEST_INVALID', message, {
    problems: [{ path: '/fileStem', code: 'unfitForClients', message, fix: 'Give another name.' }],
  });
}
