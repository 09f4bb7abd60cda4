import { z } from 'zod';
import { invalidField } from '../../domain/app-error.ts';

const pageSizeMax = 1000;
const pageSizeUsual = 100;

/** The query parameter `top`: 1 to 1000, 100 if not given. */
export const topSchema = z
  .string()
  .regex(/^[1-9]\d{0,3}$/)
  .refine((text) => Number(text) <= pageSizeMax, {
    error: 'At most 1000.',
    params: { code: 'tooLarge', fix: 'Ask for 1000 or less.' },
  })
  .optional()
  .transform((text) => (text === undefined ? pageSizeUsual : Number(text)))
  .meta({ description: 'Page size, 1 to 1000; 100 if not given. A page may be shorter although more follows.' });

/** The query parameter `continuation`, as an earlier answer's `nextLink` carries it. */
export const continuationSchema = z
  .string()
  .max(1024)
  .regex(/^[A-Za-z0-9_-]+$/)
  .optional()
  .meta({ description: 'The continuation in nextLink.' });

/** The shape of every list's answer. */
export function pageSchema(item: z.ZodType): z.ZodType {
  return z.object({ items: z.array(item), nextLink: z.string().optional() });
}

/** A list's answer. `nextLink` repeats the query with the place to go on at, which says nothing to whoever reads it. */
export function toPage<T>(
  items: readonly T[],
  next: {
    readonly path: string;
    readonly query: Readonly<Record<string, string | number | undefined>>;
    readonly continuation: string | undefined;
  },
): { readonly items: readonly T[]; readonly nextLink?: string } {
  if (next.continuation === undefined) return { items };
  const entries = Object.entries(next.query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] satisfies [string, string]],
  );
  const continuation = Buffer.from(next.continuation, 'utf8').toString('base64url');
  const query = new URLSearchParams([...entries, ['continuation', continuation]]);
  return { items, nextLink: `/api/${next.path}?${query.toString()}` };
}

/** The place that a continuation names; refuses one that no list of this kind made. */
export function readContinuation(continuation: string | undefined, form: RegExp): string | undefined {
  if (continuation === undefined) return undefined;
  const place = Buffer.from(continuation, 'base64url').toString('utf8');
  if (form.test(place)) return place;
  const message = 'The continuation is not one of this list.';
  const fix = 'Take it from nextLink as it is, or leave it out.';
  throw invalidField('/query/continuation', 'invalidContinuation', message, fix);
}
