import { z } from 'zod';

/** What Azure said, as people and callers get it: its own code and words, never mixed with codes of ours. */
export const azureWordsSchema = z
  .object({ code: z.string(), message: z.string(), correlationId: z.string().optional() })
  .meta({
    id: 'AzureWords',
    description: "Azure's own code and words, and the id by which its support finds the request.",
  });
export type AzureWords = z.infer<typeof azureWordsSchema>;
