import type { TokenCredential } from '@azure/core-auth';
import {
  bearerTokenAuthenticationPolicy,
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineFromOptions,
  createPipelineRequest,
  isRestError,
  type HttpMethods,
  type PipelineOptions,
  type PipelineResponse,
} from '@azure/core-rest-pipeline';
import type { JsonObject } from '../domain/json.ts';
import type { ArmRest } from '../ports/arm-rest.ts';
import { operationErrorOf, parseBody, toAnswer } from './arm-answers.ts';
import { audienceOf } from './arm-audience.ts';

export interface ArmRestOptions {
  readonly endpoint: string;
  readonly credential: TokenCredential;
  /** For tests: a CA to trust. */
  readonly clientOptions?: Pick<PipelineOptions, 'tlsOptions'>;
}

const timeoutMs = 60_000;

/** Resource Manager by bare requests. */
export function createArmRest({ endpoint, credential, clientOptions }: ArmRestOptions): ArmRest {
  const httpClient = createDefaultHttpClient();
  const pipeline = createPipelineFromOptions({ ...clientOptions, retryOptions: { maxRetries: 0 } });
  pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential, scopes: `${audienceOf(endpoint)}/.default` }));

  const urlOf = (resourceId: string, apiVersion: string): string =>
    `${endpoint}${resourceId}?api-version=${apiVersion}`;

  async function send(method: HttpMethods, url: string, body?: JsonObject): Promise<PipelineResponse> {
    const request = createPipelineRequest({
      url,
      method,
      // The client's own timeout does not bound the body, and its timer outlives a connection that is refused.
      abortSignal: AbortSignal.timeout(timeoutMs),
      headers: createHttpHeaders({
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      }),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    try {
      return await pipeline.sendRequest(httpClient, request);
    } catch (error: unknown) {
      throw withoutRequest(error);
    }
  }

  return {
    get: async (resourceId, apiVersion) => toAnswer(await send('GET', urlOf(resourceId, apiVersion))),
    put: async (resourceId, apiVersion, body) => toAnswer(await send('PUT', urlOf(resourceId, apiVersion), body)),
    remove: async (resourceId, apiVersion) => toAnswer(await send('DELETE', urlOf(resourceId, apiVersion))),
    readOperationError: async (operationUrl) => {
      // Only Azure's own operation URLs are asked, because the token goes along.
      if (new URL(operationUrl).origin !== new URL(endpoint).origin) return undefined;
      const response = await send('GET', operationUrl);
      return operationErrorOf(parseBody(response.bodyAsText ?? ''));
    },
  };
}

/** The client's error holds the request, whose body may hold a password; what it says in words is about the connection only. */
function withoutRequest(error: unknown): unknown {
  if (isRestError(error)) return new Error(`Azure was not to be reached: ${error.code ?? error.message}`);
  const isLate = error instanceof Error && error.name === 'AbortError';
  return isLate ? new Error(`Azure did not answer in ${timeoutMs / 1000} s.`) : error;
}
