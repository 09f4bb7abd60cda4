import type { TokenCredential } from '@azure/core-auth';
import {
  bearerTokenAuthenticationPolicy,
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineFromOptions,
  createPipelineRequest,
  isRestError,
  type HttpMethods,
  type PipelineResponse,
} from '@azure/core-rest-pipeline';
import type { JsonObject } from '../domain/json.ts';
import type { ArmRest } from '../ports/arm-rest.ts';
import { toAnswer } from './arm-answers.ts';
import { audienceOf } from './arm-audience.ts';

export interface ArmRestOptions {
  readonly endpoint: string;
  readonly credential: TokenCredential;
}

const timeoutMs = 60_000;

/** Resource Manager by bare requests. */
export function createArmRest({ endpoint, credential }: ArmRestOptions): ArmRest {
  const httpClient = createDefaultHttpClient();
  const pipeline = createPipelineFromOptions({ retryOptions: { maxRetries: 0 } });
  pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential, scopes: `${audienceOf(endpoint)}/.default` }));

  async function send(
    method: HttpMethods,
    resourceId: string,
    apiVersion: string,
    body?: JsonObject,
  ): Promise<PipelineResponse> {
    const request = createPipelineRequest({
      url: `${endpoint}${resourceId}?api-version=${apiVersion}`,
      method,
      timeout: timeoutMs,
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
    get: async (resourceId, apiVersion) => toAnswer(await send('GET', resourceId, apiVersion)),
    put: async (resourceId, apiVersion, body) => toAnswer(await send('PUT', resourceId, apiVersion, body)),
    remove: async (resourceId, apiVersion) => toAnswer(await send('DELETE', resourceId, apiVersion)),
  };
}

/** The client's error holds the request, whose body may hold a password; what it says in words is about the connection only. */
function withoutRequest(error: unknown): unknown {
  return isRestError(error) ? new Error(`Azure was not to be reached: ${error.code ?? error.message}`) : error;
}
