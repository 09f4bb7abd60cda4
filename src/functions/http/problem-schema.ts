import { z } from 'zod';

/** One thing that is wrong: in an answer's `errors`, and in warnings. */
export const problemItemSchema = z.object({
  path: z.string().meta({ description: 'JSON Pointer (RFC 6901) into the request.' }),
  code: z.string(),
  message: z.string(),
  fix: z.string(),
});

/** RFC 9457, as the API description shows it. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string().meta({ description: 'Code to switch on.', examples: ['ERR_REQUEST_INVALID'] }),
    detail: z.string(),
    instance: z.string().meta({ description: 'Identifies this request in a report and in the log.' }),
    errors: z.array(problemItemSchema).optional(),
  })
  .meta({ id: 'Problem', description: 'What was refused or failed, why, and what to do.' });
