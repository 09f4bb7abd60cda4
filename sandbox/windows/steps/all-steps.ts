import type { StepStandIn } from '../world/records.ts';
import { commonStandIns, vpnAccessStandIns } from './p-steps.ts';
import { connectorStandIns } from './w-steps.ts';

/** Every step that the simulated machines can do. */
export const allStandIns: Readonly<Record<string, StepStandIn>> = {
  ...commonStandIns,
  ...vpnAccessStandIns,
  ...connectorStandIns,
};
