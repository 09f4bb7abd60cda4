/** Kits that are made while the key is there: each behind a link of its own, none with the password in it. */
import { createSecureContext } from 'node:tls';
import { certificateRoutes } from '../../../../src/functions/certificates/certificates.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
import { given } from '../../../support/given.ts';
import {
  aGateway,
  aProfile,
  aRequest,
  aRoot,
  createServicesWorld,
  randomnessOf,
  runWriter,
  type ServicesWorld,
} from '../../../support/services-world.ts';
import { type ApiRequest, createTestApi } from '../../../support/test-route.ts';
import { tokenOf } from '../../../support/token-of.ts';

const password = 'correct horse battery';
const gatewayId = 'vnet1gw';

async function aLine(world: ServicesWorld): Promise<void> {
  await aRoot(world);
  await aGateway(world);
  await world.trust.trust(gatewayId, 'root-1', undefined, aRequest(world, 'trust'));
  await runWriter(world);
  await aProfile(world);
}

async function open() {
  const world = createServicesWorld();
  await aLine(world);
  const api = await createTestApi();
  const routes = certificateRoutes(world);
  const ask = (name: string, request: ApiRequest) =>
    api.ask(given(routes.find((route) => route.name === name)), { as: 'requester', ...request });
  const order = (deliver: readonly object[], changes: object = {}, headers: ApiRequest['headers'] = {}) =>
    ask('issueCertificate', {
      body: { rootId: 'root-1', owner: 'ann', key: {}, pfx: { password }, deliver, ...changes },
      headers,
    });
  return { world, ask, order };
}

interface Offered {
  readonly kind: string;
  readonly gatewayId?: string;
  readonly url: string;
}

function downloadsIn(json: Readonly<Record<string, unknown>>): readonly Offered[] {
  return json['downloads'] as readonly Offered[];
}

async function fileOf(world: ServicesWorld, { url }: Offered): Promise<Buffer> {
  return Buffer.from(given(await world.downloads.deliver(tokenOf(url))).content);
}

async function howToOf(world: ServicesWorld, { url }: Offered): Promise<string> {
  return given(await world.downloads.describe(tokenOf(url))).howTo;
}

const wanted = [
  { gatewayId, platform: 'android' },
  { gatewayId, platform: 'ios' },
];

describe('src/functions/certificates/issue-certificate, deliver', () => {
  it('makes a kit for each platform with the key in it, and without its password', async () => {
    const { world, order } = await open();

    const { status, json } = await order(wanted);

    expect(status).toBe(201);
    const downloads = downloadsIn(json);
    expect(downloads.map(({ kind, gatewayId: gateway }) => [kind, gateway])).toEqual([
      ['pfx', undefined],
      ['android', gatewayId],
      ['ios', gatewayId],
    ]);
    const [pfx, app, phone] = await Promise.all(downloads.map((one) => howToOf(world, one)));
    expect([app, phone]).toEqual([expect.stringContaining('strongSwan VPN Client'), expect.stringContaining('iPhone')]);
    for (const howTo of [pfx, app, phone]) expect(howTo).toMatch(/The password .* by another way\.$/);
    const android = JSON.parse((await fileOf(world, given(downloads[1]))).toString()) as {
      readonly local: { readonly p12: string };
    };
    expect(() =>
      createSecureContext({ pfx: Buffer.from(android.local.p12, 'base64'), passphrase: password }),
    ).not.toThrow();
    for (const one of downloads.slice(1)) expect((await fileOf(world, one)).toString('latin1')).not.toContain(password);
    expect(JSON.stringify([...world.told, (await world.lookup.list({ owner: 'ann', top: 10 })).items])).not.toContain(
      password,
    );
  });

  it('answers a repeated request with new links to the same, and withdraws all when the certificate is revoked', async () => {
    const { world, order } = await open();
    const key = { 'idempotency-key': 'order-1' };
    const first = downloadsIn((await order(wanted, {}, key)).json);

    const { json } = await order(wanted, {}, key);

    const second = downloadsIn(json);
    expect(second.map(({ kind }) => kind)).toEqual(['pfx', 'android', 'ios']);
    const isThere = (one: Offered) =>
      fileOf(world, one).then(
        () => true,
        () => false,
      );
    expect(await Promise.all(first.map(isThere))).toEqual([false, false, false]);
    await world.revocations.revoke(String(json['thumbprint']), { reason: 'lost' }, aRequest(world, 'revoke'));
    expect(await Promise.all(second.map(isThere))).toEqual([false, false, false]);
  });

  it('makes no kit for a root that waits for the change window of the gateway, and says when that opens', async () => {
    const { world, order } = await open();
    await aRoot(world, 'root-2');
    const changeWindow = { schedule: '0 22 * * 6', timeZone: 'UTC', durationMinutes: 60 };
    await world.gatewayChanges.change(gatewayId, { changeWindow }, aRequest(world, 'window'));
    await world.trust.trust(gatewayId, 'root-2', undefined, aRequest(world, 'trust 2'));
    await runWriter(world);

    const waiting = await order(wanted, { rootId: 'root-2' });

    expect(waiting).toMatchObject({ status: 409 });
    expect(waiting.json['detail']).toContain('opens at 2026-03-07T22:00:00.000Z');
    expect((await world.lookup.list({ owner: 'ann', top: 10 })).items).toEqual([]);
    expect(await order(wanted)).toMatchObject({ status: 201 });
  });

  it('refuses before anything is issued what a gateway does not serve', async () => {
    const { world, order } = await open();
    await world.stores.gateways.update({ partitionKey: 'gateway', rowKey: gatewayId }, (record) => ({
      ...record,
      plan: { ...record.plan, protocols: ['OpenVPN'] },
    }));

    const notServed = await order([{ gatewayId, platform: 'openvpn2' }, ...wanted]);
    const unknown = await order([{ gatewayId: 'none', platform: 'ios' }]);
    await world.stores.profiles.remove(given((await world.stores.profiles.list(gatewayId))[0]).record);
    const noProfile = await order(wanted);

    expect(notServed).toMatchObject({ status: 409 });
    expect(notServed.json['detail']).toContain('IkeV2');
    expect(unknown.status).toBe(404);
    expect(noProfile.json['detail']).toContain('/profile');
    expect((await world.lookup.list({ owner: 'ann', top: 10 })).items).toEqual([]);
    expect(await world.downloads.listDue()).toEqual([]);
  });

  it('refuses kits for a request whose key is elsewhere, and one kit twice', async () => {
    const { order } = await open();

    const twice = await order([...wanted, given(wanted[0])]);
    const withCsr = await order(wanted, { key: undefined, pfx: undefined, csr: 'x' });
    const other = await order([{ gatewayId, platform: 'toaster' }]);

    expect(twice.json).toMatchObject({ errors: [{ path: '/deliver/2', code: 'duplicateField' }] });
    expect(JSON.stringify(withCsr.json['errors'])).toContain('"/deliver"');
    expect(other.json).toMatchObject({ errors: [{ path: '/deliver/0/platform' }] });
  });

  it('delivers with a renewal, too', async () => {
    const { ask, order } = await open();
    const { json } = await order([]);

    const renewed = await ask('renewCertificate', {
      params: { thumbprint: String(json['thumbprint']) },
      body: { key: {}, pfx: { password }, deliver: wanted },
    });

    expect(renewed.status).toBe(201);
    expect(downloadsIn(renewed.json).map(({ kind }) => kind)).toEqual(['pfx', 'android', 'ios']);
  });

  it('gives the place of a renewed certificate back at once where the second kit fails, and keeps no file', async () => {
    const { world, ask, order } = await open();
    const { json: old } = await order([]);
    const renew = (key: string) =>
      ask('renewCertificate', {
        params: { thumbprint: String(old['thumbprint']) },
        body: { key: {}, pfx: { password }, deliver: wanted },
        headers: { 'idempotency-key': key },
      });
    const makeFor = world.kits.makeFor.bind(world.kits);
    const made: string[] = [];
    Object.assign(world.kits, {
      makeFor: async (...asked: Parameters<typeof makeFor>) => {
        if (made.push(asked[0].platform) === 2) throw new Error('The disk is full.');
        return makeFor(...asked);
      },
    });
    expect((await renew('failing')).status).toBe(500);
    expect(made).toEqual(['android', 'ios']);
    const waiting = world.tables.rows('Deliveries').filter(({ columns }) => columns['state'] === 'offered');
    const { items } = await world.lookup.list({ owner: 'ann', top: 10 });
    Object.assign(world.kits, { makeFor });

    const [again, same] = [await renew('another'), await renew('failing')];

    expect(waiting.length).toBe(1);
    expect(items.filter(({ state }) => state === 'revoked')).toMatchObject([{ revocationReason: 'keyNotKept' }]);
    expect(again.status).toBe(201);
    expect(downloadsIn(again.json).map(({ kind }) => kind)).toEqual(['pfx', 'android', 'ios']);
    expect(same).toMatchObject({ status: 409, json: { errors: [{ code: 'certificateSuperseded' }] } });
    expect(await world.unfinished.list('certificate')).toEqual([]);
  });

  it('issues nothing whose kits are not all there, whatever write a crash comes at', async () => {
    const places = await atEveryCrash({
      setUp: async (tables) => {
        const world = createServicesWorld(tables);
        await aLine(world);
        return world;
      },
      work: (world) =>
        world.issueWithKey(
          {
            rootId: 'root-1',
            owner: 'ann',
            requestedBy: 'tester',
            keyType: 'RSA-2048',
            encryption: 'modern',
            password,
            deliver: [{ gatewayId, platform: 'android' }],
          },
          randomnessOf('crash'),
        ),
      check: async (world, _tables, place) => {
        const issued = (await world.lookup.list({ owner: 'ann', state: 'issued', top: 10 })).items;
        expect([place, issued.length]).toEqual([place, 1]);
        for (const { serialNumber } of issued) {
          const thing = `certificate-kit/${serialNumber}/${gatewayId}/android`;
          expect([place, await world.downloads.holds(thing)]).toEqual([place, true]);
        }
      },
    });
    expect(places).toBeGreaterThan(15);
  });
});
