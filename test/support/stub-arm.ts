import type { JsonObject } from '../../src/domain/json.ts';
import type { Arm, ArmAnswer } from '../../src/ports/arm.ts';

export interface StubArm extends Arm {
  /** What is there, by id as it was written. */
  readonly resources: Map<string, JsonObject>;
  /** Bodies of all raw writes, oldest first. */
  readonly puts: readonly {
    readonly resourceId: string;
    readonly body: JsonObject;
    readonly etag: string | undefined;
  }[];
  /** The next call of this name answers so, and does nothing. */
  answerNext(call: keyof Arm, answer: unknown): void;
  /** Takes back what `answerNext` was told and nothing has met. */
  takeBack(call: keyof Arm): void;
}

/** Azure's port in memory: a write is done at once and everything in it is provisioned. */
export function createStubArm(): StubArm {
  const resources = new Map<string, JsonObject>();
  const puts: { resourceId: string; body: JsonObject; etag: string | undefined }[] = [];
  const given = new Map<string, unknown[]>();

  async function answer<T>(call: keyof Arm, work: () => T): Promise<T> {
    await Promise.resolve();
    const next = given.get(call)?.shift();
    return next === undefined ? work() : (next as T);
  }

  function found(resourceId: string): ArmAnswer<JsonObject> {
    const value = resources.get(resourceId);
    return value === undefined
      ? { outcome: 'missing', of: 'resource', code: 'ResourceNotFound', message: 'It was not found.' }
      : { outcome: 'done', value };
  }

  function put(resourceId: string, body: JsonObject): ArmAnswer<JsonObject> {
    const stored = provisioned({ ...body, etag: `W/"${puts.length}"` });
    resources.set(resourceId, stored);
    return { outcome: 'done', value: stored, retryAfterSeconds: 10, operationUrl: 'https://arm.test/operations/1' };
  }

  const unused = (): never => {
    throw new Error('The test did not expect this call.');
  };

  return {
    resources,
    puts,
    answerNext: (call, next) => {
      given.set(call, [...(given.get(call) ?? []), next]);
    },
    takeBack: (call) => {
      given.delete(call);
    },
    putResourceGroup: (id, location) => answer('putResourceGroup', () => put(id, { location })),
    resourceGroupExists: (id) => answer('resourceGroupExists', () => ({ outcome: 'done', value: resources.has(id) })),
    listResourceGroups: (id) =>
      answer('listResourceGroups', () => ({
        outcome: 'done',
        value: [...resources.keys()].filter((key) => key.startsWith(`${id}/`) && key.split('/').length === 5),
      })),
    listResourceGroup: (id) =>
      answer('listResourceGroup', () => ({
        outcome: 'done',
        value: [...resources.keys()].filter((key) => key.startsWith(`${id}/`)),
      })),
    listGateways: (id) =>
      answer('listGateways', () => ({
        outcome: 'done',
        value: [...resources.keys()].filter((key) =>
          key.startsWith(`${id}/providers/Microsoft.Network/virtualNetworkGateways/`),
        ),
      })),
    maySeeAll: () => answer('maySeeAll', () => ({ outcome: 'done', value: true })),
    readPermissions: () =>
      answer('readPermissions', () => ({ outcome: 'done', value: [{ actions: ['*'], notActions: [] }] })),
    readUsages: () => answer('readUsages', () => ({ outcome: 'done', value: [] })),
    readRegions: () => answer('readRegions', () => ({ outcome: 'done', value: [{ name: 'eastus', hasZones: true }] })),
    deleteResourceGroup: (id) =>
      answer('deleteResourceGroup', () => {
        resources.delete(id);
        return { outcome: 'done', value: undefined };
      }),
    readRaw: (id) => answer('readRaw', () => found(id)),
    putRaw: (id, body, etag) =>
      answer('putRaw', () => {
        puts.push({ resourceId: id, body, etag });
        return put(id, body);
      }),
    deleteResource: (id) =>
      answer('deleteResource', () => {
        resources.delete(id);
        return { outcome: 'done', value: undefined };
      }),
    putPublicIp: (id, { location }) => answer('putPublicIp', () => put(id, { location })),
    readPublicIpAddress: () => answer('readPublicIpAddress', () => ({ outcome: 'done', value: '203.0.113.7' })),
    readProvisioning: (id) =>
      answer('readProvisioning', () => {
        const read = found(id);
        return read.outcome === 'done' ? { outcome: 'done', value: 'Succeeded' } : read;
      }),
    readOperationError: () => answer('readOperationError', () => undefined),
    listRadiusSecrets: () => answer('listRadiusSecrets', unused),
    startProfile: () => answer('startProfile', unused),
    pollProfile: () => answer('pollProfile', unused),
    startSessions: () => answer('startSessions', unused),
    pollSessions: () => answer('pollSessions', unused),
    startDisconnect: () => answer('startDisconnect', unused),
    pollDisconnect: () => answer('pollDisconnect', unused),
  };
}

/** As Azure answers a write that has ended well: the resource and each entry in it say so. */
export function provisioned(resource: JsonObject): JsonObject {
  const properties = (resource['properties'] ?? {}) as JsonObject;
  const configuration = properties['vpnClientConfiguration'] as JsonObject | undefined;
  const entries = (list: unknown): readonly JsonObject[] =>
    ((list ?? []) as readonly JsonObject[]).map((entry) => ({
      ...entry,
      properties: { ...(entry['properties'] as JsonObject), provisioningState: 'Succeeded' },
    }));
  return {
    ...resource,
    properties: {
      ...properties,
      provisioningState: 'Succeeded',
      ...(configuration === undefined
        ? {}
        : {
            vpnClientConfiguration: {
              ...configuration,
              vpnClientRootCertificates: entries(configuration['vpnClientRootCertificates']),
              vpnClientRevokedCertificates: entries(configuration['vpnClientRevokedCertificates']),
            },
          }),
    },
  };
}
