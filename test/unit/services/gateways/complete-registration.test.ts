import { asList, asObject } from '../../../../src/domain/gateway-entries.ts';
import type { Thumbprint } from '../../../../src/domain/thumbprint.ts';
import { thumbprintOf } from '../../../../src/pki/read-certificate.ts';
import { anRsaKeyPair } from '../../../support/builders/a-key-pair.ts';
import { anAuthority } from '../../../support/builders/an-authority.ts';
import { toPemBlock } from '../../../support/builders/der.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
import { given } from '../../../support/given.ts';
import {
  aGateway,
  aRequest,
  aRoot,
  createServicesWorld,
  runWriter,
  type ServicesWorld,
} from '../../../support/services-world.ts';

const lookMs = 6 * 60 * 1000;
const authority = anAuthority();
const authorityPem = toPemBlock('CERTIFICATE', authority.der);
const client = anAuthority({ called: 'ann-laptop', issuer: authority, isAuthority: false });
const pem = toPemBlock('CERTIFICATE', client.der);
const thumbprint = thumbprintOf(client.der);
const bare = '00112233445566778899AABBCCDDEEFF00112233' as Thumbprint;

/** Two gateways: `vnet1gw` trusts `contoso`, which has signed the certificate, and `other` trusts `root-1`. */
async function aWorld(): Promise<ServicesWorld> {
  const world = createServicesWorld();
  await world.rootImports.importText('contoso', authorityPem);
  await aRoot(world);
  for (const [gatewayId, rootId] of [
    ['vnet1gw', 'contoso'],
    ['other', 'root-1'],
  ] as const) {
    await aGateway(world, gatewayId);
    await world.trust.trust(gatewayId, rootId, undefined, aRequest(world, `trust ${rootId}`));
    await runWriter(world, gatewayId);
  }
  return world;
}

async function register(world: ServicesWorld, asked: object, seed = JSON.stringify(asked)) {
  const rows = [{ asked: { owner: 'ann', ...asked } }];
  const { id } = await world.certificateImports.begin(rows, aRequest(world, seed));
  return given(await world.operations.view(id));
}

async function refused(world: ServicesWorld, gatewayId: string): Promise<readonly unknown[]> {
  const { resourceId } = given(
    (await world.stores.gateways.get({ partitionKey: 'gateway', rowKey: gatewayId }))?.record,
  );
  const properties = asObject(world.arm.resources.get(resourceId)?.['properties']);
  const { vpnClientRevokedCertificates } = asObject(properties['vpnClientConfiguration']);
  return asList(vpnClientRevokedCertificates).map((entry) => asObject(asObject(entry)['properties'])['thumbprint']);
}

async function writeAll(world: ServicesWorld): Promise<void> {
  for (const gatewayId of ['vnet1gw', 'other']) {
    await world.writer.wake(world.orchestrations, gatewayId);
    await runWriter(world, gatewayId);
    world.clock.advance(lookMs);
    await world.sessions.record(gatewayId, { cut: [], unproven: [] });
  }
}

describe('src/services/gateways/register-certificate, a certificate whose thumbprint was there first', () => {
  it('believes the certificate, not what was said of its thumbprint', async () => {
    const world = await aWorld();
    const said = { rootId: 'root-1', commonName: 'other-name', notAfter: '2027-12-01T00:00:00.000Z' };
    await register(world, { thumbprint, ...said });

    const second = await register(world, { certificate: pem });

    expect(second).toMatchObject({ status: 'succeeded', result: { registered: 1, unchanged: 0 } });
    expect(await world.lookup.byThumbprint(thumbprint)).toMatchObject({
      rootId: 'contoso',
      owner: 'ann',
      commonName: 'ann-laptop',
      notAfter: '2045-01-01T00:00:00.000Z',
      registered: { issuer: 'CN=Contoso root', certificate: expect.any(String) as string },
    });
    expect(await world.lookup.live('root-1', world.now(), 10)).toEqual([]);
    expect(await world.lookup.live('contoso', world.now(), 10)).toHaveLength(1);
    expect(await world.lookup.named('other-name')).toEqual([]);
    expect(await world.lookup.named('ann-laptop')).toHaveLength(1);
    expect(await world.expiries.list('2027-12-01')).toEqual([]);
    expect(await register(world, { certificate: pem }, 'again')).toMatchObject({ result: { unchanged: 1 } });
  });

  it('has its owner taken out where the certificate opens the door', async () => {
    const world = await aWorld();
    await register(world, { thumbprint, rootId: 'root-1' });
    await register(world, { certificate: pem });

    const { id } = await world.leavers.revoke('ann', 'left', aRequest(world, 'leave'));
    await writeAll(world);
    await writeAll(world);

    expect(await refused(world, 'vnet1gw')).toEqual([thumbprint]);
    expect(await refused(world, 'other')).toEqual([]);
    expect(await world.leavers.look(id, false)).toBe('done');
    expect(await world.leavers.statementOf('ann')).toMatchObject({
      isProven: true,
      certificates: [{ rootId: 'contoso', gateways: [{ gatewayId: 'vnet1gw', state: 'proven' }] }],
    });
  });

  it('knows the key from then on', async () => {
    const world = await aWorld();
    const keys = anRsaKeyPair('ann’s');
    const [one, two] = [11n, 12n].map((serial) =>
      anAuthority({ called: `ann-${serial}`, keys, issuer: authority, isAuthority: false, serial }),
    ) as [typeof client, typeof client];
    await register(world, { thumbprint: thumbprintOf(one.der) });
    await register(world, { certificate: toPemBlock('CERTIFICATE', one.der) });
    await register(world, { certificate: toPemBlock('CERTIFICATE', two.der) });

    await world.revocations.revoke(thumbprintOf(two.der), { reason: 'compromised' }, aRequest(world, 'report'));

    expect(await world.lookup.byThumbprint(thumbprintOf(one.der))).toMatchObject({ state: 'revoked' });
  });

  it('carries a revocation over to the root that has signed it, where it is taken back whole', async () => {
    const world = await aWorld();
    await register(world, { thumbprint, notAfter: '2027-12-01T00:00:00.000Z' });
    await world.revocations.revoke(thumbprint, { reason: 'unspecified' }, aRequest(world, 'revoke'));
    await writeAll(world);
    expect(await refused(world, 'other')).toEqual([thumbprint]);

    const completed = await register(world, { certificate: pem });
    await writeAll(world);

    const revokedBy = expect.any(String) as string;
    expect(completed).toMatchObject({ result: { items: [{ outcome: 'registered', revokedBy }] } });
    expect(await refused(world, 'vnet1gw')).toEqual([thumbprint]);
    await world.gatewayRevocations.revoke('other', { thumbprint: bare }, aRequest(world, 'another'));
    await writeAll(world);
    expect(await refused(world, 'other')).toEqual([bare]);
    await world.revocations.reinstate(thumbprint, {}, aRequest(world, 'back'));
    await writeAll(world);
    expect(await refused(world, 'vnet1gw')).toEqual([]);
    expect(await world.lookup.byThumbprint(thumbprint)).toMatchObject({ state: 'issued' });
  });

  it('keeps a revocation standing for as long as the certificate says, also while an earlier one is under way', async () => {
    const world = await aWorld();
    await register(world, { thumbprint, rootId: 'contoso', notAfter: '2027-12-01T00:00:00.000Z' });
    await world.revocations.revoke(thumbprint, { reason: 'left' }, aRequest(world, 'revoke'));

    await register(world, { certificate: pem });

    const row = { partitionKey: 'contoso', rowKey: thumbprint };
    const record = given(await world.lookup.byThumbprint(thumbprint));
    expect((await world.stores.revocations.get(row))?.record).toMatchObject({
      wanted: true,
      reason: 'left',
      commonName: 'ann-laptop',
      notAfter: record.notAfter,
    });
  });

  it('blocks the key of one that was reported when only its thumbprint was known', async () => {
    const world = await aWorld();
    await register(world, { thumbprint });
    await world.revocations.revoke(thumbprint, { reason: 'compromised' }, aRequest(world, 'report'));

    await register(world, { certificate: pem });

    const { publicKeyHash } = given(await world.lookup.byThumbprint(thumbprint));
    const keys = { partitionKey: publicKeyHash.slice(0, 2), rowKey: publicKeyHash };
    expect((await world.stores.blockedKeys.get(keys))?.record).toMatchObject({ reason: 'compromised', thumbprint });
  });

  it('finds the root of a certificate that was sent before its root was', async () => {
    const world = createServicesWorld();
    await register(world, { certificate: pem });
    await world.rootImports.importText('contoso', authorityPem);

    await register(world, { certificate: pem }, 'again');

    expect(await world.lookup.byThumbprint(thumbprint)).toMatchObject({ rootId: 'contoso' });
  });

  it('comes to the same end, whatever write a crash comes at', async () => {
    const places = await atEveryCrash({
      setUp: async (tables) => {
        const world = createServicesWorld(tables);
        await world.rootImports.importText('contoso', authorityPem);
        await world.rootImports.importText('root-1', toPemBlock('CERTIFICATE', anAuthority({ called: 'Other' }).der));
        await register(world, { thumbprint, rootId: 'root-1', notAfter: '2027-12-01T00:00:00.000Z' });
        await world.revocations.revoke(thumbprint, { reason: 'left' }, aRequest(world, 'revoke'));
        return world;
      },
      work: (world) => register(world, { certificate: pem }),
      check: async (world, _tables, place) => {
        const intent = async (rootId: string): Promise<unknown> =>
          (await world.stores.revocations.get({ partitionKey: rootId, rowKey: thumbprint }))?.record.wanted;
        const { rootId, state } = given(await world.lookup.byThumbprint(thumbprint));
        expect([place, rootId, state]).toEqual([place, 'contoso', 'revoked']);
        expect([place, await intent('contoso'), await intent('root-1')]).toEqual([place, true, undefined]);
        expect([place, await world.expiries.list('2027-12-01')]).toEqual([place, []]);
      },
    });
    expect(places).toBeGreaterThan(10);
  });
});

describe('src/services/gateways/register-certificate, two lines for one certificate', () => {
  it('has the end of it watched for the owner who has it', async () => {
    const world = createServicesWorld();
    const asked = { thumbprint: bare, notAfter: '2027-01-01T00:00:00.000Z' };
    const rows = ['ann', 'bob'].map((owner, index) => ({ line: index + 2, asked: { ...asked, owner } }));

    await world.certificateImports.begin(rows, aRequest(world, 'list'));

    const { owner } = given(await world.lookup.byThumbprint(bare));
    expect((await world.expiries.list('2027-01-01')).map((expiry) => expiry.owner)).toEqual([owner]);
  });
});
