import type { Orchestrations } from '../../ports/orchestrations.ts';

/** Who asks for long work, under which operation, and where orchestrations run. */
export interface IntentRequest {
  readonly operationId: string;
  readonly requestedBy: string;
  readonly orchestrations: Orchestrations;
}
