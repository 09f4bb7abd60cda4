import { findRemoteStep } from '../../src/contracts/on-premises/step-table.ts';
import { ownSecretName } from '../../src/domain/secret-uses.ts';

/** A name that a secret of this step may have. */
export function aSecretName(stepId: string, parameter: string): string {
  const use = findRemoteStep(stepId)?.secrets[parameter];
  if (use === undefined) throw new Error(`step ${stepId} has no secret ${parameter}`);
  return ownSecretName(use, parameter.toLowerCase());
}
