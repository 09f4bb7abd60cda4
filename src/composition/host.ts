import type { InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import { createDurableOrchestrations } from '../functions/http/durable-orchestrations.ts';
import type { Orchestrations } from '../ports/orchestrations.ts';
import type { Certificates } from './certificate-services.ts';
import type { Core } from './core.ts';
import type { Gateways } from './gateway-services.ts';
import type { OnPremises } from './on-premises.ts';

/** The application's services by noun, made once per process. */
export interface Parts {
  readonly core: Core;
  readonly certificates: Certificates;
  readonly gateways: Gateways;
  readonly onPremises: OnPremises;
}

/** The orchestrations as an invocation with the durable client's binding reaches them. */
export function orchestrationsOf(context: InvocationContext): Orchestrations {
  return createDurableOrchestrations(df.getClient(context));
}
