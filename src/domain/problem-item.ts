import { z } from 'zod';
import { problemCodeSchema } from './problem-codes.ts';

/** One thing that is wrong: in an answer's `errors`, in warnings, in what a failed operation says. */
export const problemItemSchema = z.object({
  path: z.string().meta({ description: 'JSON Pointer (RFC 6901) into the request.' }),
  code: problemCodeSchema,
  message: z.string(),
  fix: z.string(),
});
