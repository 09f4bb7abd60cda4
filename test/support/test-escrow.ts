import { createDownloadEscrow, type DownloadEscrow } from '../../src/services/operations/download-escrow.ts';
import { createSetAsideSecrets } from '../../src/services/requests/set-aside-secrets.ts';
import { createMemorySecrets } from './remote/stub-secrets.ts';

/** Sealing as the application does it, over a vault in memory. */
export function createTestEscrow(vault = createMemorySecrets()): DownloadEscrow {
  return createDownloadEscrow({ secrets: createSetAsideSecrets(vault) });
}
