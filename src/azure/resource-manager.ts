import { z } from 'zod';
import { asObject, asText } from '../domain/gateway-entries.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Arm, ArmAnswer } from '../ports/arm.ts';
import { classify, isSuccess, jsonOf, operationErrorOf, toAnswer, toRead, unreadable } from './arm-answers.ts';
import { type ArmRequestsOptions, createArmRequests } from './arm-requests.ts';
import { createDownload } from './download.ts';
import { createLongRunningActions } from './long-running-actions.ts';
import { readMaySeeAll, readPermissions } from './may-see-all.ts';
import { withoutComputed } from './without-computed.ts';

/** The one version in which gateways, virtual networks and addresses are read and written. */
const network = 'api-version=2026-01-01';
const resources = 'api-version=2025-04-01';
const subscriptions = 'api-version=2022-12-01';
const usualLookSeconds = 10;

const radiusSecrets = z.object({
  value: z.array(
    z
      .looseObject({ radiusServerAddress: z.string().min(1), radiusServerSecret: z.string().min(1) })
      .transform(({ radiusServerAddress, radiusServerSecret }) => ({ radiusServerAddress, radiusServerSecret })),
  ),
});

const usage = z.looseObject({
  name: z.looseObject({ value: z.string().min(1) }),
  currentValue: z.number(),
  limit: z.number(),
});
const region = z.looseObject({
  name: z.string().min(1),
  availabilityZoneMappings: z.array(z.looseObject({})).nullish(),
});

/**
 * The Arm port on bare requests. Azure's typed clients leave out settings that they do not know, drop the details of a
 * failure, and break on `null` where they expect a list; none of that may happen between Azure and a claim about what
 * is there.
 */
export function createResourceManager(options: ArmRequestsOptions): Arm {
  const requests = createArmRequests(options);

  async function readRaw(resourceId: string): Promise<ArmAnswer<JsonObject>> {
    return toRead(await requests.send('GET', `${resourceId}?${network}`));
  }

  async function remove(url: string): Promise<ArmAnswer<undefined>> {
    const answer = toAnswer(await requests.send('DELETE', url));
    return answer.outcome === 'done' ? { ...answer, value: undefined } : answer;
  }

  const listResourceGroups = (subscriptionResourceId: string): Promise<ArmAnswer<readonly string[]>> =>
    requests.listIds(`${subscriptionResourceId}/resourceGroups?${resources}`);

  return {
    readRaw,
    putRaw: async (resourceId, body, etag) =>
      toAnswer(
        await requests.send('PUT', `${resourceId}?${network}`, {
          body: withoutComputed(body),
          ...(etag === undefined ? {} : { etag }),
        }),
      ),
    deleteResource: (resourceId) => remove(`${resourceId}?${network}`),

    putResourceGroup: async (resourceId, location, tags) =>
      toAnswer(await requests.send('PUT', `${resourceId}?${resources}`, { body: { location, tags } })),

    resourceGroupExists: async (resourceId) => {
      const answer = toRead(await requests.send('GET', `${resourceId}?${resources}`));
      if (answer.outcome === 'done') return { outcome: 'done', value: true };
      if (answer.outcome !== 'missing' || answer.of === 'subscription') return answer;
      const listed = await listResourceGroups(resourceId.split('/').slice(0, 3).join('/'));
      if (listed.outcome !== 'done') return listed;
      const isListed = listed.value.some((id) => id.toLowerCase() === resourceId.toLowerCase());
      return isListed
        ? { ...answer, outcome: 'unavailable', status: 404, retryAfterSeconds: usualLookSeconds }
        : { outcome: 'done', value: false };
    },

    listResourceGroups,
    listResourceGroup: (resourceId) => requests.listIds(`${resourceId}/resources?${resources}`),
    listGateways: (resourceGroupId) =>
      requests.listIds(`${resourceGroupId}/providers/Microsoft.Network/virtualNetworkGateways?${network}`),
    maySeeAll: (resourceGroupId) => readMaySeeAll(requests, resourceGroupId),
    readPermissions: (scopeId) => readPermissions(requests, scopeId),
    readUsages: async (subscription, location) =>
      mapped(
        await requests.listAll(
          `${subscription}/providers/Microsoft.Network/locations/${location}/usages?${network}`,
          usage,
        ),
        ({ name, currentValue, limit }) => ({ name: name.value, used: currentValue, limit }),
      ),
    readRegions: async (subscription) =>
      mapped(
        await requests.listAll(`${subscription}/locations?${subscriptions}`, region),
        ({ name, availabilityZoneMappings }) => ({ name, hasZones: (availabilityZoneMappings ?? []).length > 0 }),
      ),
    deleteResourceGroup: (resourceId) => remove(`${resourceId}?${resources}`),

    readPublicIpAddress: async (resourceId) => {
      const answer = await readRaw(resourceId);
      if (answer.outcome !== 'done') return answer;
      return { outcome: 'done', value: asText(asObject(answer.value['properties'])['ipAddress']) };
    },

    putPublicIp: async (resourceId, { location, zones, tags }) => {
      const body = {
        location,
        tags,
        sku: { name: 'Standard' },
        ...(zones === undefined ? {} : { zones }),
        properties: { publicIPAllocationMethod: 'Static' },
      };
      return toAnswer(await requests.send('PUT', `${resourceId}?${network}`, { body }));
    },

    readProvisioning: async (resourceId) => {
      const raw = await requests.send('GET', `${resourceId}?${network}`);
      const answer = toRead(raw);
      if (answer.outcome !== 'done') return answer;
      const value = asText(asObject(answer.value['properties'])['provisioningState']);
      return value === '' ? unreadable(raw, 'a provisioning state') : { ...answer, value };
    },

    readOperationError: async (operationUrl) =>
      requests.isOwn(operationUrl) ? operationErrorOf(await requests.send('GET', operationUrl)) : undefined,

    listRadiusSecrets: async (gatewayResourceId) => {
      const answer = await requests.send('POST', `${gatewayResourceId}/listRadiusSecrets?${network}`);
      if (!isSuccess(answer)) return classify(answer);
      const read = radiusSecrets.safeParse(jsonOf(answer));
      // The words of what cannot be read are not passed on: it may be half a list of secrets.
      return read.success ? { outcome: 'done', value: read.data } : unreadable({ ...answer, text: '' }, 'the secrets');
    },

    ...createLongRunningActions({ requests, download: createDownload(options.clientOptions), query: network }),
  };
}

function mapped<From, To>(answer: ArmAnswer<readonly From[]>, map: (item: From) => To): ArmAnswer<readonly To[]> {
  return answer.outcome === 'done' ? { ...answer, value: answer.value.map((item) => map(item)) } : answer;
}
