import { randomUUID } from 'node:crypto';
import {
  type RunningService,
  type ServiceRequest,
  type ServiceResponse,
  startHttpsService,
} from '../platform/https-service.ts';
import type { Principal, ServiceHost } from '../platform/service-host.ts';
import { type TokenIssuer, tokenLifetimeSeconds } from './token-issuer.ts';
import { type Application, readTokenRequest, type TokenRefusal } from './token-request.ts';

export interface IdentityOptions {
  readonly port: number;
  readonly issuer: TokenIssuer;
  readonly application: Application;
  /** Whom the application's tokens speak for. */
  readonly principal: Principal;
}

/**
 * Starts the emulator for Entra ID: OpenID discovery, signing keys and the token endpoint of one tenant with one
 * application. Every other path answers 501. The authority host for clients is the service's `url`.
 */
export function startIdentity(
  host: Omit<ServiceHost, 'verifyToken'>,
  options: IdentityOptions,
): Promise<RunningService> {
  return startHttpsService(
    {
      name: 'identity',
      credentials: host.credentials,
      clock: host.clock,
      journal: host.journal,
      faults: host.faults,
      record: undefined, // Requests here carry the client secret.
      errorBody: (code, message) => ({ error: code, error_description: message }),
      handle: (request) => handle(request, host, options),
    },
    options.port,
  );
}

async function handle(
  request: ServiceRequest,
  host: Omit<ServiceHost, 'verifyToken'>,
  options: IdentityOptions,
): Promise<ServiceResponse> {
  const [, tenant = '', ...rest] = request.url.pathname.split('/');
  const route = `${request.method} ${rest.join('/')}`;
  if (!routes.has(route)) {
    return { status: 501, body: { error: 'not_implemented', error_description: `The local stack has no ${route}.` } };
  }
  if (tenant.toLowerCase() !== host.tenantId) {
    const message = `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.`;
    return refuse({ status: 400, error: 'invalid_tenant', number: 90002, message }, host);
  }
  switch (route) {
    case 'POST oauth2/v2.0/token':
      return answerToken(request, host, options);
    case 'GET discovery/v2.0/keys':
      return { status: 200, body: { keys: [options.issuer.jwk] } };
    default:
      return { status: 200, body: discoveryDocument(request.url.origin, host.tenantId) };
  }
}

const routes = new Set([
  'POST oauth2/v2.0/token',
  'GET discovery/v2.0/keys',
  'GET v2.0/.well-known/openid-configuration',
]);

async function answerToken(
  request: ServiceRequest,
  host: Omit<ServiceHost, 'verifyToken'>,
  options: IdentityOptions,
): Promise<ServiceResponse> {
  const asked = readTokenRequest(request.body.toString('utf8'), options.application);
  if ('error' in asked) return refuse(asked, host);
  const accessToken = await options.issuer.issue(options.principal, asked.audience);
  return {
    status: 200,
    principal: options.principal.appId,
    headers: { 'cache-control': 'no-store, no-cache', pragma: 'no-cache' },
    body: {
      token_type: 'Bearer',
      expires_in: tokenLifetimeSeconds,
      ext_expires_in: tokenLifetimeSeconds,
      access_token: accessToken,
    },
  };
}

function refuse(refusal: TokenRefusal, host: Omit<ServiceHost, 'verifyToken'>): ServiceResponse {
  const traceId = randomUUID();
  const at = host.clock.now().toISOString();
  return {
    status: refusal.status,
    body: {
      error: refusal.error,
      error_description: `AADSTS${refusal.number}: ${refusal.message} Trace ID: ${traceId} Timestamp: ${at}`,
      error_codes: [refusal.number],
      timestamp: at,
      trace_id: traceId,
    },
  };
}

function discoveryDocument(origin: string, tenantId: string): Record<string, unknown> {
  const tenantUrl = `${origin}/${tenantId}`;
  return {
    issuer: `${tenantUrl}/v2.0`,
    authorization_endpoint: `${tenantUrl}/oauth2/v2.0/authorize`,
    token_endpoint: `${tenantUrl}/oauth2/v2.0/token`,
    jwks_uri: `${tenantUrl}/discovery/v2.0/keys`,
    response_types_supported: ['code', 'id_token', 'token'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    token_endpoint_auth_methods_supported: ['client_secret_post'],
  };
}
