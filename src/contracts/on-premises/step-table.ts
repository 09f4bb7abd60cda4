import { commonSteps } from './common-steps.ts';
import { connectorSteps } from './connector-steps.ts';
import type { RemoteStepContract } from './remote-step.ts';
import { vpnAccessSteps } from './vpn-access-steps.ts';

const table: ReadonlyMap<string, RemoteStepContract> = new Map(
  [...Object.values(commonSteps), ...Object.values(vpnAccessSteps), ...Object.values(connectorSteps)].map(
    (step: RemoteStepContract) => [step.id, step],
  ),
);

/** The step of that id, of all that can be sent to a machine. */
export function findRemoteStep(id: string): RemoteStepContract | undefined {
  return table.get(id);
}
