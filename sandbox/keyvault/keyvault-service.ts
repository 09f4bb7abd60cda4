import { randomUUID } from 'node:crypto';
import {
  type RunningService,
  type ServiceRequest,
  type ServiceResponse,
  startHttpsService,
} from '../platform/https-service.ts';
import type { Principal, ServiceHost } from '../platform/service-host.ts';
import { openKeySeal } from './key-seal.ts';
import { settlePending } from './pending-certificates.ts';
import { apiVersion, scriptApiVersion, type Vault } from './vault.ts';
import { badParameter, errorBody, VaultError } from './vault-error.ts';
import { findRoute, type VaultRoute } from './vault-routes.ts';
import { emptyVault, openVaultState } from './vault-state.ts';
import { createSecretWeight, createWeight, otherWeight, type RequestWeight, VaultThrottle } from './vault-throttle.ts';
import { withoutSecretValue } from './without-secret-value.ts';

const audience = 'https://vault.azure.net';
const namePattern = /^[0-9a-zA-Z-]{1,127}$/;

export interface KeyVaultOptions {
  readonly port: number;
  /** What faults and recordings call it: a stack may have several vaults. `keyvault` unless told. */
  readonly name?: string;
  /** Base of the authority that the challenge names; the public cloud's unless told. */
  readonly authority?: string;
}

export interface RunningKeyVault extends RunningService {
  /** Empties the vault. */
  reset(): void;
  /** Writes its state now. */
  flush(): void;
}

/**
 * Starts the emulator for one Key Vault: keys, certificates and secrets of its data plane, version 2025-07-01. Private
 * keys and secrets are kept sealed in the state file. No operation answers a private key, and no recording holds a
 * secret.
 */
export async function startKeyVault(host: ServiceHost, options: KeyVaultOptions): Promise<RunningKeyVault> {
  const vault: Vault = {
    state: openVaultState(host.directory),
    seal: openKeySeal(host.directory),
    clock: host.clock,
    speed: host.speed,
    creating: new Set(),
  };
  const throttle = new VaultThrottle(() => host.clock.nowMs());
  const authority = `${options.authority ?? 'https://login.microsoftonline.com'}/${host.tenantId}`;
  const service = await startHttpsService(
    {
      name: options.name ?? 'keyvault',
      credentials: host.credentials,
      clock: host.clock,
      journal: host.journal,
      faults: host.faults,
      record: (exchange) => {
        host.record?.(withoutSecretValue(exchange));
      },
      errorBody,
      handle: (request) => handle(request, { host, vault, throttle, authority }),
    },
    options.port,
  );
  return {
    ...service,
    reset: () => {
      Object.assign(vault.state.value, emptyVault());
      throttle.clear();
      vault.state.save();
    },
    flush: () => {
      vault.state.flush();
    },
  };
}

interface Context {
  readonly host: ServiceHost;
  readonly vault: Vault;
  readonly throttle: VaultThrottle;
  readonly authority: string;
}

async function handle(request: ServiceRequest, context: Context): Promise<ServiceResponse> {
  const { authorization } = request.headers;
  const principal = await context.host.verifyToken(authorization, audience);
  if (principal === undefined) return challenge(authorization, context.authority);
  const headers = {
    'x-ms-keyvault-region': 'eastus',
    'x-ms-keyvault-service-version': '1.9.0.0',
    'x-ms-request-id': randomUUID(),
    'cache-control': 'no-cache',
  };
  const answer = await answerCall(request, context, principal);
  return { ...answer, headers: { ...headers, ...answer.headers }, principal: principal.appId };
}

async function answerCall(request: ServiceRequest, context: Context, principal: Principal): Promise<ServiceResponse> {
  try {
    return await run(request, context);
  } catch (error) {
    if (!(error instanceof VaultError)) throw error;
    return {
      status: error.status,
      body: errorBody(error.code, error.message, error.innerCode),
      principal: principal.appId,
    };
  }
}

async function run(request: ServiceRequest, context: Context): Promise<ServiceResponse> {
  const { vault } = context;
  const route = findRoute(request.method, request.url.pathname);
  if (route === undefined) {
    throw new VaultError(501, 'NotImplemented', `The local vault has no ${request.method} ${request.url.pathname}.`);
  }
  refuseApiVersion(request);
  if (route.name !== '' && !namePattern.test(route.name)) {
    throw badParameter(`The request URI contains an invalid name: ${route.name}`);
  }
  if (!context.throttle.admit(weightOf(route, request, vault))) {
    throw new VaultError(
      429,
      'Throttled',
      'Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached',
    );
  }
  await settlePending(vault);
  return await route.operation(vault, {
    origin: request.url.origin,
    name: route.name,
    version: route.version,
    query: request.url.searchParams,
    body: readJson(request.body),
  });
}

/** Without a token the answer is where to get one; clients send their first request bare to learn that. */
function challenge(authorization: string | undefined, authority: string): ServiceResponse {
  const where = `Bearer authorization="${authority}", resource="${audience}"`;
  const isMissing = authorization?.startsWith('Bearer ') !== true;
  return {
    status: 401,
    headers: { 'www-authenticate': isMissing ? where : `${where}, error="invalid_token"` },
    body: isMissing
      ? errorBody('Unauthorized', 'AKV10000: Request is missing a Bearer, PoP, or MTLS_POP token.')
      : errorBody('Unauthorized', 'AKV10032: The token is not valid for this vault, or has expired.'),
  };
}

function refuseApiVersion({ method, url }: ServiceRequest): void {
  const asked = url.searchParams.get('api-version');
  if (asked === null) throw badParameter('api-version must be specified');
  const isScripts = asked === scriptApiVersion && method === 'GET' && url.pathname.startsWith('/secrets/');
  if (asked !== apiVersion && !isScripts) {
    throw badParameter(
      `The specified version (${asked}) is not recognized. Consider using the latest supported version (${apiVersion}).`,
    );
  }
}

function weightOf(route: VaultRoute, request: ServiceRequest, vault: Vault): RequestWeight {
  if (route.makes === 'secret') return createSecretWeight();
  if (route.makes === 'key') return createWeight(request.body.includes('RSA-HSM'));
  if (!request.url.pathname.startsWith('/keys/')) return otherWeight();
  const versions = vault.state.value.keys[route.name.toLowerCase()]?.versions ?? [];
  const key = versions.find((version) => version.version === route.version) ?? versions.at(-1);
  return otherWeight(key === undefined ? undefined : { keySize: key.keySize, isHsm: key.kty === 'RSA-HSM' });
}

function readJson(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    throw badParameter('Bad JSON content found in the request.');
  }
}
