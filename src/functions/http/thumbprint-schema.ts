import { z } from 'zod';
import { parseThumbprint } from '../../domain/thumbprint.ts';

/** The thumbprint of a certificate, however it is written. */
export const thumbprintSchema = z
  .string()
  .max(128)
  .refine((text) => parseThumbprint(text) !== undefined, {
    error: 'Not a thumbprint: send 40 hexadecimal digits.',
    params: {
      code: 'wrongFormat',
      fix: 'Send the 40 hexadecimal digits of the certificate’s SHA-1; spaces, colons and letter case do not count.',
    },
  })
  // One spelling from here on: also where an idempotency key is scoped by what the path names.
  .transform((text): string => parseThumbprint(text) ?? text)
  .meta({ description: 'SHA-1 of the certificate, 40 hexadecimal digits.' });
