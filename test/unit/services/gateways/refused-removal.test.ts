/** A removal of a gateway that is refused: nothing of it is left for anybody to find, or to be told of. */
import { AppError } from '../../../../src/domain/app-error.ts';
import { without } from '../../../../src/domain/without.ts';
import type { OperationRecord } from '../../../../src/services/operations/operation-record.ts';
import { gatewayKeys } from '../../../../src/stores/records/gateways.ts';
import { aCompletePlan } from '../../../support/builders/a-complete-plan.ts';
import { aGatewayPlan, aSubscriptionId } from '../../../support/builders/a-gateway-plan.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
import {
  aGateway,
  anOperationId,
  aRequest,
  createServicesWorld,
  type ServicesWorld,
} from '../../../support/services-world.ts';

const plan = aCompletePlan(aGatewayPlan(), { subscriptionId: aSubscriptionId });

/** What callers, listeners and the sweep can see of a request. */
function remains({ tables }: ServicesWorld): unknown {
  return ['Operations', 'OperationIndex', 'Unfinished', 'Outbox', 'Claims', 'Gateways'].map((table) =>
    tables.rows(table).map(({ rowKey, columns }) => ({ rowKey, columns })),
  );
}

function refusalOf(error: unknown): AppError {
  if (error instanceof AppError) return error;
  throw error;
}

describe('src/services/gateways/gateways, a removal that is refused', () => {
  it.each<[string, (world: ServicesWorld) => Promise<OperationRecord | undefined>]>([
    [
      'another operation works on',
      async (world) => {
        await world.gatewayOperations.build(plan, aRequest(world, 'one'));
        return undefined;
      },
    ],
    [
      'its writer writes',
      async (world) => {
        await aGateway(world);
        await world.writer.wake(world.orchestrations, 'vnet1gw');
        return undefined;
      },
    ],
    [
      'another operation has by now than the one it is asked of',
      async (world) => {
        const build = await world.gatewayOperations.build(plan, aRequest(world, 'one'));
        await world.operations.finish(build.id, { status: 'failed' });
        await world.stores.gateways.update(gatewayKeys('vnet1gw'), (gateway) => ({
          ...without(gateway, 'writer'),
          lastOperationId: anOperationId('later'),
        }));
        return build;
      },
    ],
  ])('does not remove a gateway that %s, and leaves nothing of the request', async (_what, setUp) => {
    const world = createServicesWorld();
    const insteadOf = await setUp(world);
    const before = remains(world);

    for (const seed of ['two', 'two', 'three']) {
      await expect(world.gatewayOperations.remove('vnet1gw', aRequest(world, seed), insteadOf)).rejects.toMatchObject({
        code: 'ERR_CONFLICT',
      });
    }

    expect(remains(world)).toEqual(before);
  });

  it('leaves nothing of a refused removal wherever it crashes, once it is asked again', async () => {
    const places = await atEveryCrash({
      setUp: async (tables) => {
        const world = createServicesWorld(tables);
        await aGateway(world);
        await world.writer.wake(world.orchestrations, 'vnet1gw');
        return { world, before: remains(world) };
      },
      work: async ({ world }) => {
        const answer = await world.gatewayOperations.remove('vnet1gw', aRequest(world, 'two')).catch(refusalOf);
        expect(answer).toMatchObject({ code: 'ERR_CONFLICT' });
      },
      check: ({ world, before }, _tables, place) => {
        expect([place, remains(world)]).toEqual([place, before]);
        return Promise.resolve();
      },
    });
    expect(places).toBeGreaterThan(5);
  });
});
