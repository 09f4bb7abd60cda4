import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { z } from 'zod';
import type { Stack } from './stack.ts';

const secretsSchema = z.object({ tenantId: z.string(), clientId: z.string(), clientSecret: z.string() });
const portsSchema = z.object({ identity: z.number() });
const tokenSchema = z.object({ access_token: z.string() });

const apiVersion = '2025-07-01';

export interface KeyVaultClient {
  /** One signature of a random digest, as the application asks for it. */
  sign(keyId: string): Promise<void>;
  /** Writes a secret, as somebody does who keeps a password there. */
  writeSecret(name: string, value: string): Promise<void>;
  close(): void;
}

/**
 * Key Vault's emulator asked directly, as the application's own identity: what a signature costs without the
 * application.
 */
export async function createKeyVaultClient(stack: Stack): Promise<KeyVaultClient> {
  const read = async (file: string): Promise<unknown> =>
    JSON.parse(await readFile(join(stack.directory, file), 'utf8')) as unknown;
  const { tenantId, clientId, clientSecret } = secretsSchema.parse(await read('secrets.json'));
  const { identity } = portsSchema.parse(await read('ports.json'));
  const agent = new Agent({ keepAlive: true, ca: await readFile(stack.info.ca, 'utf8') });
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    scope: 'https://vault.azure.net/.default',
  });
  const tokenUrl = `https://localhost:${identity}/${tenantId}/oauth2/v2.0/token`;
  const token = tokenSchema.parse(
    await ask(agent, 'POST', tokenUrl, { 'content-type': 'application/x-www-form-urlencoded' }, form.toString()),
  ).access_token;
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  return {
    sign: async (keyId) => {
      const body = JSON.stringify({ alg: 'RS256', value: randomBytes(32).toString('base64url') });
      await ask(agent, 'POST', `${keyId}/sign?api-version=${apiVersion}`, headers, body);
    },
    writeSecret: async (name, value) => {
      const url = `${stack.info.keyVault.url}/secrets/${name}?api-version=${apiVersion}`;
      await ask(agent, 'PUT', url, headers, JSON.stringify({ value }));
    },
    close: () => {
      agent.destroy();
    },
  };
}

function ask(
  agent: Agent,
  method: string,
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, agent, headers: { ...headers } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        if (response.statusCode === 200) resolve(JSON.parse(text) as unknown);
        else reject(new Error(`${method} ${url} answered ${response.statusCode ?? '?'}: ${text}`));
      });
    });
    asked.once('error', reject);
    asked.end(body);
  });
}
