import { asObject } from '../../../../src/domain/gateway-entries.ts';
import { toPem } from '../../../../src/pki/read-certificate.ts';
import { sweep } from '../../../../src/services/operations/sweep.ts';
import { azureFailure } from '../../../support/azure-failure.ts';
import { aCertificateRequest, toRequestPem } from '../../../support/builders/a-certificate-request.ts';
import { anAuthority } from '../../../support/builders/an-authority.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
import { given } from '../../../support/given.ts';
import {
  aGateway,
  anOperationId,
  aRequest,
  aRoot,
  createServicesWorld,
  randomnessOf,
  runWriter,
  type ServicesWorld,
} from '../../../support/services-world.ts';

describe('src/services/gateways/trust-roots', () => {
  it('ends when the gateway shows the root as provisioned', async () => {
    const world = createServicesWorld();
    await aRoot(world);
    await aGateway(world);

    const { id } = await world.trust.trust('vnet1gw', 'root-1', 'Contoso', aRequest(world, 'trust'));
    expect(await world.operations.view(id)).toMatchObject({ status: 'running' });
    await runWriter(world);

    expect(await world.operations.view(id)).toMatchObject({ status: 'succeeded' });
    expect(world.arm.puts[0]?.body).toMatchObject({
      properties: { vpnClientConfiguration: { vpnClientRootCertificates: [{ name: 'Contoso' }] } },
    });
  });

  it('expects of a gateway what its own updates took', async () => {
    const world = createServicesWorld();
    await aRoot(world);
    await aGateway(world, 'vnet1gw', { updateSeconds: [90, 31, 40] });

    const { id } = await world.trust.trust('vnet1gw', 'root-1', 'Contoso', aRequest(world, 'trust'));

    expect((await world.operations.view(id))?.steps).toMatchObject([{ name: 'vnet1gw', usualSeconds: 40 }]);
  });

  it('keeps a root whose certificates are alive, unless forced', async () => {
    const world = createServicesWorld();
    await aRoot(world);
    await aGateway(world);
    await world.trust.trust('vnet1gw', 'root-1', undefined, aRequest(world, 'trust'));
    await runWriter(world);
    const csr = toRequestPem(aCertificateRequest());
    await world.certificates.issue({ rootId: 'root-1', owner: 'kim', csr, requestedBy: 'tester' }, randomnessOf('c'));

    await expect(world.trust.distrust('vnet1gw', 'root-1', false, aRequest(world, 'a'))).rejects.toMatchObject({
      problems: [{ code: 'certificatesAlive' }],
    });
    expect(await world.operations.view(anOperationId('a'))).toBeUndefined();
    const [row] = await world.stores.gatewayRoots.list('vnet1gw');
    expect(row?.record).toMatchObject({ wanted: true, state: 'trusted' });
    const { id } = await world.trust.distrust('vnet1gw', 'root-1', true, aRequest(world, 'b'));
    await runWriter(world);

    expect(await world.operations.view(id)).toMatchObject({ status: 'succeeded' });
    expect(world.arm.puts.at(-1)?.body).toMatchObject({
      properties: { vpnClientConfiguration: { vpnClientRootCertificates: [] } },
    });
  });

  it('keeps an imported root, whose certificates are not known here, unless forced or expired', async () => {
    const world = createServicesWorld();
    await aGateway(world);
    await world.rootImports.importText('contoso', toPem(anAuthority().der));
    const trust = async (seed: string): Promise<void> => {
      await world.trust.trust('vnet1gw', 'contoso', 'Contoso.cer', aRequest(world, seed));
      await runWriter(world);
    };
    await trust('first');

    const refusal = { code: 'ERR_CONFLICT', problems: [{ path: '/force', code: 'certificatesUnknown' }] };
    await expect(world.trust.distrust('vnet1gw', 'contoso', false, aRequest(world, 'a'))).rejects.toMatchObject(
      refusal,
    );
    await expect(
      world.trust.distrustEntry('vnet1gw', 'contoso.CER', false, aRequest(world, 'b')),
    ).rejects.toMatchObject(refusal);
    const forced = await world.trust.distrust('vnet1gw', 'contoso', true, aRequest(world, 'c'));
    await runWriter(world);
    expect(await world.operations.view(forced.id)).toMatchObject({ status: 'succeeded' });

    await trust('again');
    const { notAfter } = given(await world.stores.roots.get({ partitionKey: 'root', rowKey: 'contoso' })).record;
    world.clock.advance(Date.parse(notAfter) - world.now().getTime() + 1000);
    await world.trust.distrust('vnet1gw', 'contoso', false, aRequest(world, 'expired'));
    await runWriter(world);
    expect(await world.operations.view(anOperationId('expired'))).toMatchObject({ status: 'succeeded' });
  });

  it('takes a root off though it has expired', async () => {
    const world = createServicesWorld();
    await aRoot(world);
    await aGateway(world);
    await world.trust.trust('vnet1gw', 'root-1', undefined, aRequest(world, 'trust'));
    await runWriter(world);
    world.clock.advance(4000 * 24 * 3600 * 1000);

    const { id } = await world.trust.distrust('vnet1gw', 'root-1', false, aRequest(world, 'distrust'));
    await runWriter(world);

    expect(await world.operations.view(id)).toMatchObject({ status: 'succeeded' });
    expect(world.arm.puts.at(-1)?.body).toMatchObject({
      properties: { vpnClientConfiguration: { vpnClientRootCertificates: [] } },
    });
  });

  it('ends a request that a later one overtook', async () => {
    const world = createServicesWorld();
    await aRoot(world);
    await aGateway(world);

    await world.trust.trust('vnet1gw', 'root-1', undefined, aRequest(world, 'first'));
    await world.trust.distrust('vnet1gw', 'root-1', true, aRequest(world, 'second'));

    expect(await world.operations.view(anOperationId('first'))).toMatchObject({
      status: 'failed',
      problem: { code: 'ERR_CONFLICT' },
    });
  });

  it('fails without a row where the root was removed between the request and the sweep', async () => {
    const world = createServicesWorld();
    await aGateway(world);
    await world.rootImports.importText('contoso', toPem(anAuthority().der));
    jest.spyOn(world.stores.rootGateways, 'upsert').mockRejectedValueOnce(new Error('The process died.'));
    await expect(world.trust.trust('vnet1gw', 'contoso', undefined, aRequest(world, 'a'))).rejects.toThrow('died');
    await world.rootRemovals.remove('contoso');

    const begun = given(await world.operations.get(anOperationId('a')));
    await world.trust.run(begun, world.orchestrations);

    expect(world.tables.rows('GatewayRoots')).toEqual([]);
    expect(await world.operations.view(begun.id)).toMatchObject({
      status: 'failed',
      problem: { code: 'ERR_NOT_FOUND' },
    });
  });

  it.each([
    ['a gateway that does not exist', 'nowhere', 'root-1', 'ERR_NOT_FOUND'],
    ['a root that does not exist', 'vnet1gw', 'nobody', 'ERR_NOT_FOUND'],
  ])('refuses %s and makes no operation', async (_what, gatewayId, rootId, code) => {
    const world = createServicesWorld();
    await aRoot(world);
    await aGateway(world);

    await expect(world.trust.trust(gatewayId, rootId, undefined, aRequest(world, 'trust'))).rejects.toMatchObject({
      code,
    });
    expect(world.tables.rows('Operations')).toEqual([]);
  });

  it('refuses an expired root, because Azure would refuse the whole gateway for it', async () => {
    const world = createServicesWorld();
    await aRoot(world);
    await aGateway(world);
    world.clock.advance(4000 * 24 * 3600 * 1000);

    await expect(world.trust.trust('vnet1gw', 'root-1', undefined, aRequest(world, 'trust'))).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
    });
  });

  it('refuses only the entry that Azure names, in Azure’s own words', async () => {
    const world = createServicesWorld();
    await aRoot(world, 'root-1');
    const bad = await aRoot(world, 'root-2');
    await aGateway(world);
    await world.trust.trust('vnet1gw', 'root-1', undefined, aRequest(world, 'good'));
    await world.trust.trust('vnet1gw', 'root-2', undefined, aRequest(world, 'bad'));

    const record = given(await world.stores.gateways.get({ partitionKey: 'gateway', rowKey: 'vnet1gw' })).record;
    await world.rounds.recordRefusals('vnet1gw', given(world.arm.resources.get(record.resourceId)), [
      {
        key: `root:${bad.thumbprint ?? ''}`,
        ...azureFailure('DataInvalid', 'Data for certificate root-2 is invalid.'),
        isNamed: true,
      },
    ]);
    await runWriter(world);

    expect(await world.operations.view(anOperationId('good'))).toMatchObject({ status: 'succeeded' });
    expect(await world.operations.view(anOperationId('bad'))).toMatchObject({
      status: 'failed',
      problem: { detail: expect.stringContaining('Data for certificate root-2 is invalid.') as unknown },
    });
  });

  it('counts a profile once wherever it crashes, with the sweep’s help', async () => {
    const places = await atEveryCrash({
      setUp: async (tables) => {
        const world = createServicesWorld(tables);
        await aGateway(world);
        return world;
      },
      work: (world) => world.trust.requestProfile('vnet1gw', aRequest(world, 'profile')),
      check: async (world, _tables, place) => {
        world.clock.advance(10 * 60 * 1000);
        await sweep({ ...world, onFault: fail });
        const gateway = (await world.stores.gateways.list('gateway'))[0]?.record;
        expect({ place, wanted: gateway?.profileWanted }).toEqual({ place, wanted: 2 });
      },
    });
    expect(places).toBeGreaterThan(4);
  });

  it('ends a profile request whose gateway was removed before its turn', async () => {
    const world = createServicesWorld();
    const gateway = await aGateway(world);
    const { id } = await world.trust.requestProfile('vnet1gw', aRequest(world, 'profile'));
    await world.stores.gateways.remove(gateway);

    const operation = given(await world.operations.get(id));
    await world.trust.run(operation, world.orchestrations);

    expect(await world.operations.view(id)).toMatchObject({ status: 'failed', problem: { code: 'ERR_NOT_FOUND' } });
    expect(await world.stores.profileRequests.list('vnet1gw')).toEqual([]);
  });

  it('is carried out when the sweep comes before the caller asks again, wherever the request died', async () => {
    await atEveryCrash({
      setUp: async (tables) => {
        const world = createServicesWorld(tables);
        await aRoot(world);
        await aGateway(world);
        return world;
      },
      work: async (world) => {
        world.clock.advance(10 * 60 * 1000);
        await sweep({ ...world, onFault: fail });
        return world.trust.trust('vnet1gw', 'root-1', undefined, aRequest(world, 'trust'));
      },
      check: async (world, _tables, place) => {
        await runWriter(world);
        const page = await world.operations.list({ kind: 'trustRoot', top: 10 });
        expect({ place, ends: page.items.map(({ status }) => status) }).toEqual({ place, ends: ['succeeded'] });
      },
    });
  });
});

function fail(what: string, error: unknown): never {
  throw new Error(`sweep: ${what}`, { cause: error });
}

describe('src/services/gateways/trust-roots, intermediates', () => {
  const root = anAuthority({ called: 'Contoso root' });
  const issuing = anAuthority({ called: 'Contoso issuing', issuer: root });

  async function imported(): Promise<ServicesWorld> {
    const world = createServicesWorld();
    await aGateway(world);
    // The intermediate has the first id in the order of ids.
    await world.rootImports.importText('z-root', toPem(root.der));
    await world.rootImports.importText('a-issuing', toPem(issuing.der));
    return world;
  }

  function namesOn(world: ServicesWorld): readonly string[] {
    const [gateway] = [...world.arm.resources.values()];
    const { vpnClientConfiguration } = given(gateway?.['properties']) as unknown as {
      readonly vpnClientConfiguration: { readonly vpnClientRootCertificates: readonly { readonly name: string }[] };
    };
    return vpnClientConfiguration.vpnClientRootCertificates.map(({ name }) => name);
  }

  it('come after their root in the one write that adds both', async () => {
    const world = await imported();
    await world.trust.trust('vnet1gw', 'z-root', undefined, aRequest(world, 'root'));
    await world.trust.trust('vnet1gw', 'a-issuing', undefined, aRequest(world, 'issuing'));

    await runWriter(world);

    expect(namesOn(world)).toEqual(['z-root', 'a-issuing']);
  });

  it('are refused without their root, and keep it there', async () => {
    const world = await imported();

    await expect(world.trust.trust('vnet1gw', 'a-issuing', undefined, aRequest(world, 'early'))).rejects.toMatchObject({
      problems: [{ code: 'issuerNotTrusted' }],
    });
    await world.trust.trust('vnet1gw', 'z-root', undefined, aRequest(world, 'root'));
    await world.trust.trust('vnet1gw', 'a-issuing', undefined, aRequest(world, 'issuing'));
    await expect(world.trust.distrust('vnet1gw', 'z-root', true, aRequest(world, 'off'))).rejects.toMatchObject({
      problems: [{ code: 'intermediatesTrusted' }],
    });
  });
});

describe('src/services/gateways/trust-roots, entries of others', () => {
  async function withTheirs(world: ServicesWorld): Promise<void> {
    const publicCertData = Buffer.from(anAuthority({ called: 'Theirs' }).der).toString('base64');
    await putByOthers(world, [
      { name: 'P2SRootCert.cer', properties: { publicCertData, provisioningState: 'Succeeded' } },
      { name: 'garbage', properties: { publicCertData: 'AAAA', provisioningState: 'Succeeded' } },
    ]);
  }

  it('go by name wherever it crashes, once, and nothing else of others does', async () => {
    const places = await atEveryCrash({
      setUp: async (tables) => {
        const world = createServicesWorld(tables);
        await withTheirs(world);
        return world;
      },
      work: async (world) => {
        const names = world.arm.puts.at(-1)?.body;
        if (names === undefined) {
          await world.trust.distrustEntry('vnet1gw', 'p2srootcert.CER', false, aRequest(world, 'off'));
        }
        await runWriter(world);
        await world.trust.run(given(await world.operations.get(anOperationId('off'))), world.orchestrations);
      },
      check: async (world, tables, place) => {
        const { status } = given(await world.operations.view(anOperationId('off')));
        expect({ place, status, puts: world.arm.puts.length }).toEqual({ place, status: 'succeeded', puts: 1 });
        expect(tables.rows('ForeignEntries').map(({ columns }) => columns['name'])).toEqual(['garbage']);
      },
    });
    expect(places).toBeGreaterThan(5);
  });

  it('go with the word that nobody looked at their sessions', async () => {
    const world = createServicesWorld();
    await withTheirs(world);

    const { id } = await world.trust.distrustEntry('vnet1gw', 'P2SRootCert.cer', false, aRequest(world, 'off'));
    await runWriter(world);

    expect(await world.operations.view(id)).toMatchObject({
      status: 'succeeded',
      steps: [{ detail: expect.stringContaining('sessions were not looked at') as unknown }],
    });
  });

  it('end with Azure’s words where it refuses that, and nothing tries again before somebody asks', async () => {
    const world = createServicesWorld();
    await withTheirs(world);
    const { id } = await world.trust.distrustEntry('vnet1gw', 'P2SRootCert.cer', false, aRequest(world, 'off'));
    const { resourceId } = given(
      await world.stores.gateways.get({ partitionKey: 'gateway', rowKey: 'vnet1gw' }),
    ).record;
    const gateway = given(world.arm.resources.get(resourceId));
    const { thumbprint = '' } = given(
      (await world.stores.foreignEntries.list('vnet1gw'))
        .map(({ record }) => record)
        .find(({ name }) => name !== 'garbage'),
    );
    const words = azureFailure('InUse', 'The certificate is in use.');

    await world.rounds.recordRefusals('vnet1gw', gateway, [
      { key: `root:${thumbprint}:off`, ...words, isNamed: false },
    ]);
    await runWriter(world);

    expect(await world.operations.view(id)).toMatchObject({
      status: 'failed',
      problem: {
        code: 'ERR_AZURE_REFUSED',
        detail: expect.stringContaining('The certificate is in use.') as unknown,
        azure: words.azure,
      },
    });
    expect(world.arm.puts).toEqual([]);
    const again = await world.trust.distrustEntry('vnet1gw', 'P2SRootCert.cer', false, aRequest(world, 'again'));
    await runWriter(world);
    expect(await world.operations.view(again.id)).toMatchObject({ status: 'succeeded' });
    expect(world.arm.puts).toHaveLength(1);
  });

  it('stay where they cannot be read, and are not there under another name', async () => {
    const world = createServicesWorld();
    await withTheirs(world);

    await expect(world.trust.distrustEntry('vnet1gw', 'garbage', true, aRequest(world, 'a'))).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
    });
    await expect(world.trust.distrustEntry('vnet1gw', 'other', true, aRequest(world, 'b'))).rejects.toMatchObject({
      code: 'ERR_NOT_FOUND',
    });
  });
});

describe('src/services/gateways/trust-roots, copies of own roots that others have put there', () => {
  async function withCopy(world: ServicesWorld): Promise<void> {
    const { certificate: publicCertData } = await aRoot(world);
    const csr = toRequestPem(aCertificateRequest());
    const order = { rootId: 'root-1', owner: 'kim', csr, requestedBy: 'tester', commonName: 'kim-laptop' };
    await world.certificates.issue(order, randomnessOf('c'));
    await putByOthers(world, [{ name: 'Copy.cer', properties: { publicCertData, provisioningState: 'Succeeded' } }]);
  }

  it('stay while certificates of theirs are alive, unless forced', async () => {
    const world = createServicesWorld();
    await withCopy(world);

    await expect(world.trust.distrustEntry('vnet1gw', 'copy.CER', false, aRequest(world, 'off'))).rejects.toMatchObject(
      { problems: [{ code: 'certificatesAlive' }] },
    );
    expect(world.tables.rows('Operations')).toEqual([]);
  });

  it('stay while the gateway trusts an intermediate of theirs, also with force', async () => {
    const world = createServicesWorld();
    const root = anAuthority();
    await world.rootImports.importText('contoso', toPem(root.der));
    const issuing = anAuthority({ called: 'Contoso issuing', issuer: root });
    await world.rootImports.importText('issuing', toPem(issuing.der));
    const publicCertData = Buffer.from(root.der).toString('base64');
    await putByOthers(world, [{ name: 'Copy.cer', properties: { publicCertData, provisioningState: 'Succeeded' } }]);
    await world.stores.gatewayRoots.insert({
      gatewayId: 'vnet1gw',
      rootId: 'issuing',
      entryName: 'issuing',
      thumbprint: given((await world.stores.roots.get({ partitionKey: 'root', rowKey: 'issuing' }))?.record.thumbprint),
      wanted: true,
      state: 'trusted',
      updatedAt: world.now().toISOString(),
    });

    await expect(world.trust.distrustEntry('vnet1gw', 'Copy.cer', true, aRequest(world, 'off'))).rejects.toMatchObject({
      problems: [{ code: 'intermediatesTrusted' }],
    });
  });

  it('go like roots that were trusted here: their sessions are cut, and then proven to be out', async () => {
    const world = createServicesWorld();
    await withCopy(world);
    const open = { commonName: 'kim-laptop', connectionId: 'OVPN_1', publicIpAddress: '', privateIpAddress: '' };

    const { id } = await world.trust.distrustEntry('vnet1gw', 'copy.cer', true, aRequest(world, 'off'));
    await runWriter(world);

    expect(world.arm.puts.at(-1)?.body).toMatchObject({
      properties: { vpnClientConfiguration: { vpnClientRootCertificates: [] } },
    });
    const { toCut } = await world.sessions.judge('vnet1gw', { sessions: [open], unreadable: 0 });
    expect(toCut).toEqual([{ connectionId: 'OVPN_1', key: 'root:root-1' }]);
    await world.sessions.record('vnet1gw', { cut: ['root:root-1'], unproven: [] });
    for (let looks = 0; looks < 2; looks += 1) {
      world.clock.advance(6 * 60 * 1000);
      await world.sessions.record('vnet1gw', { cut: [], unproven: [] });
    }
    expect(await world.operations.view(id)).toMatchObject({ status: 'succeeded' });
    const [row] = await world.stores.gatewayRoots.list('vnet1gw');
    expect(row?.record).toMatchObject({
      rootId: 'root-1',
      entryName: 'Copy.cer',
      state: 'removed',
      sessions: 'proven',
    });
  });

  it('go once wherever the request crashes, with the sweep’s help', async () => {
    const places = await atEveryCrash({
      setUp: async (tables) => {
        const world = createServicesWorld(tables);
        await withCopy(world);
        return world;
      },
      work: async (world) => {
        world.clock.advance(10 * 60 * 1000);
        await sweep({ ...world, onFault: fail });
        const [row] = await world.stores.gatewayRoots.list('vnet1gw');
        if (row !== undefined) return;
        await world.trust.distrustEntry('vnet1gw', 'Copy.cer', true, aRequest(world, 'off'));
      },
      check: async (world, tables, place) => {
        world.clock.advance(10 * 60 * 1000);
        await sweep({ ...world, onFault: fail });
        await runWriter(world);
        const { status } = given(await world.operations.view(anOperationId('off')));
        expect({ place, status, puts: world.arm.puts.length }).toEqual({ place, status: 'succeeded', puts: 1 });
        expect(tables.rows('ForeignEntries')).toEqual([]);
      },
    });
    expect(places).toBeGreaterThan(5);
  });
});

async function putByOthers(world: ServicesWorld, entries: readonly object[]): Promise<void> {
  const gateway = await aGateway(world);
  const shown = given(world.arm.resources.get(gateway.resourceId));
  const properties = asObject(shown['properties']);
  const vpnClientConfiguration = {
    ...asObject(properties['vpnClientConfiguration']),
    vpnClientRootCertificates: entries,
  };
  const changed = { ...shown, properties: { ...properties, vpnClientConfiguration } };
  world.arm.resources.set(gateway.resourceId, changed as typeof shown);
  await world.rounds.recordRound('vnet1gw', {
    gateway: given(world.arm.resources.get(gateway.resourceId)),
    writeSeconds: [],
  });
}
