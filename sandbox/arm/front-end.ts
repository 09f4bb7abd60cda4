import type { ServiceRequest } from '../platform/https-service.ts';
import type { ServiceHost } from '../platform/service-host.ts';
import { refuseAtGateway } from './arm-refusal.ts';
import type { Caller } from './arm-state.ts';
import type { Namespace } from './route-table.ts';
import { classifyMethod, type RequestClass, type TokenBuckets } from './token-buckets.ts';

const audience = 'https://management.azure.com/';

/** The versions that the pinned clients, or the app itself, send; their bodies are what is modelled here. */
export const apiVersions: Readonly<Record<Namespace, string>> = {
  'Microsoft.Resources': '2025-04-01',
  'Microsoft.Resources/subscriptions': '2022-12-01',
  'Microsoft.Network': '2026-01-01',
  'Microsoft.HybridCompute': '2025-01-13',
  'Microsoft.Authorization': '2022-04-01',
};

/** Who sends this request, or ARM's 401. */
export async function authenticate(host: ServiceHost, request: ServiceRequest): Promise<Caller> {
  const { authorization } = request.headers;
  const principal =
    (await host.verifyToken(authorization, audience)) ??
    (await host.verifyToken(authorization, audience.replace(/\/$/, '')));
  if (principal !== undefined) return principal;
  const [code, message] =
    authorization === undefined
      ? ['AuthenticationFailed', "Authentication failed. The 'Authorization' header is missing."]
      : ['InvalidAuthenticationToken', 'The access token is invalid.'];
  const challenge = `Bearer authorization_uri="https://login.microsoftonline.com/${host.tenantId}", error="invalid_token", error_description="${message}"`;
  throw refuseAtGateway(401, code, message, { 'www-authenticate': challenge });
}

/** The api-version of a request to this namespace, or ARM's 400. */
export function readApiVersion(url: URL, namespace: Namespace, resourceType: string): string {
  // The clients encode the dash of the parameter's name; URL decodes it.
  const given = url.searchParams.get('api-version');
  if (given === null || given === '') {
    throw refuseAtGateway(
      400,
      'MissingApiVersionParameter',
      'The api-version query parameter (?api-version=) is required for all requests.',
    );
  }
  const supported = apiVersions[namespace];
  if (given === supported) return given;
  if (namespace.startsWith('Microsoft.Resources')) {
    throw refuseAtGateway(
      400,
      'InvalidApiVersionParameter',
      `The api-version '${given}' is invalid. The supported versions are '${supported}'.`,
    );
  }
  throw refuseAtGateway(
    400,
    'NoRegisteredProviderFound',
    `No registered resource provider found for API version '${given}' for type '${resourceType}'. The supported api-versions are '${supported}'.`,
  );
}

/** Refuses a subscription that this stack does not have. A call that names none is about all of them. */
export function checkSubscription(host: ServiceHost, path: string): void {
  const given = path.split('/')[2] ?? '';
  if (/^\/subscriptions\/?$/i.test(path)) return;
  if (given.toLowerCase() === host.subscriptionId.toLowerCase()) return;
  throw refuseAtGateway(404, 'SubscriptionNotFound', `The subscription '${given}' could not be found.`);
}

/** Takes a token for this request; answers the headers that say how many are left, or throws ARM's 429. */
export function throttle(
  buckets: TokenBuckets,
  host: ServiceHost,
  caller: Caller,
  method: string,
): Readonly<Record<string, string>> {
  const requestClass = classifyMethod(method);
  const taken = buckets.take(caller.objectId, requestClass);
  if (taken.outcome === 'allowed') {
    return {
      [`x-ms-ratelimit-remaining-subscription-${requestClass}`]: String(taken.remaining),
      // The subscription's own limit is 15 times that of one principal.
      [`x-ms-ratelimit-remaining-subscription-global-${requestClass}`]: String(taken.remaining * 15),
    };
  }
  const seconds = String(taken.retryAfterSeconds);
  throw refuseAtGateway(429, 'SubscriptionRequestsThrottled', throttledText(requestClass, host, caller, seconds), {
    'retry-after': seconds,
  });
}

function throttledText(requestClass: RequestClass, host: ServiceHost, caller: Caller, seconds: string): string {
  const kind = requestClass.slice(0, -1);
  return `Number of '${kind}' requests for subscription '${host.subscriptionId}' actor '${caller.objectId}' exceeded. Please try again after '${seconds}' seconds after additional tokens are available. Refer to https://aka.ms/arm-throttling for additional information.`;
}
