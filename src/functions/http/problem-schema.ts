import { z } from 'zod';
import { errorCodes } from '../../domain/app-error.ts';
import { azureWordsSchema } from '../../domain/azure-words.ts';
import { problemItemSchema } from '../../domain/problem-item.ts';

/** RFC 9457, as the API description shows it. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum(errorCodes).meta({ description: 'Code to switch on.' }),
    detail: z.string(),
    instance: z.string().meta({ description: 'Identifies this request in a report and in the log.' }),
    errors: z.array(problemItemSchema).optional(),
    azure: azureWordsSchema.optional().meta({ description: 'What Azure said, where it was Azure that refused.' }),
  })
  .meta({ id: 'Problem', description: 'What was refused or failed, why, and what to do.' });
