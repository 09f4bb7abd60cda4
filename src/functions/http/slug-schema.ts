import { z } from 'zod';

/** An id that callers choose: fit for URLs, table keys and Azure names alike. */
export const slugSchema = z
  .string()
  .regex(/^[a-z0-9-]{1,63}$/)
  .meta({ description: 'Lower-case letters, digits and hyphens, 1 to 63.', examples: ['team-a'] });

export const slugParams = z.strictObject({ id: slugSchema });
