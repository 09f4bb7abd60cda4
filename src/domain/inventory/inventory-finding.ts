import { z } from 'zod';
import { problemCodeSchema } from '../problem-codes.ts';

/**
 * `error`: it keeps people out, or its date has passed. `warning`: it will, from its date on. `info`: worth knowing.
 */
const findingSeverities = ['error', 'warning', 'info'] as const;

/** What is wrong with a gateway that is there, or will be, and what to do about it. */
export const inventoryFindingSchema = z
  .object({
    code: problemCodeSchema,
    severity: z.enum(findingSeverities).meta({
      description:
        '`error`: it keeps people out, or its date has passed. `warning`: it will. `info`: worth knowing before the next change.',
    }),
    date: z.iso.date().optional().meta({ description: 'From when on; absent where nobody has said it.' }),
    message: z.string(),
    plan: z.string().meta({ description: 'What to do.' }),
    source: z.string().optional().meta({ description: 'Page that says so.' }),
  })
  .meta({ id: 'InventoryFinding' });
export type InventoryFinding = z.infer<typeof inventoryFindingSchema>;

/** The worst first, of those the earliest. */
export function compareFindings(a: InventoryFinding, b: InventoryFinding): number {
  const bySeverity = findingSeverities.indexOf(a.severity) - findingSeverities.indexOf(b.severity);
  return bySeverity === 0 ? (a.date ?? '9').localeCompare(b.date ?? '9', 'en') : bySeverity;
}

/** Whether a day has come. */
export function severityAt(date: string, now: Date): 'error' | 'warning' {
  return Date.parse(date) <= now.getTime() ? 'error' : 'warning';
}
