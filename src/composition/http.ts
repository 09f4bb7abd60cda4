import { randomUUID } from 'node:crypto';
import { app, type FunctionInput } from '@azure/functions';
import { createFailureLimits } from '../functions/http/failure-limits.ts';
import { createReadCaller } from '../functions/http/read-caller.ts';
import { registerRoutes } from '../functions/http/register-routes.ts';
import { createTurnedAway } from '../services/requests/turned-away.ts';
import { orchestrationsOf, type Parts } from './host.ts';
import { allRoutes } from './routes.ts';

/** Registers every route. */
export function registerHttp(parts: Parts, durableClient: FunctionInput): void {
  const { core } = parts;
  registerRoutes({
    app,
    durableClient,
    routes: allRoutes(parts),
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
      afterChange: core.deliverSoon,
    },
  });
}
