import { z } from 'zod';
import { operationViewSchema } from '../../domain/operation.ts';
import type { CertificateImports, ImportRow } from '../../services/gateways/import-certificates.ts';
import type { Operations } from '../../services/operations/operations.ts';
import { accepted } from '../http/accepted-operation.ts';
import { defineRoute } from '../http/define-route.ts';
import type { Route } from '../http/route.ts';
import { certificateToRegisterSchema } from './certificate-to-register.ts';
import { readCertificateCsv } from './read-certificate-csv.ts';

export interface CertificateImportRoutesOptions {
  readonly certificateImports: CertificateImports;
  readonly operations: Pick<Operations, 'view'>;
}

const csvCharactersMax = 1024 * 1024;

const importSchema = z.union([
  z
    .strictObject({ csv: z.string().min(1).max(csvCharactersMax) })
    .meta({ description: 'A list, as `text/csv` has it: a header that names columns, a line for each certificate.' }),
  certificateToRegisterSchema.refine(
    ({ certificate, thumbprint }) => certificate !== undefined || thumbprint !== undefined,
    {
      path: ['certificate'],
      error: 'There is neither a certificate nor a thumbprint.',
      params: { code: 'missingField', fix: 'Send one of the two.' },
    },
  ),
]);

/** POST /api/certificate-imports */
export function importCertificates({ certificateImports, operations }: CertificateImportRoutesOptions): Route {
  return defineRoute({
    name: 'importCertificates',
    method: 'POST',
    path: 'certificate-imports',
    action: 'certificate.import',
    role: 'operator',
    summary:
      'Registers certificates that others have issued, one or a CSV list: found, watched, revoked and taken out like those of Gatehouse.',
    tags: ['Certificates'],
    takesCsv: true,
    request: { body: importSchema },
    responses: { 202: operationViewSchema },
    handler: async ({ body, caller, operationId, orchestrations }) => {
      const rows: readonly ImportRow[] = 'csv' in body ? readCertificateCsv(body.csv) : [{ asked: body }];
      const request = { operationId: operationId(), requestedBy: caller.id, orchestrations };
      const { id } = await certificateImports.begin(rows, request);
      return accepted(operations, id);
    },
  });
}
