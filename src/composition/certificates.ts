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
import type { CertificateImports } from '../services/gateways/import-certificates.ts';
import type { Leavers } from '../services/gateways/leavers.ts';
import type { Revocations } from '../services/gateways/revocations.ts';
import type { Certificates } from './certificate-services.ts';
import type { Core } from './core.ts';
import { registerActivities } from './register-activities.ts';

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
