/** Operations on machines whose target is another story's by now: nothing of them goes on. */
import type { OperationRecord } from '../../../../src/services/operations/operation-record.ts';
import { anOperationId } from '../../../support/services-world.ts';
import { given } from '../../../support/given.ts';
import {
  aConnectorRequest,
  aManualMachine,
  accessRequest,
  asked,
  aStack,
  connectorMachines,
  createOnPremisesDesk,
  endStory,
  failed,
  succeeded,
  type OnPremisesDesk,
} from '../../../support/on-premises-services.ts';

async function aDesk(): Promise<OnPremisesDesk> {
  const desk = createOnPremisesDesk();
  await aStack(desk);
  await connectorMachines(desk);
  return desk;
}

const operationOf = async (desk: OnPremisesDesk, seed: string): Promise<OperationRecord> =>
  given(await desk.operations.get(anOperationId(seed)));

/** What happened, and the seed of the operation that has nothing to do with today's thing any more. */
const stories: readonly (readonly [string, string, (desk: OnPremisesDesk) => Promise<void>])[] = [
  [
    'an opening after which VPN access was closed',
    'open',
    async (desk) => {
      await desk.vpnAccess.open('poc', accessRequest, asked(desk, 'open'));
      await endStory(desk, 'open', failed);
      await desk.vpnAccess.close('poc', asked(desk, 'close'));
      await endStory(desk, 'close', succeeded);
    },
  ],
  [
    'an opening after which VPN access was opened anew',
    'open',
    async (desk) => {
      await desk.vpnAccess.open('poc', accessRequest, asked(desk, 'open'));
      await endStory(desk, 'open', failed);
      await desk.vpnAccess.open('poc', { ...accessRequest, users: [] }, asked(desk, 'again'));
      await endStory(desk, 'again', succeeded);
    },
  ],
  [
    'a closing after which VPN access was opened',
    'close',
    async (desk) => {
      await desk.vpnAccess.open('poc', accessRequest, asked(desk, 'open'));
      await endStory(desk, 'open', succeeded);
      await desk.vpnAccess.close('poc', asked(desk, 'close'));
      await endStory(desk, 'close', failed);
      await desk.vpnAccess.open('poc', accessRequest, asked(desk, 'again'));
      await endStory(desk, 'again', succeeded);
    },
  ],
  [
    'a user who was removed since',
    'add',
    async (desk) => {
      await desk.vpnAccess.open('poc', accessRequest, asked(desk, 'open'));
      await endStory(desk, 'open', succeeded);
      await desk.vpnAccess.addUser('poc', { name: 'bob' }, asked(desk, 'add'));
      await endStory(desk, 'add', failed);
      await desk.vpnAccess.setUser('poc', 'bob', 'disabled', asked(desk, 'disable'));
      await endStory(desk, 'disable', succeeded);
    },
  ],
  [
    'a user of VPN access that is being closed',
    'add',
    async (desk) => {
      await desk.vpnAccess.open('poc', accessRequest, asked(desk, 'open'));
      await endStory(desk, 'open', succeeded);
      await desk.vpnAccess.addUser('poc', { name: 'bob' }, asked(desk, 'add'));
      await endStory(desk, 'add', failed);
      await desk.vpnAccess.close('poc', asked(desk, 'close'));
    },
  ],
  [
    'a connection that was taken back since',
    'connect',
    async (desk) => {
      await desk.connectors.connect(aConnectorRequest(), asked(desk, 'connect'));
      await endStory(desk, 'connect', failed);
      await desk.connectors.disconnect('wap', asked(desk, 'disconnect'));
      await endStory(desk, 'disconnect', succeeded);
      await desk.connectors.connect(aConnectorRequest(), asked(desk, 'again'));
      await endStory(desk, 'again', succeeded);
    },
  ],
  [
    'a way back after which the clouds were connected again',
    'disconnect',
    async (desk) => {
      await desk.connectors.connect(aConnectorRequest(), asked(desk, 'connect'));
      await endStory(desk, 'connect', succeeded);
      await desk.connectors.disconnect('wap', asked(desk, 'disconnect'));
      await endStory(desk, 'disconnect', failed);
      await desk.connectors.connect(aConnectorRequest(), asked(desk, 'again'));
      await endStory(desk, 'again', succeeded);
    },
  ],
  [
    'a look at a machine that is another one by now',
    'check',
    async (desk) => {
      await desk.machines.put(aManualMachine('spare'));
      await desk.stories.begin({
        ...asked(desk, 'check'),
        kind: 'checkMachine',
        target: 'spare',
        steps: [{ name: 'C1', usualSeconds: 5 }],
        claims: [],
      });
      await endStory(desk, 'check', failed);
      await desk.machines.remove('spare');
      desk.clock.advance(1000);
      await desk.machines.put(aManualMachine('spare'));
    },
  ],
];

const targets = ['Stacks', 'VpnUsers', 'Connectors', 'Machines'];

describe('src/services/operations/operation-standing', () => {
  it.each(stories)('does not resume %s', async (_what, seed, happens) => {
    const desk = await aDesk();
    await happens(desk);
    const before = targets.map((table) => desk.tables.rows(table));
    const started = desk.orchestrations.started.length;
    const claims = desk.tables.rows('Claims');
    const operation = await operationOf(desk, seed);

    await expect(desk.stories.resume(operation, desk.orchestrations)).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
    });

    expect(desk.orchestrations.started).toHaveLength(started);
    expect(targets.map((table) => desk.tables.rows(table))).toEqual(before);
    expect(desk.tables.rows('Claims')).toEqual(claims);
    expect(await operationOf(desk, seed)).toEqual(operation);
  });

  it.each(stories.filter(([, seed]) => seed !== 'check'))(
    'writes nothing into today’s records when the end of %s comes late',
    async (_what, seed, happens) => {
      const desk = await aDesk();
      await happens(desk);
      const before = targets.map((table) => desk.tables.rows(table));

      for (const status of ['succeeded', 'failed'] as const)
        await desk.settleTarget(await operationOf(desk, seed), status);

      expect(targets.map((table) => desk.tables.rows(table))).toEqual(before);
    },
  );

  it('lets a connection be resumed after somebody has looked at it', async () => {
    const desk = await aDesk();
    await desk.connectors.connect(aConnectorRequest(), asked(desk, 'connect'));
    await endStory(desk, 'connect', failed);
    await desk.connectors.verify('wap', asked(desk, 'verify'));
    await endStory(desk, 'verify', failed);

    await desk.stories.resume(await operationOf(desk, 'connect'), desk.orchestrations);
    await endStory(desk, 'connect', succeeded);
    await desk.stories.resume(await operationOf(desk, 'verify'), desk.orchestrations);

    expect(desk.orchestrations.started.map(({ name }) => name)).toEqual([
      'connectClouds',
      'checkConnector',
      'connectClouds',
      'checkConnector',
    ]);
  });

  it('ends, and does not start, what died before its intent was written', async () => {
    const desk = await aDesk();
    await desk.vpnAccess.open('poc', accessRequest, asked(desk, 'open'));
    await endStory(desk, 'open', succeeded);
    const request = {
      ...asked(desk, 'lost'),
      kind: 'openVpnAccess',
      target: 'poc',
      claims: ['vpn-access:poc'],
    } as const;
    const died = new Error('the host is gone');
    const begun = desk.stories.begin({
      ...request,
      steps: [{ name: 'P2', usualSeconds: 5 }],
      intend: () => Promise.reject(died),
    });
    await expect(begun).rejects.toThrow(died);

    await desk.stories.revive(await operationOf(desk, 'lost'), desk.orchestrations);

    expect(desk.orchestrations.started).toHaveLength(1);
    expect(await operationOf(desk, 'lost')).toMatchObject({ status: 'failed', problem: { code: 'ERR_CONFLICT' } });
    expect(desk.tables.rows('Claims')).toEqual([]);
  });
});
