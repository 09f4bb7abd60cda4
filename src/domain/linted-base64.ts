import { z } from 'zod';

/**
 * Base64 of the DER of a certificate that the lint has passed, on one line. Made by src/pki/linted-certificate.ts
 * alone, and read back from the row that it was kept in: a text of any other origin does not compile where this is
 * asked for.
 */
export const lintedBase64 = z.string().brand<'LintedBase64'>();
export type LintedBase64 = z.infer<typeof lintedBase64>;
