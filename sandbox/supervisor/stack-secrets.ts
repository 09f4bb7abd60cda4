import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writePrivateJson } from './private-file.ts';

const secretsSchema = z.strictObject({
  tenantId: z.string(),
  subscriptionId: z.string(),
  clientId: z.string(),
  clientSecret: z.string(),
  /** The service principal's object id. */
  objectId: z.string(),
  administratorKey: z.string(),
  masterKey: z.string(),
  durableKey: z.string(),
  eventGridKey: z.string(),
  controlKey: z.string(),
  webhookSecret: z.string(),
  /** The storage account's shared key, base64. */
  storageKey: z.string(),
});
export type StackSecrets = z.infer<typeof secretsSchema>;

/** Every local stack's subscription. */
const localSubscriptionId = '5a11d0c0-1ab5-4c0d-9e0f-00006a7e405e';

/** The identities and keys of the stack in `directory`, made at random at its first start. */
export function ensureSecrets(directory: string): StackSecrets {
  const file = join(directory, 'secrets.json');
  if (!existsSync(file)) writePrivateJson(file, createSecrets());
  return secretsSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
}

function createSecrets(): StackSecrets {
  return {
    tenantId: randomUUID(),
    // No secret, and the same everywhere: what is written down of a stack names resources by it.
    subscriptionId: localSubscriptionId,
    clientId: randomUUID(),
    clientSecret: createKey(),
    objectId: randomUUID(),
    administratorKey: createKey(),
    masterKey: createKey(),
    durableKey: createKey(),
    eventGridKey: createKey(),
    controlKey: createKey(),
    // The prefix by which receivers of Standard Webhooks know such a secret.
    webhookSecret: `whsec_${randomBytes(32).toString('base64')}`,
    storageKey: randomBytes(64).toString('base64'),
  };
}

function createKey(): string {
  return randomBytes(32).toString('base64url');
}
