import { toPem } from '../../../../src/pki/read-certificate.ts';
import type { SessionList } from '../../../../src/ports/arm.ts';
import type { SessionChoice } from '../../../../src/services/gateways/disconnect-sessions.ts';
import { createRegisterCertificate } from '../../../../src/services/gateways/register-certificate.ts';
import { aCertificateRequest, toRequestPem } from '../../../support/builders/a-certificate-request.ts';
import { anRsaKeyPair } from '../../../support/builders/a-key-pair.ts';
import { anAuthority } from '../../../support/builders/an-authority.ts';
import { given } from '../../../support/given.ts';
import {
  aGateway,
  aRequest,
  aRoot,
  createServicesWorld,
  randomnessOf,
  runWriter,
  type ServicesWorld,
} from '../../../support/services-world.ts';

const csr = toRequestPem(aCertificateRequest());
const gatewayId = 'vnet1gw';

async function aWorld(): Promise<ServicesWorld> {
  const world = createServicesWorld();
  await aGateway(world);
  await aRoot(world);
  await world.trust.trust(gatewayId, 'root-1', undefined, aRequest(world, 'trust'));
  await runWriter(world);
  return world;
}

async function aCertificate(world: ServicesWorld, commonName: string, seed = commonName): Promise<string> {
  const asked = { rootId: 'root-1', owner: 'kim', csr, requestedBy: 'tester', commonName, allowSharedName: true };
  return given((await world.certificates.issue(asked, randomnessOf(seed))).record.thumbprint);
}

function aSession(commonName: string, connectionId: string | undefined) {
  return { commonName, connectionId, publicIpAddress: '', privateIpAddress: '' };
}

async function choose(
  world: ServicesWorld,
  choice: SessionChoice,
  sessions: readonly ReturnType<typeof aSession>[],
  unreadable = 0,
) {
  const { id } = await world.disconnects.disconnect(gatewayId, choice, aRequest(world, JSON.stringify(choice)));
  return world.disconnects.choose(id, gatewayId, { sessions, unreadable });
}

describe('src/services/gateways/disconnect-sessions', () => {
  it('chooses the sessions of a certificate by its name, in whatever form Azure has it, and no other', async () => {
    const world = await aWorld();
    const kim = await aCertificate(world, 'kim');
    await aCertificate(world, 'lee');

    const sessions = [aSession('KIM', 'OVPN_1'), aSession('CN=kim', 'OVPN_2'), aSession('lee', 'OVPN_3')];

    expect(await choose(world, { thumbprints: [kim.toLowerCase()] }, sessions)).toEqual({
      connectionIds: ['OVPN_1', 'OVPN_2'],
      leftAlone: [],
    });
  });

  it('leaves a session alone that may be of another certificate, unless that is chosen too or is out', async () => {
    const world = await aWorld();
    const [old, renewed] = [await aCertificate(world, 'kim', 'old'), await aCertificate(world, 'kim', 'renewed')];
    const sessions = [aSession('kim', 'OVPN_1')];

    const alone = await choose(world, { thumbprints: [old] }, sessions);
    expect(alone.connectionIds).toEqual([]);
    expect(alone.leftAlone).toEqual([
      { thumbprint: old, connectionId: 'OVPN_1', reason: expect.stringContaining(renewed) as string },
    ]);
    expect(await choose(world, { thumbprints: [old, renewed] }, sessions)).toMatchObject({ connectionIds: ['OVPN_1'] });

    await world.revocations.revoke(renewed, { reason: 'left' }, aRequest(world, 'revoke'));
    expect(await choose(world, { thumbprints: [old, old] }, sessions)).toMatchObject({ connectionIds: ['OVPN_1'] });
  });

  it('leaves a session alone that may be of a certificate whose place the chosen one has taken', async () => {
    const world = await aWorld();
    const old = await aCertificate(world, 'kim');
    const caller = { id: 'tester', role: 'operator' } as const;
    const renewal = await world.orderRenewal(old as never, { graceDays: 7, caller }, randomnessOf('renewed'));
    const { spki, privateKey: signWith } = anRsaKeyPair('renewed');
    const order = { ...renewal, csr: toRequestPem(aCertificateRequest({ spki, signWith })), requestedBy: 'tester' };
    const renewed = given((await world.certificates.issue(order, randomnessOf('renewed'))).record.thumbprint);

    for (const [chosen, rival] of [
      [renewed, old],
      [old, renewed],
    ] as const) {
      expect(await choose(world, { thumbprints: [chosen] }, [aSession('kim', 'OVPN_1')])).toEqual({
        connectionIds: [],
        leftAlone: [{ thumbprint: chosen, connectionId: 'OVPN_1', reason: expect.stringContaining(rival) as string }],
      });
    }
  });

  it('leaves everybody alone where nothing is known of a certificate but its thumbprint', async () => {
    const world = await aWorld();
    const register = createRegisterCertificate(world);
    const bare = 'AB'.repeat(20);
    const { outcome } = await register({ thumbprint: bare, owner: 'kim@example.com' }, aRequest(world, 'register'));
    expect(outcome).toBe('registered');

    const { connectionIds, leftAlone } = await choose(world, { thumbprints: [bare] }, [aSession('kim', 'OVPN_1')]);

    expect(connectionIds).toEqual([]);
    expect(leftAlone).toEqual([{ thumbprint: bare, reason: expect.stringContaining('but its thumbprint') as string }]);
  });

  it('leaves a session alone that may be of a certificate whose name is not known, unless that is chosen or is out', async () => {
    const world = await aWorld();
    const kim = await aCertificate(world, 'kim');
    const bare = 'AB'.repeat(20);
    await createRegisterCertificate(world)({ thumbprint: bare, owner: 'lee@example.com' }, aRequest(world, 'register'));
    const sessions = [aSession('kim', 'OVPN_1')];

    expect(await choose(world, { thumbprints: [kim] }, sessions)).toEqual({
      connectionIds: [],
      leftAlone: [{ thumbprint: kim, connectionId: 'OVPN_1', reason: expect.stringContaining(bare) as string }],
    });
    expect(await choose(world, { thumbprints: [kim, bare] }, sessions)).toMatchObject({ connectionIds: ['OVPN_1'] });
    await world.revocations.revoke(bare, { reason: 'left' }, aRequest(world, 'revoke'));
    expect(await choose(world, { thumbprints: [kim, kim] }, sessions)).toMatchObject({ connectionIds: ['OVPN_1'] });
  });

  it('leaves a session alone that may be of a certificate that others issued, unless its connection is named', async () => {
    const world = await aWorld();
    const kim = await aCertificate(world, 'kim');
    await world.rootImports.importText('contoso', toPem(anAuthority().der));
    await world.trust.trust(gatewayId, 'contoso', undefined, aRequest(world, 'trust contoso'));
    await runWriter(world);
    const sessions = [aSession('kim', 'OVPN_1')];

    expect(await choose(world, { thumbprints: [kim] }, sessions)).toEqual({
      connectionIds: [],
      leftAlone: [{ thumbprint: kim, connectionId: 'OVPN_1', reason: expect.stringContaining('contoso') as string }],
    });
    expect(await choose(world, { connectionIds: ['OVPN_1'] }, sessions)).toEqual({
      connectionIds: ['OVPN_1'],
      leftAlone: [],
    });
  });

  it('says what it cannot disconnect and what it cannot read', async () => {
    const world = await aWorld();
    const kim = await aCertificate(world, 'kim');

    const { connectionIds, leftAlone } = await choose(world, { thumbprints: [kim] }, [aSession('kim', undefined)], 2);

    expect(connectionIds).toEqual([]);
    expect(leftAlone.map(({ reason }) => reason)).toEqual([
      expect.stringContaining("has no id in Azure's list"),
      expect.stringContaining('2 rows of the session list have no name'),
    ]);
  });

  it('chooses connections by their ids, each once, and none that are not listed', async () => {
    const world = await aWorld();

    const sessions = [aSession('kim', 'OVPN_1'), aSession('nobody', 'IKEv2_2')];

    expect(await choose(world, { connectionIds: ['IKEv2_2', 'IKEv2_2', 'OVPN_9'] }, sessions)).toEqual({
      connectionIds: ['IKEv2_2'],
      leftAlone: [],
    });
  });

  it('chooses a connection whose name cannot be read, and says nothing of one that a row without an id may be', async () => {
    const world = await aWorld();
    const choice = { connectionIds: ['OVPN_1', 'OVPN_9'] };
    const { id } = await world.disconnects.disconnect(gatewayId, choice, aRequest(world, 'choose'));
    const chosenOf = (list: SessionList) => world.disconnects.choose(id, gatewayId, list);

    expect(await chosenOf({ sessions: [], unreadable: 1, unreadableIds: ['OVPN_1'] })).toEqual({
      connectionIds: ['OVPN_1'],
      leftAlone: [],
    });
    for (const list of [
      { sessions: [], unreadable: 2, unreadableIds: ['OVPN_1'] },
      { sessions: [aSession('kim', 'OVPN_1'), aSession('lee', undefined)], unreadable: 0 },
    ]) {
      expect(await chosenOf(list)).toEqual({
        connectionIds: ['OVPN_1'],
        leftAlone: [{ connectionId: 'OVPN_9', reason: expect.stringMatching(/^1 rows .* no id/) as string }],
      });
    }
  });

  it('refuses gateways and certificates that do not exist, and leaves no operation behind', async () => {
    const world = await aWorld();
    const request = aRequest(world, 'a');

    for (const [gateway, choice] of [
      ['nowhere', { connectionIds: ['OVPN_1'] }],
      [gatewayId, { thumbprints: ['AB'.repeat(20)] }],
    ] as const) {
      await expect(world.disconnects.disconnect(gateway, choice, request)).rejects.toMatchObject({
        code: 'ERR_NOT_FOUND',
      });
    }
    expect(await world.operations.get(request.operationId)).toBeUndefined();
  });

  it('is started once, however often it is asked for, and anew where a crash kept it from starting', async () => {
    const world = await aWorld();
    const request = aRequest(world, 'a');

    const operation = await world.disconnects.disconnect(gatewayId, { connectionIds: ['OVPN_1'] }, request);
    await world.disconnects.disconnect(gatewayId, { connectionIds: ['OVPN_1'] }, request);
    await world.disconnects.run(operation, world.orchestrations);

    expect(world.orchestrations.started.filter(({ name }) => name === 'disconnectSessions')).toHaveLength(1);
  });
});
