import type { Route } from '../functions/http/route.ts';
import { expiryRoutes } from '../functions/operations/expiries.ts';
import { healthRoutes } from '../functions/operations/health.ts';
import { operationActions } from '../functions/operations/operation-actions.ts';
import { operationRoutes } from '../functions/operations/operations.ts';
import { apiKeyRoutes } from '../functions/requests/api-keys.ts';
import { auditRoutes } from '../functions/requests/audit.ts';
import { openApiRoutes } from '../functions/requests/openapi.ts';
import { verifyAudit } from '../services/requests/verify-audit.ts';
import { version } from '../version.ts';
import { certificateNounRoutes } from './certificates.ts';
import { createDescribeExpiring } from './describe-expiring.ts';
import { gatewayNounRoutes } from './gateways.ts';
import type { Parts } from './host.ts';
import { onPremisesNounRoutes } from './on-premises.ts';

/** Every route, and the one that describes them. */
export function allRoutes({ core, certificates, gateways, onPremises }: Parts): readonly Route[] {
  const routes: readonly Route[] = [
    ...gatewayNounRoutes(core, gateways),
    ...certificateNounRoutes(core, certificates, gateways),
    ...onPremisesNounRoutes(core, onPremises),
    ...operationRoutes({
      ...core,
      actions: operationActions({ ...core, ...gateways, procedures: onPremises.procedures }),
    }),
    ...expiryRoutes({ expiries: core.expiries, describe: createDescribeExpiring(core, certificates) }),
    ...auditRoutes({ audit: core.audit, verify: (request) => verifyAudit(core, request) }),
    ...apiKeyRoutes(core),
    ...healthRoutes({ version, lastReport: () => core.dependencies.last(), missing: () => core.readiness.missing() }),
  ];
  return [...routes, ...openApiRoutes(routes, version)];
}
