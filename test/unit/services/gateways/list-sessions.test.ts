import { toPem } from '../../../../src/pki/read-certificate.ts';
import type { ListedSessions } from '../../../../src/services/gateways/list-sessions.ts';
import { createRegisterCertificate } from '../../../../src/services/gateways/register-certificate.ts';
import { aCertificateRequest, toRequestPem } from '../../../support/builders/a-certificate-request.ts';
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
const session = {
  connectionId: 'IKEv2_1e1cfe59-5c7c-4315-a876-b11fbfdfeed4',
  commonName: 'kim-laptop',
  publicIpAddress: '198.18.0.9:45522',
  privateIpAddress: '172.16.201.2',
  connectedAt: '2026-11-20T10:00:00.000Z',
};

async function aWorld(): Promise<ServicesWorld> {
  const world = createServicesWorld();
  await aGateway(world);
  await aRoot(world);
  await world.trust.trust(gatewayId, 'root-1', undefined, aRequest(world, 'trust'));
  await runWriter(world);
  return world;
}

async function aCertificate(world: ServicesWorld, seed = 'c', owner = 'kim'): Promise<string> {
  const asked = {
    rootId: 'root-1',
    owner,
    csr,
    requestedBy: 'tester',
    commonName: 'kim-laptop',
    allowSharedName: true,
  };
  return given((await world.certificates.issue(asked, randomnessOf(seed))).record.thumbprint);
}

async function list(world: ServicesWorld, sessions: readonly object[] = [session]): Promise<ListedSessions> {
  world.arm.answerNext('startSessions', { outcome: 'done', value: 'list', retryAfterSeconds: 10 });
  world.arm.answerNext('pollSessions', { outcome: 'running', state: 'list', retryAfterSeconds: 10 });
  world.arm.answerNext('pollSessions', { outcome: 'succeeded', value: { sessions, unreadable: 0 } });
  return world.listSessions(gatewayId);
}

describe('src/services/gateways/list-sessions', () => {
  it('says whose the session is, how and since when it is there, and where', async () => {
    const world = await aWorld();
    const thumbprint = await aCertificate(world);

    const { sessions, askedAt } = await list(world);

    expect(askedAt).toBe(world.now().toISOString());
    expect(sessions).toEqual([
      {
        connectionId: session.connectionId,
        commonName: 'kim-laptop',
        protocol: 'IkeV2',
        address: '172.16.201.2',
        isInPool: true,
        comesFrom: '198.18.0.9:45522',
        since: session.connectedAt,
        identity: 'known',
        certificates: [{ thumbprint, owner: 'kim', rootId: 'root-1', state: 'issued' }],
      },
    ]);
  });

  it.each([
    ['CN=KIM-laptop', 'known'],
    ['somebody', 'unknown'],
  ])('knows the name %s as Azure may write it: %s', async (commonName, identity) => {
    const world = await aWorld();
    await aCertificate(world);

    expect((await list(world, [{ ...session, commonName }])).sessions[0]).toMatchObject({ identity });
  });

  it('names all who share a name, but not whoever is proven to be out', async () => {
    const world = await aWorld();
    const [first, second] = [await aCertificate(world), await aCertificate(world, 'd', 'lee')];

    const [shared] = (await list(world)).sessions;
    expect(shared?.identity).toBe('shared');
    expect(shared?.certificates.map(({ thumbprint }) => thumbprint).sort()).toEqual([first, second].sort());

    await world.revocations.revoke(first, { reason: 'left' }, aRequest(world, 'revoke'));
    await runWriter(world);
    expect((await list(world)).sessions[0]?.identity).toBe('shared');
    world.clock.advance(6 * 60 * 1000);
    await world.sessions.record(gatewayId, { cut: [], unproven: [] });
    expect((await list(world)).sessions[0]).toMatchObject({
      identity: 'known',
      certificates: [{ thumbprint: second, owner: 'lee' }],
    });
  });

  it('says known only where no certificate whose name is not known could have it too', async () => {
    const world = await aWorld();
    const thumbprint = await aCertificate(world);
    await world.roots.create(
      { id: 'elsewhere', subject: { commonName: 'x' }, keyType: 'RSA-2048', hsm: false, validityDays: 3650 },
      randomnessOf('elsewhere'),
    );
    const register = createRegisterCertificate(world);
    const [away, bare] = ['CD'.repeat(20), 'AB'.repeat(20)];
    await register({ thumbprint: away, owner: 'lee@example.com', rootId: 'elsewhere' }, aRequest(world, 'away'));
    expect((await list(world)).sessions[0]?.identity).toBe('known');

    const notAfter = new Date(world.now().getTime() + 60 * 60 * 1000).toISOString();
    await register({ thumbprint: bare, owner: 'lee@example.com', notAfter }, aRequest(world, 'bare'));
    expect((await list(world)).sessions[0]).toMatchObject({
      identity: 'shared',
      certificates: [{ thumbprint }, { thumbprint: bare, owner: 'lee-example-com', rootId: '@unknown' }],
    });
    expect((await list(world, [{ ...session, commonName: 'somebody' }])).sessions[0]?.identity).toBe('unknown');

    await world.revocations.revoke(bare, { reason: 'left' }, aRequest(world, 'revoke'));
    await runWriter(world);
    expect((await list(world)).sessions[0]?.identity).toBe('shared');
    await world.revocations.reinstate(bare, {}, aRequest(world, 'reinstate'));
    await runWriter(world);
    world.clock.advance(2 * 60 * 60 * 1000);
    expect((await list(world)).sessions[0]?.identity).toBe('known');
  });

  it('says known only where no root of others lets certificates in that are not known here', async () => {
    const world = await aWorld();
    const thumbprint = await aCertificate(world);
    await world.rootImports.importText('contoso', toPem(anAuthority().der));
    expect((await list(world)).sessions[0]?.identity).toBe('known');

    await world.trust.trust(gatewayId, 'contoso', undefined, aRequest(world, 'trust contoso'));
    await runWriter(world);
    expect((await list(world)).sessions[0]).toMatchObject({ identity: 'shared', certificates: [{ thumbprint }] });

    await world.trust.distrust(gatewayId, 'contoso', true, aRequest(world, 'distrust contoso'));
    await runWriter(world);
    expect((await list(world)).sessions[0]?.identity).toBe('known');

    const entry = { gatewayId, kind: 'root', name: 'theirs', thumbprint: 'EF'.repeat(20), firstSeenAt: '' } as const;
    await world.stores.foreignEntries.upsert(entry);
    expect((await list(world)).sessions[0]?.identity).toBe('shared');
    expect((await list(world, [{ ...session, commonName: 'somebody' }])).sessions[0]?.identity).toBe('unknown');

    await world.stores.foreignEntries.upsert({ ...entry, notAfter: world.now().toISOString() });
    expect((await list(world)).sessions[0]?.identity).toBe('known');
  });

  it.each([
    ['172.16.9.2', false],
    ['', undefined],
    ['fd00::1', undefined],
  ])('tells the address %j from those of the pool', async (privateIpAddress, isInPool) => {
    const world = await aWorld();

    const [listed] = (await list(world, [{ ...session, privateIpAddress }])).sessions;

    expect(listed?.isInPool).toBe(isInPool);
  });

  it('reads no protocol from an id of another form', async () => {
    const world = await aWorld();
    const sessions = [
      { ...session, connectionId: 'OVPN_1' },
      { ...session, connectionId: 'P2S_1' },
      { ...session, connectionId: undefined },
    ];

    const listed = (await list(world, sessions)).sessions;

    expect(listed.map(({ protocol }) => protocol)).toEqual(['OpenVPN', undefined, undefined]);
    expect(listed[2]).not.toHaveProperty('connectionId');
  });

  it.each([
    [
      { outcome: 'busy', code: 'AnotherOperationInProgress', message: 'Wait.', retryAfterSeconds: 40 },
      'ERR_AZURE_BUSY',
    ],
    [
      { outcome: 'refused', status: 403, code: 'AuthorizationFailed', message: 'No.', aboutBody: false },
      'ERR_AZURE_REFUSED',
    ],
  ])('passes on what Azure says: %j', async (answer, code) => {
    const world = await aWorld();
    world.arm.answerNext('startSessions', answer);

    await expect(world.listSessions(gatewayId)).rejects.toMatchObject({ code, azure: { code: answer.code } });
  });

  it('takes no answer that it cannot read for an empty list', async () => {
    const world = await aWorld();
    world.arm.answerNext('startSessions', { outcome: 'done', value: 'list' });
    world.arm.answerNext('pollSessions', {
      outcome: 'unreadable',
      code: 'unreadableAnswer',
      isOurs: true,
      message: 'x',
    });

    await expect(world.listSessions(gatewayId)).rejects.toMatchObject({ code: 'ERR_AZURE_REFUSED' });
  });

  it('asks to come again where Azure does not end', async () => {
    const world = await aWorld();
    world.arm.answerNext('startSessions', { outcome: 'done', value: 'list', retryAfterSeconds: 20 });
    for (let looks = 0; looks < 4; looks += 1) {
      world.arm.answerNext('pollSessions', { outcome: 'running', state: 'list', retryAfterSeconds: 20 });
    }

    await expect(world.listSessions(gatewayId)).rejects.toMatchObject({
      code: 'ERR_AZURE_BUSY',
      retryAfterSeconds: 30,
    });
    await expect(world.listSessions('nowhere')).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
  });
});
