import { z } from 'zod';
import { AppError } from '../../domain/app-error.ts';
import { operationViewSchema } from '../../domain/operation.ts';
import { parseThumbprint } from '../../domain/thumbprint.ts';
import { type Kits } from '../../services/certificates/kits.ts';
import type { Revocations } from '../../services/gateways/revocations.ts';
import type { Operations } from '../../services/operations/operations.ts';
import { accepted } from '../http/accepted-operation.ts';
import { defineRoute } from '../http/define-route.ts';
import type { Route } from '../http/route.ts';
import { allowSharedNameSchema, thumbprintParams } from './certificate-params.ts';
import { certificateViewSchema, revocationsOf, toView } from './certificate-view.ts';
import { collectCertificate } from './collect-certificate.ts';
import { issueCertificate, type IssueRouteOptions } from './issue-certificate.ts';
import { listCertificates } from './list-certificates.ts';
import { makeKit } from './make-kit.ts';
import { renewCertificate, type RenewRouteOptions } from './renew-certificate.ts';
import { reasonSchema, urgencySchema } from './revocation-fields.ts';

export interface CertificateRoutesOptions extends IssueRouteOptions, RenewRouteOptions {
  readonly revocations: Revocations;
  readonly kits: Kits;
  readonly operations: Pick<Operations, 'view'>;
}

const tags = ['Certificates'];

export function certificateRoutes(options: CertificateRoutesOptions): readonly Route[] {
  return [
    issueCertificate(options),
    collectCertificate(options),
    listCertificates(options),
    getCertificate(options),
    revokeCertificate(options),
    reinstateCertificate(options),
    renewCertificate(options),
    makeKit(options),
  ];
}

function getCertificate(options: CertificateRoutesOptions): Route {
  return defineRoute({
    name: 'getCertificate',
    method: 'GET',
    path: 'certificates/{thumbprint}',
    action: 'certificate.read',
    role: 'reader',
    summary: 'Shows a certificate and its state.',
    tags,
    request: { params: thumbprintParams },
    responses: { 200: certificateViewSchema },
    handler: async ({ params }) => {
      const thumbprint = parseThumbprint(params.thumbprint);
      const record = thumbprint === undefined ? undefined : await options.lookup.byThumbprint(thumbprint);
      if (record === undefined) throw new AppError('ERR_NOT_FOUND', `Certificate ${params.thumbprint} does not exist.`);
      const revocations = await revocationsOf(options.stores, record);
      return { status: 200, body: { ...(await toView(options, record)), ...revocations } };
    },
  });
}

function revokeCertificate({ revocations, operations }: CertificateRoutesOptions): Route {
  return defineRoute({
    name: 'revokeCertificate',
    method: 'POST',
    path: 'certificates/{thumbprint}/revoke',
    action: 'certificate.revoke',
    role: 'operator',
    summary: 'Revokes a certificate on every gateway that trusts its root and cuts its sessions.',
    tags,
    request: {
      params: thumbprintParams,
      body: z.strictObject({ reason: reasonSchema, urgency: urgencySchema }),
    },
    responses: { 202: operationViewSchema },
    handler: async ({ params, body, caller, operationId, orchestrations }) => {
      const request = { operationId: operationId(), requestedBy: caller.id, orchestrations };
      const { id } = await revocations.revoke(params.thumbprint, body, request);
      return accepted(operations, id);
    },
  });
}

function reinstateCertificate({ revocations, operations }: CertificateRoutesOptions): Route {
  return defineRoute({
    name: 'reinstateCertificate',
    method: 'POST',
    path: 'certificates/{thumbprint}/reinstate',
    action: 'certificate.reinstate',
    role: 'operator',
    summary: 'Takes a revocation back on every gateway.',
    tags,
    request: {
      params: thumbprintParams,
      body: z.strictObject({ allowSharedName: allowSharedNameSchema }),
    },
    responses: { 202: operationViewSchema },
    handler: async ({ params, body, caller, operationId, orchestrations }) => {
      const request = { operationId: operationId(), requestedBy: caller.id, orchestrations };
      const { id } = await revocations.reinstate(params.thumbprint, body, request);
      return accepted(operations, id);
    },
  });
}
