/** Requests that come while others are under way: nothing may be left that no call leads out of. */
import type { NewStack } from '../../../../src/services/on-premises/stacks.ts';
import {
  accessRequest,
  aConnectorRequest,
  aManualMachine,
  asked,
  aStack,
  connectorMachines,
  createOnPremisesServices,
  endOperation,
  type OnPremisesServices,
  succeeded,
} from '../../../support/on-premises-services.ts';

const stack: NewStack = {
  id: 'poc',
  hostMachine: 'host',
  natMachine: 'nat',
  waspMachine: 'wasp',
  portalFqdn: 'portal.contoso.com',
  dnsServers: [],
  dnsSuffix: 'azurestack.local',
  internalAddress: '192.168.200.1',
  certificateSubjects: ['CN=Root'],
};

async function services(): Promise<OnPremisesServices> {
  const made = createOnPremisesServices();
  await aStack(made);
  await aStack(made, 'other');
  await made.machines.put(aManualMachine('spare'));
  await connectorMachines(made, 1);
  return made;
}

describe('src/services/on-premises/stacks', () => {
  it.each([{ hostMachine: 'spare' }, { natMachine: 'spare' }, { internalAddress: '10.0.0.1' }])(
    'refuses %j while VPN access was set up with another',
    async (change) => {
      const made = await services();
      await made.vpnAccess.open('poc', accessRequest, asked(made, 'open'));

      await expect(made.stacks.put({ ...stack, ...change })).rejects.toMatchObject({
        code: 'ERR_CONFLICT',
        problems: [{ path: `/${Object.keys(change)[0] ?? ''}`, code: 'inUse' }],
      });
      await endOperation(made, 'open', succeeded);
      await made.vpnAccess.close('poc', asked(made, 'close'));
      await endOperation(made, 'close', succeeded);

      expect(await made.stacks.put({ ...stack, ...change })).toMatchObject(change);
    },
  );

  it('refuses another machine for the clouds while there is a connector, and takes another name', async () => {
    const made = await services();
    await made.connectors.connect(aConnectorRequest(), asked(made, 'connect'));
    await made.connectors.bind('wap');

    await expect(made.stacks.put({ ...stack, waspMachine: 'spare' })).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    expect(await made.stacks.put({ ...stack, portalFqdn: 'portal.fabrikam.com' })).toMatchObject({
      portalFqdn: 'portal.fabrikam.com',
      connectorId: 'wap',
    });
  });
});

describe('src/services/on-premises/connectors', () => {
  it('gives one id to one stack when two ask at once', async () => {
    const made = await services();
    const answers = await Promise.allSettled(
      ['poc', 'other'].map((stackId) =>
        made.connectors.connect(aConnectorRequest({ stackId }), asked(made, `connect ${stackId}`)),
      ),
    );
    await made.connectors.bind('wap');
    const stacks = await made.stacks.list();

    expect(answers.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(stacks.filter(({ connectorId }) => connectorId !== undefined).map(({ id }) => id)).toEqual([
      (await made.connectors.get('wap'))?.request.stackId,
    ]);
  });
});

describe('src/services/on-premises/vpn-access', () => {
  it('says which user has no secret', async () => {
    const made = await services();
    const users = [{ name: 'ann' }, { name: 'bob', passwordSecret: 'vpn-password-missing' }];

    await expect(made.vpnAccess.open('poc', { ...accessRequest, users }, asked(made, 'open'))).rejects.toMatchObject({
      problems: [{ path: '/users/1/passwordSecret', code: 'secretMissing' }],
    });
  });
});
