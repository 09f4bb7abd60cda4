import { NetworkManagementClient, restorePoller } from '@azure/arm-network';
import { ResourceManagementClient } from '@azure/arm-resources';
import type { TokenCredential } from '@azure/core-auth';
import {
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineRequest,
  type HttpMethods,
  type PipelineResponse,
} from '@azure/core-rest-pipeline';
import type { JsonObject } from '../domain/json.ts';
import type { Arm, ArmAnswer } from '../ports/arm.ts';
import { asObject, asText } from '../domain/gateway-entries.ts';
import { classifyError, hints, operationErrorOf, parseBody, secondsOf, toAnswer } from './arm-answers.ts';
import { audienceOf } from './arm-audience.ts';
import { createLongRunningActions } from './long-running-actions.ts';
import { parseResourceId } from './resource-ids.ts';
import { withoutComputed } from './without-computed.ts';

/** The one version in which gateways and virtual networks are read and written raw; the typed client's own. */
const networkApiVersion = '2026-01-01';
const publicIpType = 'microsoft.network/publicipaddresses';

export interface ResourceManagerOptions {
  readonly endpoint: string;
  readonly credential: TokenCredential;
}

/**
 * The Arm port on Azure's own clients. Their built-in retries are off: waiting is an orchestration's business, and a retry
 * that does not read again would undo another writer's change.
 */
export function createResourceManager({ endpoint, credential }: ResourceManagerOptions): Arm {
  const clientOptions = {
    endpoint,
    retryOptions: { maxRetries: 0 },
    credentials: { scopes: [`${audienceOf(endpoint)}/.default`] },
  };
  const network = bySubscription((id) => new NetworkManagementClient(credential, id, clientOptions));
  const resources = bySubscription((id) => new ResourceManagementClient(credential, id, clientOptions));
  const httpClient = createDefaultHttpClient();

  async function send(
    method: HttpMethods,
    resourceId: string,
    body?: JsonObject,
    etag?: string,
  ): Promise<PipelineResponse> {
    const url = `${endpoint}${resourceId}?api-version=${networkApiVersion}`;
    return sendTo(url, method, parseResourceId(resourceId).subscriptionId, body, etag);
  }

  async function sendTo(
    url: string,
    method: HttpMethods,
    subscriptionId: string,
    body?: JsonObject,
    etag?: string,
  ): Promise<PipelineResponse> {
    const headers = createHttpHeaders({
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(etag === undefined ? {} : { 'if-match': etag }),
    });
    const request = createPipelineRequest({
      url,
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return network(subscriptionId).pipeline.sendRequest(httpClient, request);
  }

  async function readRaw(resourceId: string): Promise<ArmAnswer<JsonObject>> {
    return toAnswer(await send('GET', resourceId));
  }

  return {
    readRaw,
    putRaw: async (resourceId, body, etag) => toAnswer(await send('PUT', resourceId, withoutComputed(body), etag)),

    deleteResource: async (resourceId) => {
      const response = await send('DELETE', resourceId);
      const answer = toAnswer(response);
      return answer.outcome === 'done' ? { ...answer, value: undefined } : answer;
    },

    putResourceGroup: async (resourceId, location, tags) => {
      const { subscriptionId, resourceGroup } = parseResourceId(resourceId);
      return attempt(async () => {
        const group = await resources(subscriptionId).resourceGroups.createOrUpdate(resourceGroup, {
          location,
          tags: { ...tags },
        });
        return { outcome: 'done', value: { id: group.id ?? resourceId, location: group.location } };
      });
    },

    resourceGroupExists: async (resourceId) => {
      const { subscriptionId, resourceGroup } = parseResourceId(resourceId);
      return attempt(async () => {
        const { body } = await resources(subscriptionId).resourceGroups.checkExistence(resourceGroup);
        return { outcome: 'done', value: body };
      });
    },

    listResourceGroup: async (resourceId) => {
      const { subscriptionId, resourceGroup } = parseResourceId(resourceId);
      return attempt(async () => {
        const ids: string[] = [];
        for await (const { id = '' } of resources(subscriptionId).resources.listByResourceGroup(resourceGroup))
          ids.push(id);
        return { outcome: 'done', value: ids };
      });
    },

    deleteResourceGroup: async (resourceId) => {
      const { subscriptionId, resourceGroup } = parseResourceId(resourceId);
      return attempt(async () => {
        await resources(subscriptionId).resourceGroups.delete(resourceGroup).submitted();
        return { outcome: 'done', value: undefined };
      });
    },

    readPublicIpAddress: async (resourceId) => {
      const { subscriptionId, resourceGroup, name } = parseResourceId(resourceId);
      return attempt(async () => {
        const address = await network(subscriptionId).publicIPAddresses.get(resourceGroup, name);
        return { outcome: 'done', value: address.ipAddress ?? '' };
      });
    },

    putPublicIp: async (resourceId, { location, zones, tags }) => {
      const { subscriptionId, resourceGroup, name } = parseResourceId(resourceId);
      return attempt(async () => {
        const seen: { retryAfter?: string | undefined; operationUrl?: string | undefined } = {};
        const poller = network(subscriptionId).publicIPAddresses.createOrUpdate(
          resourceGroup,
          name,
          {
            location,
            sku: { name: 'Standard' },
            publicIPAllocationMethod: 'Static',
            tags: { ...tags },
            ...(zones === undefined ? {} : { zones: [...zones] }),
          },
          {
            onResponse: ({ headers }) => {
              seen.retryAfter = headers.get('retry-after');
              seen.operationUrl = headers.get('azure-asyncoperation');
            },
          },
        );
        await poller.submitted();
        return { outcome: 'done', value: {}, ...hints(seen.retryAfter, seen.operationUrl) };
      });
    },

    readProvisioning: async (resourceId) => {
      const { subscriptionId, resourceGroup, type, name } = parseResourceId(resourceId);
      if (type.toLowerCase() === publicIpType) {
        return attempt(async () => {
          const address = await network(subscriptionId).publicIPAddresses.get(resourceGroup, name);
          return { outcome: 'done', value: address.provisioningState ?? '' };
        });
      }
      const answer = await readRaw(resourceId);
      if (answer.outcome !== 'done') return answer;
      return { outcome: 'done', value: asText(asObject(answer.value['properties'])['provisioningState']) };
    },

    readOperationError: async (operationUrl) => {
      // Only Azure's own operation URLs are asked, because the token goes along.
      if (new URL(operationUrl).origin !== new URL(endpoint).origin) return undefined;
      const subscriptionId = /\/subscriptions\/([^/]+)/i.exec(operationUrl)?.[1] ?? '';
      const response = await sendTo(operationUrl, 'GET', subscriptionId);
      return operationErrorOf(parseBody(response.bodyAsText ?? ''));
    },

    listRadiusSecrets: async (gatewayResourceId) => {
      const { subscriptionId, resourceGroup, name } = parseResourceId(gatewayResourceId);
      return attempt(async () => {
        const list = await network(subscriptionId).virtualNetworkGateways.listRadiusSecrets(resourceGroup, name);
        const value = list.value.map(({ radiusServerAddress = '', radiusServerSecret = '' }) => ({
          radiusServerAddress,
          radiusServerSecret,
        }));
        return { outcome: 'done', value: { value } };
      });
    },

    ...createLongRunningActions({
      gateways: (resourceId) => {
        const parts = parseResourceId(resourceId);
        return { ...parts, operations: network(parts.subscriptionId).virtualNetworkGateways };
      },
      restore: (state, onRetryAfter) => {
        const subscriptionId = /\/subscriptions\/([0-9a-f-]{36})/i.exec(state)?.[1] ?? '';
        const client = network(subscriptionId);
        return restorePoller(client, state, client.virtualNetworkGateways.generateVpnProfile, {
          onResponse: ({ headers }) => {
            onRetryAfter(secondsOf(headers.get('retry-after')));
          },
        });
      },
      download: async (url) => {
        const response = await httpClient.sendRequest(
          createPipelineRequest({ url, method: 'GET', streamResponseStatusCodes: new Set([200]) }),
        );
        return response.status === 200 ? readAll(response) : undefined;
      },
    }),
  };
}

function bySubscription<T>(create: (subscriptionId: string) => T): (subscriptionId: string) => T {
  const clients = new Map<string, T>();
  return (subscriptionId) => {
    const client = clients.get(subscriptionId) ?? create(subscriptionId);
    clients.set(subscriptionId, client);
    return client;
  };
}

async function attempt<T>(call: () => Promise<ArmAnswer<T>>): Promise<ArmAnswer<T>> {
  try {
    return await call();
  } catch (error) {
    return classifyError(error);
  }
}

async function readAll(response: PipelineResponse): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of response.readableStreamBody ?? []) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
