import type { Refusal } from '../../contracts/operations/outcomes.ts';
import { inFull } from '../../domain/azure-words.ts';
import type { ArmWords } from '../../ports/arm.ts';

/** What an activity answers where Azure refuses, in Azure's own words. */
export function refusalOf(words: ArmWords): Refusal {
  return { outcome: 'refused', code: words.code, message: inFull(words) };
}
