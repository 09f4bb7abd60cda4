import { app, type FunctionInput, type InvocationContext } from '@azure/functions';
import type { Settings } from '../config/settings.ts';
import { onGatewayChanged } from '../functions/gateways/on-gateway-changed.ts';
import { registerDeliverOutbox } from '../functions/timers/deliver-outbox.ts';
import { registerRetention } from '../functions/timers/retention.ts';
import { registerSweep } from '../functions/timers/sweep.ts';
import { registerWatchDependencies } from '../functions/timers/watch-dependencies.ts';
import { registerWatchExpiries } from '../functions/timers/watch-expiries.ts';
import { registerWatchGateways } from '../functions/timers/watch-gateways.ts';
import { createRemoveOperation } from '../services/operations/remove-operation.ts';
import type { RetainOptions } from '../services/operations/retain.ts';
import { createDescribeExpiring } from './describe-expiring.ts';
import { orchestrationsOf, type Parts } from './host.ts';

/** Registers what happens without a caller: timers, and Azure's events about gateways. */
export function registerWatches(parts: Parts, { clientId }: Settings, durableClient: FunctionInput): void {
  const { core, certificates, gateways, onPremises } = parts;
  const host = { app, runs: core.timerRuns };
  const { procedures } = onPremises;
  const durable = { durableClient, orchestrationsOf };
  registerDeliverOutbox(host, core.delivery);
  registerRetention(host, retentionOf(parts));
  registerWatchDependencies(host, core.dependencies);
  registerWatchExpiries(host, {
    ...core,
    describe: createDescribeExpiring(core, certificates),
    afterChange: () => {
      core.deliverSoon();
    },
  });
  registerWatchGateways(host, { ...core, ...gateways, ...durable });
  registerSweep(host, { ...durable, services: { ...core, ...certificates, ...gateways, procedures } });
  app.eventGrid('onGatewayChanged', {
    extraInputs: [durableClient],
    handler: async (event: unknown, context: InvocationContext) => {
      const orchestrations = orchestrationsOf(context);
      const outcome = await onGatewayChanged(event, { ...core, ...gateways, clientId, orchestrations });
      context.log(`gateway event: ${outcome}`);
    },
  });
}

/** How each kind of thing that is kept for a time is removed. */
function retentionOf({ core, gateways }: Parts): Omit<RetainOptions, 'onFault'> {
  const { dues, audit, now, idempotency, outbox, keptDays } = core;
  return {
    dues,
    removers: {
      idempotency: idempotency.removeOld,
      event: outbox.removeOld,
      operation: createRemoveOperation({ ...core, keptDays: keptDays.operations }),
      profile: gateways.profileRetention.removeOld,
    },
    audit,
    now,
  };
}
