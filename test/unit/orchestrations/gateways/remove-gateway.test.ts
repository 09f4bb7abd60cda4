import { removedResources, removeSteps } from '../../../../src/contracts/gateways/build-gateway.ts';
import { removeGateway } from '../../../../src/orchestrations/gateways/remove-gateway.ts';
import { aGatewayWorld } from '../../../support/gateway-world.ts';
import {
  ActivityFailed,
  inputsOf,
  replayOrchestration,
  runOrchestration,
} from '../../../support/orchestration-driver.ts';

const input = { operationId: `op-${'1'.repeat(32)}`, gatewayId: 'gw', epoch: 3 };
const stepNames = removeSteps.map(({ name }) => name);
const resourceNames = removedResources.map(({ name }) => name);

describe('src/orchestrations/gateways/remove-gateway', () => {
  it('removes from the gateway down to the group, the same when run again', () => {
    const run = runOrchestration(removeGateway, input, aGatewayWorld().activities);

    expect(run.output).toEqual({ status: 'succeeded' });
    expect(inputsOf(run, 'removeResource')).toEqual(resourceNames.map((resource) => ({ gatewayId: 'gw', resource })));
    expect(inputsOf(run, 'finishRemoval')).toEqual([{ ...input, end: { status: 'succeeded' } }]);
    expect(replayOrchestration(removeGateway, input, run.history)).toEqual(run);
  });

  it.each(resourceNames)('leaves what comes after %s when Azure refuses that', (refused) => {
    const { activities } = aGatewayWorld({
      overrides: {
        removeResource: ({ resource }: { readonly resource: string }) =>
          resource === refused ? { outcome: 'refused', code: 'InUse', message: 'In use.' } : { outcome: 'ready' },
      },
    });

    const run = runOrchestration(removeGateway, input, activities);

    expect(run.output).toEqual({ status: 'failed', step: refused, code: 'InUse', message: 'In use.' });
    expect(inputsOf(run, 'removeResource')).toHaveLength(resourceNames.indexOf(refused) + 1);
  });

  it.each(stepNames)('ends the operation at %s when an activity fails on every try', (broken) => {
    const { activities } = aGatewayWorld({
      overrides: {
        withdrawAccess: () => {
          if (broken === 'access') throw new ActivityFailed('The table is away.');
          return { outcome: 'ready', stays: false, left: [] };
        },
        removeResource: ({ resource }: { readonly resource: string }) => {
          if (resource === broken) throw new ActivityFailed('The table is away.');
          return { outcome: 'ready' };
        },
      },
    });

    const run = runOrchestration(removeGateway, input, activities);

    const end = { status: 'failed', step: broken, code: 'activityFailed', message: 'The table is away.' };
    expect(run.output).toEqual(end);
    expect(inputsOf(run, 'finishRemoval')).toEqual([{ ...input, end }]);
  });

  it('says at the step what was left', () => {
    const detail = 'Resource group rg was left: what is in it may not all be seen.';
    const { activities } = aGatewayWorld({
      overrides: {
        removeResource: ({ resource }: { readonly resource: string }) =>
          resource === 'resourceGroup' ? { outcome: 'ready', detail } : { outcome: 'ready' },
      },
    });

    const run = runOrchestration(removeGateway, input, activities);

    expect(run.output).toEqual({ status: 'succeeded' });
    expect(inputsOf(run, 'endStep').at(-1)).toEqual({ operationId: input.operationId, step: 'resourceGroup', detail });
  });

  it('tells of a gateway that was left to what is removed after it', () => {
    const { activities } = aGatewayWorld({
      overrides: {
        removeResource: ({ resource }: { readonly resource: string }) =>
          resource === 'gateway' ? { outcome: 'ready', detail: 'It was left.' } : { outcome: 'ready' },
      },
    });

    const run = runOrchestration(removeGateway, input, activities);

    const [gateway, ...after] = inputsOf(run, 'removeResource');
    expect(gateway).toEqual({ gatewayId: 'gw', resource: 'gateway' });
    expect(after).toMatchObject(resourceNames.slice(1).map((resource) => ({ resource, gatewayStays: true })));
  });

  it.each(stepNames)('stops before %s when it is told to', (stopped) => {
    const { activities } = aGatewayWorld({
      overrides: { beginStep: ({ step }: { readonly step: string }) => ({ cancelRequested: step === stopped }) },
    });

    const run = runOrchestration(removeGateway, input, activities);

    expect(run.output).toEqual({ status: 'canceled' });
    expect(inputsOf(run, 'removeResource')).toHaveLength(Math.max(0, stepNames.indexOf(stopped) - 1));
  });

  describe('of a gateway that Gatehouse did not make', () => {
    function stays(left: readonly string[]) {
      let calls = 0;
      const withdrawAccess = () => {
        calls += 1;
        return { outcome: 'ready', stays: true, left: calls === 1 ? ['root-1'] : left };
      };
      return aGatewayWorld({ overrides: { withdrawAccess } });
    }

    it('takes its roots off before anything else', () => {
      const run = runOrchestration(removeGateway, input, stays([]).activities);

      const order = run.history.map(({ name }) => name);
      expect(order.indexOf('writeGateway')).toBeGreaterThan(0);
      expect(order.indexOf('writeGateway')).toBeLessThan(order.indexOf('removeResource'));
      expect(inputsOf(run, 'removeResource').at(-1)).toMatchObject({ gatewayStays: true });
      expect(run.output).toEqual({ status: 'succeeded' });
    });

    it('asks again what stands there until Azure says it', () => {
      let looks = 0;
      const withdrawAccess = () => {
        looks += 1;
        if (looks === 1) return { outcome: 'wait', seconds: 7, reason: 'Azure is busy: TooMany' };
        return { outcome: 'ready', stays: true, left: looks === 2 ? ['root-1'] : [] };
      };
      const { activities } = aGatewayWorld({ overrides: { withdrawAccess } });

      const run = runOrchestration(removeGateway, input, activities);

      expect(inputsOf(run, 'writeGateway')).not.toEqual([]);
      expect(inputsOf(run, 'endStep')[0]).toMatchObject({ detail: expect.stringContaining('stays') as unknown });
      expect(run.output).toEqual({ status: 'succeeded' });
    });

    it('ends in Azure’s words when Azure does not let it be looked at', () => {
      const refused = { outcome: 'refused', code: 'AuthorizationFailed', message: 'No right to read.' };
      const { activities } = aGatewayWorld({ overrides: { withdrawAccess: () => refused } });

      const run = runOrchestration(removeGateway, input, activities);

      const { code, message } = refused;
      expect(run.output).toEqual({ status: 'failed', step: 'access', code, message });
      expect(inputsOf(run, 'removeResource')).toEqual([]);
    });

    it('says which root did not come off, and deletes nothing', () => {
      const run = runOrchestration(removeGateway, input, stays(['root-1']).activities);

      expect(run.output).toMatchObject({ status: 'failed', step: 'access', code: 'rootsLeft' });
      expect((run.output as { message: string }).message).toContain('root-1');
      expect(inputsOf(run, 'removeResource')).toEqual([]);
    });
  });
});
