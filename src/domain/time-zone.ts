import { z } from 'zod';

/** The name of a time zone of the IANA database, as this runtime knows them. */
export const timeZoneSchema = z
  .string()
  .max(64)
  .refine(isTimeZone, {
    error: 'No such time zone.',
    params: { code: 'unknownValue', fix: 'Send an IANA name such as Europe/Berlin.' },
  });

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    // Intl has no other way to say no than a RangeError.
    return false;
  }
}
