import { randomUUID } from 'node:crypto';
import { app, type FunctionInput } from '@azure/functions';
import { createFailureLimits } from '../functions/http/failure-limits.ts';
import { createReadCaller } from '../functions/http/read-caller.ts';
import { registerRoutes } from '../functions/http/register-routes.ts';
import type { Route } from '../functions/http/route.ts';
import { expiryRoutes } from '../functions/operations/expiries.ts';
import { healthRoutes } from '../functions/operations/health.ts';
import { operationActions } from '../functions/operations/operation-actions.ts';
import { operationRoutes } from '../functions/operations/operations.ts';
import { apiKeyRoutes } from '../functions/requests/api-keys.ts';
import { auditRoutes } from '../functions/requests/audit.ts';
import { openApiRoutes } from '../functions/requests/openapi.ts';
import { createTurnedAway } from '../services/requests/turned-away.ts';
import { verifyAudit } from '../services/requests/verify-audit.ts';
import { version } from '../version.ts';
import { certificateNounRoutes } from './certificates.ts';
import { createDescribeExpiring } from './describe-expiring.ts';
import { gatewayNounRoutes } from './gateways.ts';
import { deliverSoon, orchestrationsOf, type Parts } from './host.ts';
import { onPremisesNounRoutes } from './on-premises.ts';

/** Registers every route, and the one that describes them. */
export function registerHttp(parts: Parts, durableClient: FunctionInput): void {
  const { core, certificates, gateways, onPremises } = parts;
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
    ...healthRoutes({ version, lastReport: () => core.dependencies.last(), missing: core.readiness.missing }),
  ];
  registerRoutes({
    app,
    durableClient,
    routes: [...routes, ...openApiRoutes(routes, version)],
    services: {
      now: core.now,
      newSeed: core.newSeed,
      missing: core.readiness.missing,
      readCaller: createReadCaller(core),
      idempotency: core.idempotency,
      audit: core.audit,
      turnedAway: createTurnedAway({ audit: core.audit, instanceId: randomUUID() }),
      failureLimits: createFailureLimits(core),
      orchestrationsOf,
      afterChange: () => {
        deliverSoon(core);
      },
    },
  });
}
