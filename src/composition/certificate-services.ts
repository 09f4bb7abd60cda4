import { randomBytes } from 'node:crypto';
import { createKeyPair } from '../pki/create-key-pair.ts';
import { createCertificateLookup } from '../services/certificates/certificate-lookup.ts';
import { createCertificateOrders } from '../services/certificates/certificate-orders.ts';
import { createRootKeyImports } from '../services/certificates/import-root-key.ts';
import { createRootImports } from '../services/certificates/import-roots.ts';
import { createCertificates } from '../services/certificates/issue-certificate.ts';
import { createIssueWithKey, createKeyFiles } from '../services/certificates/issue-with-key.ts';
import { createKits } from '../services/certificates/kits.ts';
import { createReadNewestPackage } from '../services/certificates/newest-package.ts';
import { createOwners } from '../services/certificates/owners.ts';
import type { Follow } from '../services/certificates/release-certificate.ts';
import { createRootRemovals } from '../services/certificates/remove-root.ts';
import { createOrderRenewal } from '../services/certificates/renew-certificate.ts';
import { createRoots } from '../services/certificates/roots.ts';
import { createDownloadEscrow } from '../services/operations/download-escrow.ts';
import { createDownloads } from '../services/operations/downloads.ts';
import { containers } from './containers.ts';
import type { Core } from './core.ts';
import { readProfile } from './read-profile.ts';

/** Roots, client certificates, their owners and kits. */
export type Certificates = ReturnType<typeof createCertificateServices>;

type CertificatesCore = Pick<
  Core,
  | 'apiKeys'
  | 'audit'
  | 'tables'
  | 'blobs'
  | 'stores'
  | 'secrets'
  | 'rootKeys'
  | 'operations'
  | 'expiries'
  | 'outbox'
  | 'unfinished'
  | 'log'
  | 'now'
>;

/** What costs time or is another program's: a test may put something quicker in its place. */
interface CertificatesEdges {
  readonly newKeyPair: typeof createKeyPair;
  readonly escrow: ReturnType<typeof createDownloadEscrow>;
  readonly readProfilePackage: typeof readProfile;
  readonly follow: Follow;
}

// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- what is made here would be listed twice
export function createCertificateServices(
  core: CertificatesCore,
  {
    newKeyPair = createKeyPair,
    escrow = createDownloadEscrow({ secrets: core.secrets }),
    readProfilePackage = readProfile,
    follow = (work) => work(),
  }: Partial<CertificatesEdges> = {},
) {
  const { tables, blobs, stores, now } = core;
  const lookup = createCertificateLookup({ stores, now });
  const owners = createOwners({ stores, now });
  const downloads = createDownloads({
    tables,
    blobs,
    container: containers.downloads,
    now,
    escrow,
    newToken: () => randomBytes(32).toString('base64url'),
  });
  const readNewest = createReadNewestPackage({ stores, blobs, container: containers.profiles });
  const kits = createKits({ stores, lookup, readNewest, readProfilePackage });
  const keyFiles = createKeyFiles({ downloads, stores });
  const certificates = createCertificates({ ...core, lookup, owners, keyFiles, follow });
  const rootImports = createRootImports(core);
  const rootKeyImports = createRootKeyImports({ ...core, vault: core.rootKeys, imports: rootImports });
  const rootRemovals = createRootRemovals({ ...core, lookup, keys: rootKeyImports });
  const issueWithKey = createIssueWithKey({
    certificates,
    stores,
    downloads,
    kits,
    newKeyPair,
    newPassword: () => randomBytes(15),
  });
  return {
    rootKeyImports,
    rootRemovals,
    lookup,
    owners,
    rootImports,
    roots: createRoots({ ...core, imports: rootImports, removals: rootRemovals }),
    certificates,
    issueWithKey,
    certificateOrders: createCertificateOrders({ ...core, lookup, owners, certificates, issueWithKey, kits }),
    orderRenewal: createOrderRenewal({ stores, lookup }),
    downloads,
    keyFiles,
    kits,
    readNewest,
  };
}
