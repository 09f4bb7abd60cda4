import { commonSteps } from '../contracts/common-steps.ts';
import { connectorSteps } from '../contracts/connector-steps.ts';
import type { RemoteStepContract } from '../contracts/remote-step.ts';
import { vpnAccessSteps } from '../contracts/vpn-access-steps.ts';

/** Every step of every procedure. */
export const remoteSteps: readonly RemoteStepContract[] = [commonSteps, vpnAccessSteps, connectorSteps].flatMap(
  (steps) => Object.values<RemoteStepContract>(steps),
);

const stepsById = new Map(remoteSteps.map((step) => [step.id, step]));

/** The contract of a step, by its number in its procedure. */
export function findStep(id: string): RemoteStepContract | undefined {
  return stepsById.get(id);
}
