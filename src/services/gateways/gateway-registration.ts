import { AppError } from '../../domain/app-error.ts';
import type { GatewayPlan } from '../../domain/gateway-plan.ts';
import { rootKeys, type RootRecord } from '../../stores/records/certificates.ts';
import { gatewayKeys, type GatewayRecord, resourceKeys } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import { instanceIdOf } from '../operations/operation-record.ts';
import { freeGatewayId } from './free-gateway-id.ts';

export interface GatewayRegistration {
  /**
   * ERR_CONFLICT where the id, or the resource, is another gateway's; what this operation registered is no obstacle.
   */
  requireFreeId(plan: GatewayPlan, operationId: string): Promise<void>;
  /** The roots that the plan names. ERR_REQUEST_INVALID where one does not exist. */
  planRoots(plan: GatewayPlan): Promise<readonly RootRecord[]>;
  /**
   * Writes the gateway with this operation as its writer, and what it is to trust. Whoever calls it holds the claim on
   * the id. Throws as `planRoots` does, with nothing written, where a root goes at that moment.
   */
  register(plan: GatewayPlan, roots: readonly RootRecord[], operationId: string): Promise<void>;
  /**
   * Takes back what a gateway was to trust that never got into the tables: nothing else would let its roots go. Whoever
   * calls it holds the claim on the id.
   */
  forget(gatewayId: string): Promise<void>;
}

/** Of several operations that want to register one gateway id at the same moment, one goes on. */
export function gatewayIdClaim(gatewayId: string): string {
  return `gateways/${gatewayId}`;
}

/** How a gateway that is about to be built gets into the tables. */
export function createGatewayRegistration({
  stores,
  now,
}: {
  readonly stores: Stores;
  readonly now: () => Date;
}): GatewayRegistration {
  const at = (): string => now().toISOString();

  async function requireFreeId(plan: GatewayPlan, operationId: string): Promise<void> {
    const taken = (await stores.gateways.get(gatewayKeys(plan.id)))?.record;
    if (taken !== undefined && taken.lastOperationId !== operationId) {
      const proposal = await freeGatewayId(stores, plan.id);
      throw new AppError(
        'ERR_CONFLICT',
        `Gateway id ${plan.id} is taken. Send "id": "${proposal}" for another gateway.`,
        {
          problems: [
            { path: '/id', code: 'idTaken', message: `Gateway id ${plan.id} is taken.`, fix: `Use ${proposal}.` },
          ],
        },
      );
    }
    const resource = (await stores.gatewayResources.get(resourceKeys(plan.resourceIds.gateway)))?.record;
    if (resource !== undefined && resource.gatewayId !== plan.id) {
      throw new AppError(
        'ERR_CONFLICT',
        `${plan.resourceIds.gateway} is registered as gateway ${resource.gatewayId} already.`,
      );
    }
  }

  async function planRoots(plan: GatewayPlan): Promise<readonly RootRecord[]> {
    const roots: RootRecord[] = [];
    for (const [index, id] of plan.rootIds.entries()) {
      const root = (await stores.roots.get(rootKeys(id)))?.record;
      if (root?.certificate === undefined) {
        throw new AppError('ERR_REQUEST_INVALID', `Root ${id} does not exist.`, {
          problems: [
            {
              path: `/rootIds/${index}`,
              code: 'rootUnknown',
              message: `Root ${id} does not exist.`,
              fix: 'Create it with POST /api/roots, or leave it out.',
            },
          ],
        });
      }
      roots.push(root);
    }
    return roots;
  }

  async function register(plan: GatewayPlan, roots: readonly RootRecord[], operationId: string): Promise<void> {
    const record: GatewayRecord = {
      id: plan.id,
      name: plan.name,
      resourceId: plan.resourceIds.gateway,
      state: 'building',
      plan,
      desired: 1,
      applied: 0,
      epoch: 1,
      writer: { instanceId: instanceIdOf(operationId, 1), epoch: 1 },
      profileWanted: 1,
      profileMade: 0,
      updateSeconds: [],
      lastOperationId: operationId,
      createdAt: at(),
      updatedAt: at(),
    };
    const resource = { resourceId: plan.resourceIds.gateway, gatewayId: plan.id };
    const isResourceAdded = await stores.gatewayResources.insert(resource);
    const added: string[] = [];
    for (const { id, thumbprint = '' } of roots) {
      await stores.rootGateways.upsert({ rootId: id, gatewayId: plan.id });
      const isAdded = await stores.gatewayRoots.insert({
        gatewayId: plan.id,
        rootId: id,
        entryName: id,
        thumbprint,
        wanted: true,
        state: 'requested',
        updatedAt: at(),
      });
      if (isAdded) added.push(id);
    }
    await requireRootsStand(plan);
    if (await stores.gateways.insert(record)) return;
    // Again after a crash; or so late that the claim was another's by then.
    await requireFreeId(plan, operationId).catch(async (error: unknown) => {
      await takeOff(plan.id, (rootId) => added.includes(rootId));
      if (isResourceAdded) await stores.gatewayResources.remove(resource);
      throw error;
    });
  }

  /** Whoever removes a root marks it, then looks for rows of gateways: these were written before this look. */
  async function requireRootsStand(plan: GatewayPlan): Promise<void> {
    try {
      await planRoots(plan);
    } catch (error: unknown) {
      const resource = await stores.gatewayResources.get(resourceKeys(plan.resourceIds.gateway));
      if (resource?.record.gatewayId === plan.id) {
        await stores.gatewayResources.remove(resource.record, resource.etag);
      }
      await forget(plan.id);
      throw error;
    }
  }

  async function forget(gatewayId: string): Promise<void> {
    if ((await stores.gateways.get(gatewayKeys(gatewayId))) === undefined) await takeOff(gatewayId, () => true);
  }

  async function takeOff(gatewayId: string, isToGo: (rootId: string) => boolean): Promise<void> {
    for (const { record } of await stores.gatewayRoots.list(gatewayId)) {
      if (!isToGo(record.rootId)) continue;
      await stores.rootGateways.remove({ rootId: record.rootId, gatewayId });
      await stores.gatewayRoots.remove(record);
    }
  }

  return { requireFreeId, planRoots, register, forget };
}
