import type { StepAnswer } from '../../contracts/on-premises/remote-step.ts';
import { findRemoteStep } from '../../contracts/on-premises/step-table.ts';
import type { Secrets } from '../../ports/secrets.ts';

/**
 * Moves the facts that are secret (what data files hold) out of an answer and into Key Vault, under the names given;
 * without a name such a fact is dropped. What is answered may be stored anywhere.
 */
export type KeepSecretFacts = (
  answer: StepAnswer,
  names: Readonly<Record<string, string>> | undefined,
) => Promise<StepAnswer>;

export function createKeepSecretFacts({ secrets }: { readonly secrets: Secrets }): KeepSecretFacts {
  return async (answer, names = {}) => {
    const facts = { ...answer.facts };
    for (const fact of findRemoteStep(answer.step)?.secretFacts ?? []) {
      const { [fact]: value } = facts;
      const name = names[fact];
      if (typeof value === 'string' && name !== undefined) await secrets.set({ use: 'dataFile', name }, value);
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a copy made above, with few keys
      delete facts[fact];
    }
    return { ...answer, facts };
  };
}
