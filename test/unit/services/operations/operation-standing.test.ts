/** Operations on machines whose target is another operation's by now: nothing of them goes on. */
import type { OperationRecord } from '../../../../src/services/operations/operation-record.ts';
import { given } from '../../../support/given.ts';
import {
  accessRequest,
  aConnectorRequest,
  aManualMachine,
  asked,
  aStack,
  connectorMachines,
  createOnPremisesServices,
  endOperation,
  failed,
  type OnPremisesServices,
  succeeded,
} from '../../../support/on-premises-services.ts';
import { anOperationId } from '../../../support/services-world.ts';

async function someServices(): Promise<OnPremisesServices> {
  const services = createOnPremisesServices();
  await aStack(services);
  await connectorMachines(services);
  return services;
}

const operationOf = async (services: OnPremisesServices, seed: string): Promise<OperationRecord> =>
  given(await services.operations.get(anOperationId(seed)));

/** What happened, and the seed of the operation that has nothing to do with today's thing any more. */
const overtaken: readonly (readonly [string, string, (services: OnPremisesServices) => Promise<void>])[] = [
  [
    'an opening after which VPN access was closed',
    'open',
    async (services) => {
      await services.vpnAccess.open('poc', accessRequest, asked(services, 'open'));
      await endOperation(services, 'open', failed);
      await services.vpnAccess.close('poc', asked(services, 'close'));
      await endOperation(services, 'close', succeeded);
    },
  ],
  [
    'an opening after which VPN access was opened anew',
    'open',
    async (services) => {
      await services.vpnAccess.open('poc', accessRequest, asked(services, 'open'));
      await endOperation(services, 'open', failed);
      await services.vpnAccess.open('poc', { ...accessRequest, users: [] }, asked(services, 'again'));
      await endOperation(services, 'again', succeeded);
    },
  ],
  [
    'a closing after which VPN access was opened',
    'close',
    async (services) => {
      await services.vpnAccess.open('poc', accessRequest, asked(services, 'open'));
      await endOperation(services, 'open', succeeded);
      await services.vpnAccess.close('poc', asked(services, 'close'));
      await endOperation(services, 'close', failed);
      await services.vpnAccess.open('poc', accessRequest, asked(services, 'again'));
      await endOperation(services, 'again', succeeded);
    },
  ],
  [
    'a user who was removed since',
    'add',
    async (services) => {
      await services.vpnAccess.open('poc', accessRequest, asked(services, 'open'));
      await endOperation(services, 'open', succeeded);
      await services.vpnAccess.addUser('poc', { name: 'bob' }, asked(services, 'add'));
      await endOperation(services, 'add', failed);
      await services.vpnAccess.setUser('poc', 'bob', 'disabled', asked(services, 'disable'));
      await endOperation(services, 'disable', succeeded);
    },
  ],
  [
    'a user of VPN access that is being closed',
    'add',
    async (services) => {
      await services.vpnAccess.open('poc', accessRequest, asked(services, 'open'));
      await endOperation(services, 'open', succeeded);
      await services.vpnAccess.addUser('poc', { name: 'bob' }, asked(services, 'add'));
      await endOperation(services, 'add', failed);
      await services.vpnAccess.close('poc', asked(services, 'close'));
    },
  ],
  [
    'a connection that was taken back since',
    'connect',
    async (services) => {
      await services.connectors.connect(aConnectorRequest(), asked(services, 'connect'));
      await endOperation(services, 'connect', failed);
      await services.connectors.disconnect('wap', asked(services, 'disconnect'));
      await endOperation(services, 'disconnect', succeeded);
      await services.connectors.connect(aConnectorRequest(), asked(services, 'again'));
      await endOperation(services, 'again', succeeded);
    },
  ],
  [
    'a way back after which the clouds were connected again',
    'disconnect',
    async (services) => {
      await services.connectors.connect(aConnectorRequest(), asked(services, 'connect'));
      await endOperation(services, 'connect', succeeded);
      await services.connectors.disconnect('wap', asked(services, 'disconnect'));
      await endOperation(services, 'disconnect', failed);
      await services.connectors.connect(aConnectorRequest(), asked(services, 'again'));
      await endOperation(services, 'again', succeeded);
    },
  ],
  [
    'a look at a machine that is another one by now',
    'check',
    async (services) => {
      await services.machines.put(aManualMachine('spare'));
      await services.procedures.begin({
        ...asked(services, 'check'),
        kind: 'checkMachine',
        target: 'spare',
        steps: [{ name: 'C1', usualSeconds: 5 }],
        claims: [],
      });
      await endOperation(services, 'check', failed);
      await services.machines.remove('spare');
      services.clock.advance(1000);
      await services.machines.put(aManualMachine('spare'));
    },
  ],
];

const targets = ['Stacks', 'VpnUsers', 'Connectors', 'Machines'];

describe('src/services/operations/operation-standing', () => {
  it.each(overtaken)('does not resume %s', async (_what, seed, happens) => {
    const services = await someServices();
    await happens(services);
    const before = targets.map((table) => services.tables.rows(table));
    const started = services.orchestrations.started.length;
    const claims = services.tables.rows('Claims');
    const operation = await operationOf(services, seed);

    await expect(services.procedures.resume(operation, services.orchestrations)).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
    });

    expect(services.orchestrations.started).toHaveLength(started);
    expect(targets.map((table) => services.tables.rows(table))).toEqual(before);
    expect(services.tables.rows('Claims')).toEqual(claims);
    expect(await operationOf(services, seed)).toEqual(operation);
  });

  it.each(overtaken.filter(([, seed]) => seed !== 'check'))(
    'writes nothing into today’s records when the end of %s comes late',
    async (_what, seed, happens) => {
      const services = await someServices();
      await happens(services);
      const before = targets.map((table) => services.tables.rows(table));

      for (const status of ['succeeded', 'failed'] as const) {
        await services.settleTarget(await operationOf(services, seed), status);
      }

      expect(targets.map((table) => services.tables.rows(table))).toEqual(before);
    },
  );

  it('lets a connection be resumed after somebody has looked at it', async () => {
    const services = await someServices();
    await services.connectors.connect(aConnectorRequest(), asked(services, 'connect'));
    await endOperation(services, 'connect', failed);
    await services.connectors.verify('wap', asked(services, 'verify'));
    await endOperation(services, 'verify', failed);

    await services.procedures.resume(await operationOf(services, 'connect'), services.orchestrations);
    await endOperation(services, 'connect', succeeded);
    await services.procedures.resume(await operationOf(services, 'verify'), services.orchestrations);

    expect(services.orchestrations.started.map(({ name }) => name)).toEqual([
      'connectClouds',
      'verifyConnector',
      'connectClouds',
      'verifyConnector',
    ]);
  });

  it('ends, and does not start, what died before its intent was written', async () => {
    const services = await someServices();
    await services.vpnAccess.open('poc', accessRequest, asked(services, 'open'));
    await endOperation(services, 'open', succeeded);
    const request = {
      ...asked(services, 'lost'),
      kind: 'openVpnAccess',
      target: 'poc',
      claims: ['vpn-access:poc'],
    } as const;
    const died = new Error('the host is gone');
    const begun = services.procedures.begin({
      ...request,
      steps: [{ name: 'P2', usualSeconds: 5 }],
      intend: () => Promise.reject(died),
    });
    await expect(begun).rejects.toThrow(died);

    await services.procedures.revive(await operationOf(services, 'lost'), services.orchestrations);

    expect(services.orchestrations.started).toHaveLength(1);
    expect(await operationOf(services, 'lost')).toMatchObject({ status: 'failed', problem: { code: 'ERR_CONFLICT' } });
    expect(services.tables.rows('Claims')).toEqual([]);
  });
});
