/**
 * Azure as somebody else sees it: reads of the emulators with the stack's own service principal, and changes in the
 * portal.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { requestOver, type WireAnswer } from '../../support/https-request.ts';
import type { RunningTestStack } from '../../support/stack.ts';
import { writableGateway } from '../../support/writable-gateway.ts';
import { expectStatus, type JsonObject } from './line.ts';

interface StackSecrets {
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly webhookSecret: string;
  readonly administratorKey: string;
  readonly masterKey: string;
  readonly durableKey: string;
  readonly eventGridKey: string;
  readonly storageKey: string;
}

export function readSecrets(stack: RunningTestStack): StackSecrets {
  return JSON.parse(readFileSync(join(stack.directory, 'secrets.json'), 'utf8')) as StackSecrets;
}

const apiVersions = { resource: '2025-04-01', network: '2026-01-01', vault: '2025-07-01' };

/** Path of the test gateway's resource, or of another resource of Microsoft.Network in its group. */
export function networkPath(
  stack: RunningTestStack,
  nameAndType = 'virtualNetworkGateways/VNet1GW',
  group = 'TestRG1',
) {
  const { subscriptionId } = stack.info.arm;
  return `/subscriptions/${subscriptionId}/resourceGroups/${group}/providers/Microsoft.Network/${nameAndType}`;
}

export function groupPath(stack: RunningTestStack, group = 'TestRG1'): string {
  return `/subscriptions/${stack.info.arm.subscriptionId}/resourceGroups/${group}`;
}

/** The emulators throttle at random, as Azure does. */
async function retryWhileThrottled(ask: () => Promise<WireAnswer>): Promise<WireAnswer> {
  let answer = await ask();
  for (let tries = 0; tries < 20 && (answer.status === 429 || answer.status === 503); tries += 1) answer = await ask();
  return answer;
}

async function tokenFor(stack: RunningTestStack, resource: string): Promise<string> {
  const { tenantId, clientId, clientSecret } = readSecrets(stack);
  const ports = JSON.parse(readFileSync(join(stack.directory, 'ports.json'), 'utf8')) as { readonly identity: number };
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret };
  const answer = await retryWhileThrottled(() =>
    requestOver(`https://localhost:${ports.identity}`, {
      method: 'POST',
      path: `/${tenantId}/oauth2/v2.0/token`,
      ca: readFileSync(stack.info.ca, 'utf8'),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ ...form, scope: `${resource}/.default` }).toString(),
    }),
  );
  return (answer.json as { readonly access_token: string }).access_token;
}

interface VaultOrArmCall {
  readonly method?: string;
  readonly origin: string;
  readonly path: string;
  readonly audience: string;
  readonly body?: unknown;
}

async function call(stack: RunningTestStack, { method = 'GET', origin, path, audience, body }: VaultOrArmCall) {
  const token = await tokenFor(stack, audience);
  return retryWhileThrottled(() =>
    requestOver(origin, {
      method,
      path,
      ca: readFileSync(stack.info.ca, 'utf8'),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  );
}

/** A resource as ARM shows it; undefined when it is not there. */
export async function readResource(stack: RunningTestStack, path: string): Promise<JsonObject | undefined> {
  const version = path.includes('/providers/') ? apiVersions.network : apiVersions.resource;
  const answer = await call(stack, {
    origin: stack.info.arm.url,
    path: `${path}?api-version=${version}`,
    audience: 'https://management.azure.com',
  });
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.status} ${answer.text}`);
  return answer.json as JsonObject;
}

/** An action of Microsoft.Network that answers at once. */
export async function postResource(stack: RunningTestStack, path: string): Promise<JsonObject> {
  const answer = await call(stack, {
    method: 'POST',
    origin: stack.info.arm.url,
    path: `${path}?api-version=${apiVersions.network}`,
    audience: 'https://management.azure.com',
  });
  if (answer.status !== 200) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`);
  return answer.json as JsonObject;
}

/**
 * Writes a gateway with the application's own identity, behind its back: Event Grid tells it as the application's own
 * write.
 */
export async function writeGatewayAsApp(
  stack: RunningTestStack,
  change: (gateway: GatewayResource) => unknown,
): Promise<void> {
  const answer = await call(stack, {
    method: 'PUT',
    origin: stack.info.arm.url,
    path: `${networkPath(stack)}?api-version=${apiVersions.network}`,
    audience: 'https://management.azure.com',
    body: change(writableGateway(await readGateway(stack))),
  });
  if (answer.status >= 300) throw new Error(`PUT: ${answer.status} ${answer.text}`);
}

/** A gateway body without the entries of one of its lists. */
export function withoutEntries(
  { properties, ...gateway }: GatewayResource,
  list: 'vpnClientRootCertificates' | 'vpnClientRevokedCertificates',
): unknown {
  const { vpnClientConfiguration } = properties;
  return {
    ...gateway,
    properties: { ...properties, vpnClientConfiguration: { ...vpnClientConfiguration, [list]: [] } },
  };
}

/** A GET of Key Vault, at `/keys/...` or `/certificates/...`. */
export async function readVault(stack: RunningTestStack, path: string): Promise<JsonObject> {
  const answer = await call(stack, {
    origin: stack.info.keyVault.url,
    path: `${path}?api-version=${apiVersions.vault}`,
    audience: 'https://vault.azure.net',
  });
  if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.status} ${answer.text}`);
  return answer.json as JsonObject;
}

/** The value of a Key Vault secret, its last version; undefined when there is no such secret. */
export async function readSecret(stack: RunningTestStack, name: string): Promise<string | undefined> {
  const answer = await callVault(stack, { method: 'GET', name, vaultUrl: stack.info.keyVault.url });
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw new Error(`GET secret ${name}: ${answer.status} ${answer.text}`);
  return (answer.json as { readonly value: string }).value;
}

/** Writes a Key Vault secret, as somebody does who keeps a password there. */
export async function writeSecret(
  stack: RunningTestStack,
  name: string,
  value: string,
  vaultUrl: string = stack.info.keyVault.url,
): Promise<void> {
  const answer = await callVault(stack, { method: 'PUT', name, vaultUrl, body: { value } });
  if (answer.status !== 200) throw new Error(`PUT secret ${name}: ${answer.status} ${answer.text}`);
}

interface SecretCall {
  readonly method: string;
  readonly name: string;
  readonly vaultUrl: string;
  readonly body?: unknown;
}

function callVault(stack: RunningTestStack, { method, name, vaultUrl, body }: SecretCall): Promise<WireAnswer> {
  const path = `/secrets/${name}?api-version=${apiVersions.vault}`;
  return call(stack, { method, origin: vaultUrl, path, audience: 'https://vault.azure.net', body });
}

export interface GatewayEntry {
  readonly name: string;
  readonly properties: JsonObject;
}

/** A gateway with the parts that the line changes. */
export interface GatewayResource extends JsonObject {
  readonly properties: JsonObject & {
    readonly provisioningState: string;
    readonly vpnClientConfiguration: JsonObject & {
      readonly vpnClientRootCertificates?: readonly GatewayEntry[];
      readonly vpnClientRevokedCertificates?: readonly GatewayEntry[];
    };
  };
}

export async function readGateway(stack: RunningTestStack, path = networkPath(stack)): Promise<GatewayResource> {
  const gateway = await readResource(stack, path);
  if (gateway === undefined) throw new Error(`${path} is not there`);
  return gateway as GatewayResource;
}

/** Thumbprints that the gateway refuses, as ARM shows them. */
export async function revokedOnGateway(stack: RunningTestStack): Promise<readonly string[]> {
  const { vpnClientConfiguration } = (await readGateway(stack)).properties;
  return (vpnClientConfiguration.vpnClientRevokedCertificates ?? []).map(({ properties }) =>
    String(properties['thumbprint']).toUpperCase(),
  );
}

/** Names of the roots that the gateway trusts, as ARM shows them. */
export async function rootsOnGateway(stack: RunningTestStack): Promise<readonly string[]> {
  const { vpnClientConfiguration } = (await readGateway(stack)).properties;
  return (vpnClientConfiguration.vpnClientRootCertificates ?? []).map(({ name }) => name);
}

/** A change by somebody else in the portal; throws unless ARM takes it. */
export async function changeInPortal(
  stack: RunningTestStack,
  method: string,
  path: string,
  body?: unknown,
): Promise<JsonObject> {
  const answer = await stack.control('POST', '/resources', { method, path, ...(body === undefined ? {} : { body }) });
  const inner = expectStatus(answer, 200) as { readonly status: number; readonly body: unknown };
  if (inner.status >= 300) throw new Error(`portal ${method} ${path}: ${JSON.stringify(inner)}`);
  return inner.body as JsonObject;
}

/** Somebody else writes the gateway back with its VPN configuration changed. */
export async function changeGatewayInPortal(
  stack: RunningTestStack,
  change: (gateway: GatewayResource) => unknown,
  path = networkPath(stack),
): Promise<void> {
  await changeInPortal(stack, 'PUT', path, change(writableGateway(await readGateway(stack, path))));
}
