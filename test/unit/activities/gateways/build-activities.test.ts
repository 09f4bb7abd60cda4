import { createBuildActivities } from '../../../../src/activities/gateways/build-activities.ts';
import { watchGateways } from '../../../../src/services/gateways/watch-gateways.ts';
import { azureFailure } from '../../../support/azure-failure.ts';
import { given } from '../../../support/given.ts';
import { aGateway, anOperationId, createServicesWorld } from '../../../support/services-world.ts';

const gatewayId = 'vnet1gw';
const words = azureFailure('SomeCode', 'Words.');
const end = { status: 'failed', step: 'trust', ...words } as const;

describe('src/activities/gateways/build-activities', () => {
  it.each(['finishBuild', 'finishRemoval'] as const)(
    'leaves it to people to go on after %s, and has the writer try nothing again',
    async (finish) => {
      const world = createServicesWorld();
      const operationId = anOperationId('operation');
      const checkedAt = world.now().toISOString();
      await world.operations.create({
        id: operationId,
        kind: finish === 'finishBuild' ? 'buildGateway' : 'removeGateway',
        target: gatewayId,
        targetKey: gatewayId,
        requestedBy: 'tester',
        steps: [{ name: 'trust' }],
      });
      await aGateway(world, gatewayId, {
        state: 'building',
        writer: { instanceId: 'operation', epoch: 1 },
        lastOperationId: operationId,
        observed: { provisioningState: 'Succeeded', checkedAt },
      });
      await world.writer.noteFailure(gatewayId, 1, words);

      await createBuildActivities(world)[finish]({ operationId, gatewayId, epoch: 1, end });

      const { record } = given(await world.stores.gateways.get({ partitionKey: 'gateway', rowKey: gatewayId }));
      expect(record.state).toBe('failed');
      expect(record.writeFailure).toBeUndefined();
      world.clock.advance(30 * 60 * 1000);
      expect(await watchGateways(world)).toBe(0);
      expect(await world.operations.view(operationId)).toMatchObject({
        status: 'failed',
        problem: { detail: expect.stringContaining('SomeCode: Words.') as unknown },
      });
    },
  );
});
