import { z } from 'zod';
import { AppError } from '../../domain/app-error.ts';
import { roles } from '../../domain/caller.ts';
import type { ApiKeys } from '../../services/requests/api-keys.ts';
import { isHashOfGuessableKey } from '../../services/requests/guessable-keys.ts';
import { defineRoute } from '../http/define-route.ts';
import { pageSchema } from '../http/list-query.ts';
import type { Route } from '../http/route.ts';
import { slugParams } from '../http/slug-schema.ts';

const apiKeySchema = z
  .object({
    id: z.string(),
    name: z.string(),
    role: z.enum(roles),
    createdAt: z.iso.datetime(),
    createdBy: z.string(),
  })
  .meta({
    id: 'ApiKey',
    description: 'A key that a caller signs in with. The key itself is known to its owner alone.',
  });

const newApiKeySchema = z.strictObject({
  name: z.string().trim().min(1).max(100).optional(),
  role: z.enum(roles),
  keyHash: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .refine((keyHash) => !isHashOfGuessableKey(keyHash), {
      error: 'This is the hash of an empty or guessable key.',
      params: {
        code: 'guessableKey',
        fix: 'Make the key from at least 32 random bytes, and look whether the command that makes it succeeds.',
      },
    })
    .meta({ description: 'SHA-256 of the key, lower-case hexadecimal. Make the key from at least 32 random bytes.' }),
});

const tags = ['API keys'];

export function apiKeyRoutes({ apiKeys }: { readonly apiKeys: ApiKeys }): readonly Route[] {
  const putApiKey = defineRoute({
    name: 'putApiKey',
    method: 'PUT',
    path: 'api-keys/{id}',
    action: 'apiKey.put',
    role: 'administrator',
    summary: 'Makes an API key or changes its role. The caller makes the key and sends its hash, so no secret passes.',
    tags,
    request: { params: slugParams, body: newApiKeySchema },
    responses: { 200: apiKeySchema },
    handler: async ({ params, body, caller }) => ({
      status: 200,
      body: await apiKeys.put({ ...body, id: params.id, createdBy: caller.id }),
    }),
  });

  const listApiKeys = defineRoute({
    name: 'listApiKeys',
    method: 'GET',
    path: 'api-keys',
    action: 'apiKey.list',
    role: 'administrator',
    summary: 'Lists the API keys.',
    tags,
    responses: { 200: pageSchema(apiKeySchema) },
    handler: async () => ({ status: 200, body: { items: await apiKeys.list() } }),
  });

  const deleteApiKey = defineRoute({
    name: 'deleteApiKey',
    method: 'DELETE',
    path: 'api-keys/{id}',
    action: 'apiKey.delete',
    role: 'administrator',
    summary: "Withdraws an API key at once. The last administrator's stays.",
    tags,
    request: { params: slugParams },
    responses: { 204: undefined },
    handler: async ({ params }) => {
      if (await apiKeys.remove(params.id)) return { status: 204 };
      throw new AppError('ERR_NOT_FOUND', `There is no API key '${params.id}'.`);
    },
  });

  return [putApiKey, listApiKeys, deleteApiKey];
}
