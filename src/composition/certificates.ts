import { randomBytes } from 'node:crypto';
import * as df from 'durable-functions';
import { createOrderActivities } from '../activities/certificates/order-activities.ts';
import * as orderContract from '../contracts/certificates/order-certificate.ts';
import { certificateRoutes } from '../functions/certificates/certificates.ts';
import { importCertificates } from '../functions/certificates/import-certificates.ts';
import { ownerRevocationRoutes } from '../functions/certificates/owner-revocations.ts';
import { ownerRoutes } from '../functions/certificates/owners.ts';
import { rootRoutes } from '../functions/certificates/roots.ts';
import type { Route } from '../functions/http/route.ts';
import { downloadRoutes } from '../functions/operations/downloads.ts';
import { orderCertificate } from '../orchestrations/certificates/order-certificate.ts';
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
import { createRootRemovals } from '../services/certificates/remove-root.ts';
import { createOrderRenewal } from '../services/certificates/renew-certificate.ts';
import { createRoots } from '../services/certificates/roots.ts';
import type { CertificateImports } from '../services/gateways/import-certificates.ts';
import type { Leavers } from '../services/gateways/leavers.ts';
import type { Revocations } from '../services/gateways/revocations.ts';
import { createDownloadEscrow } from '../services/operations/download-escrow.ts';
import { createDownloads } from '../services/operations/downloads.ts';
import { containers, type Core } from './core.ts';
import { readProfile } from './read-profile.ts';
import { registerActivities } from './register-activities.ts';

/** Roots, client certificates, their owners and kits. */
export type Certificates = ReturnType<typeof createCertificateServices>;

// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- what is made here would be listed twice
export function createCertificateServices(core: Core) {
  const { tables, blobs, stores, now } = core;
  const lookup = createCertificateLookup({ stores, now });
  const owners = createOwners({ stores, now });
  const downloads = createDownloads({
    tables,
    blobs,
    container: containers.downloads,
    now,
    escrow: createDownloadEscrow({ secrets: core.secrets }),
    newToken: () => randomBytes(32).toString('base64url'),
  });
  const readNewest = createReadNewestPackage({ stores, blobs, container: containers.profiles });
  const kits = createKits({ stores, lookup, readNewest, readProfilePackage: readProfile });
  const keyFiles = createKeyFiles({ downloads, stores });
  const certificates = createCertificates({ ...core, lookup, owners, keyFiles });
  const rootImports = createRootImports(core);
  const rootKeyImports = createRootKeyImports({ ...core, vault: core.rootKeys, imports: rootImports });
  const rootRemovals = createRootRemovals({ ...core, lookup, keys: rootKeyImports });
  const issueWithKey = createIssueWithKey({
    certificates,
    stores,
    downloads,
    kits,
    newKeyPair: createKeyPair,
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
    certificateOrders: createCertificateOrders({ ...core, lookup, owners, certificates, issueWithKey }),
    orderRenewal: createOrderRenewal({ stores, lookup }),
    downloads,
    keyFiles,
    kits,
    readNewest,
  };
}

/** The orchestration of orders that are approved first, and what it calls. */
export function registerCertificates({ certificateOrders }: Certificates): void {
  df.app.orchestration(orderContract.orderCertificateName, orderCertificate);
  registerActivities(df.app, orderContract, createOrderActivities({ certificateOrders }));
}

export function certificateNounRoutes(
  { stores, operations, allowEllipticCurve, now }: Core,
  {
    lookup,
    owners,
    roots,
    rootImports,
    rootKeyImports,
    rootRemovals,
    certificates,
    issueWithKey,
    orderRenewal,
    certificateOrders,
    downloads,
    kits,
  }: Certificates,
  {
    revocations,
    leavers,
    certificateImports,
  }: {
    readonly revocations: Revocations;
    readonly leavers: Leavers;
    readonly certificateImports: CertificateImports;
  },
): readonly Route[] {
  return [
    ...rootRoutes({ stores, roots, rootImports, rootKeyImports, rootRemovals }),
    ...certificateRoutes({
      stores,
      allowEllipticCurve,
      operations,
      now,
      certificates,
      issueWithKey,
      orderRenewal,
      certificateOrders,
      lookup,
      owners,
      revocations,
      kits,
    }),
    importCertificates({ certificateImports, operations }),
    ...ownerRoutes({ owners }),
    ...ownerRevocationRoutes({ leavers, operations }),
    ...downloadRoutes({ downloads }),
  ];
}
