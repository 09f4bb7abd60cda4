import { z } from 'zod';
import { type Caller, isAllowed, roles } from './caller.ts';

/** One line of a policy's list of names: letters as they are, `*` for any run of them; whatever else, itself. */
const namePattern = z.string().regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,128}$/u);

/** What may be issued under a root, to whom. Whatever a policy does not speak of is as it is without one. */
export const rootPolicySchema = z
  .strictObject({
    keyTypes: z
      .array(z.enum(['RSA-2048', 'RSA-3072', 'RSA-4096']))
      .min(1)
      .max(3)
      .optional()
      .meta({ description: 'Keys that certificates may have.' }),
    validityDaysMax: z.int().min(1).max(3650).optional().meta({
      description: 'The longest that a certificate may be valid; also how long it is where the order does not say.',
    }),
    names: z
      .array(namePattern)
      .min(1)
      .max(20)
      .optional()
      .meta({
        description:
          'Common names that certificates may have: one of these, where `*` is any text. Case does not count.',
        examples: [['*@contoso.com', 'vpn-*']],
      }),
    askers: z
      .strictObject({
        role: z.enum(roles).exclude(['reader']).optional().meta({ description: 'The least role that may ask.' }),
        callers: z
          .array(z.string().min(1).max(128))
          .min(1)
          .max(100)
          .optional()
          .meta({ description: 'Ids of the only callers that may ask.' }),
      })
      .optional()
      .meta({ description: 'Who may ask for certificates. Both hold where both are given.' }),
    approval: z
      .strictObject({ days: z.int().min(1).max(30).meta({ description: 'How long somebody has to decide.' }) })
      .optional()
      .meta({ description: 'Each certificate waits until an operator other than the asker has approved it.' }),
  })
  .meta({ id: 'RootPolicy' });
export type RootPolicy = z.infer<typeof rootPolicySchema>;

/**
 * Whether the caller may ask for certificates under the root; one whose role is not known may not where roles count.
 */
export function mayAsk(
  { askers }: RootPolicy,
  { id, role }: { readonly id: string } & Partial<Pick<Caller, 'role'>>,
): boolean {
  if (askers?.callers?.includes(id) === false) return false;
  return askers?.role === undefined || (role !== undefined && isAllowed({ role }, askers.role));
}

export function permitsName({ names }: RootPolicy, commonName: string): boolean {
  return names === undefined || names.some((pattern) => matches(fold(pattern), fold(commonName)));
}

/**
 * Whether the whole text is the pattern's. The pieces between the asterisks are looked for from left to right, each
 * once: the time grows with the length of the text, whatever the pattern.
 */
function matches(pattern: string, text: string): boolean {
  const pieces = pattern.split('*');
  const [first = '', ...others] = pieces;
  const last = others.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const piece of others) {
    const found = text.indexOf(piece, at);
    if (found === -1) return false;
    at = found + piece.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

function fold(text: string): string {
  return text.normalize('NFC').toLowerCase();
}
