/**
 * Why somebody does not get in: by the error that they see, their addresses, and a certificate that may be made
 * elsewhere.
 */
import { diagnoseRoute } from '../../../../src/functions/gateways/diagnose.ts';
import { thumbprintOf, toPem } from '../../../../src/pki/read-certificate.ts';
import { createDiagnose } from '../../../../src/services/gateways/diagnose.ts';
import type { GatewayRecord, GatewayRoot } from '../../../../src/stores/records/gateways.ts';
import { anEcKeyPair, anRsaKeyPair, aSlowKeyPair } from '../../../support/builders/a-key-pair.ts';
import { aCertificateBundle, anAuthority, type BuiltAuthority } from '../../../support/builders/an-authority.ts';
import { aGateway, createServicesWorld, type ServicesWorld } from '../../../support/services-world.ts';
import { createTestApi } from '../../../support/test-route.ts';

const id = 'vnet1gw';
const clientAuth = '1.3.6.1.5.5.7.3.2';
const serverAuth = '1.3.6.1.5.5.7.3.1';
const hash = 'ab12'.repeat(16);

const root = anAuthority({ called: 'Contoso root' });
const issuing = anAuthority({ called: 'Contoso issuing', issuer: root });

/** A client's certificate, in order unless told otherwise. */
function aClient(changes: Parameters<typeof anAuthority>[0] = {}): BuiltAuthority {
  return anAuthority({
    called: 'ann@contoso.com',
    issuer: root,
    isAuthority: false,
    purposes: [clientAuth],
    ...changes,
  });
}

let world: ServicesWorld;

beforeEach(() => {
  world = createServicesWorld();
});

/** A gateway with its package, which trusts the root as far as `trust` says. */
async function aTrustingGateway(
  changes: Partial<GatewayRecord> = {},
  trust: Partial<GatewayRoot> | 'none' = {},
): Promise<void> {
  await aGateway(world, id, changes);
  const names = { serverFqdn: 'gw.vpn.azure.com', routes: ['10.1.0.0/16'], dnsServers: [], hasOpenVpn: true };
  const madeAt = world.now().toISOString();
  await world.stores.profiles.upsert({ gatewayId: id, hash, ...names, blobName: `${id}/one`, madeAt });
  await know('contoso', root);
  if (trust === 'none') return;
  await world.stores.gatewayRoots.insert({
    gatewayId: id,
    rootId: 'contoso',
    entryName: 'contoso',
    thumbprint: thumbprintOf(root.der),
    wanted: true,
    state: 'trusted',
    updatedAt: madeAt,
    ...trust,
  });
}

/** An authority that is registered here. */
async function know(rootId: string, { der }: BuiltAuthority): Promise<void> {
  await world.stores.roots.insert({
    id: rootId,
    commonName: rootId,
    subject: { commonName: rootId },
    kind: 'imported',
    state: 'active',
    keyType: 'RSA-2048',
    hsm: false,
    serialNumber: '07',
    notBefore: '2020-01-01T00:00:00.000Z',
    notAfter: '2045-01-01T00:00:00.000Z',
    certificate: Buffer.from(der).toString('base64'),
    thumbprint: thumbprintOf(der),
    createdAt: world.now().toISOString(),
  });
}

interface Finding {
  readonly code: string;
  readonly message: string;
  readonly fix: string;
}

async function ask(body: unknown) {
  const api = await createTestApi();
  return api.ask(diagnoseRoute({ diagnose: createDiagnose(world) }), { params: { id }, body, as: 'reader' });
}

async function diagnose(body: unknown): Promise<readonly Finding[]> {
  const { status, json, text } = await ask(body);
  if (status !== 200) throw new Error(text);
  return json['findings'] as readonly Finding[];
}

async function codesOf(body: unknown): Promise<readonly string[]> {
  const findings = await diagnose(body);
  for (const { message, fix } of findings) expect([message.length > 10, fix.length > 5]).toEqual([true, true]);
  return findings.map(({ code }) => code);
}

describe('src/functions/gateways/diagnose', () => {
  it('finds nothing where all is in order', async () => {
    await aTrustingGateway();

    expect(
      await codesOf({
        addresses: ['172.16.201.3', '192.168.7.5/24'],
        certificate: toPem(aClient().der),
        profileHash: hash.slice(0, 12),
      }),
    ).toEqual([]);
    expect(await codesOf({})).toEqual([]);
  });

  it('answers 404 for a gateway that is not there', async () => {
    expect((await ask({ errorCode: '809' })).status).toBe(404);
  });

  it.each([
    ['798', 'clientCertificateNotFound'],
    ['Error 809', 'gatewayNotReached'],
    ['13801', 'credentialsRefused'],
    ['IKE authentication credentials are unacceptable', 'credentialsRefused'],
    ['13806', 'machineCertificateMissing'],
    ['13868', 'policyMismatch'],
    ['0x80090326', 'certificateNotAccepted'],
    ['A certificate chain processed but terminated in a root certificate which is not trusted', 'chainUntrusted'],
    ['File download error. Target URI is not specified.', 'gatewayTypeWrong'],
    ['The remote server returned an error: (503)', 'packageUnavailable'],
    ['868', 'nameNotResolved'],
    ['Data for certificate root1 is invalid.', 'rootDataInvalid'],
    ['Resource name my root is invalid', 'nameRefused'],
    ['8090', 'errorUnknown'],
    ['it does not work', 'errorUnknown'],
  ])('knows the error %j', async (errorCode, code) => {
    await aTrustingGateway();

    expect(await codesOf({ errorCode })).toEqual([code]);
  });

  it.each([
    ['an address that is not of the pool', ['172.16.9.3'], ['addressNotOfPool']],
    ['a local network that overlaps the virtual network', ['172.16.201.3', '10.1.7.7/24'], ['localNetworkOverlaps']],
    ['a local network that holds the pool', ['172.16.0.9/12', '172.16.201.3'], ['localNetworkOverlaps']],
    ['no address of the VPN, at a local address behind it', ['10.1.7.7'], ['addressNotOfPool', 'localNetworkOverlaps']],
  ])('tells %s', async (_what, addresses, codes) => {
    await aTrustingGateway();

    expect(await codesOf({ addresses })).toEqual(codes);
  });

  it('takes the way up to what the gateway trusts, where an authority has several certificates', async () => {
    const before = anAuthority({ called: 'Contoso root', serial: 3n, notAfter: '250101000000Z' });
    await know('contoso-before', before);
    await aTrustingGateway();
    const crossSigned = anAuthority({ called: 'Contoso issuing', issuer: anAuthority({ called: 'Fabrikam root' }) });
    const chain = [aClient({ issuer: issuing }), crossSigned, issuing];

    expect(await codesOf({ certificate: toPem(aClient().der) })).toEqual([]);
    expect(await codesOf({ certificate: [aClient(), before].map(({ der }) => toPem(der)).join('') })).toEqual([]);
    expect(await codesOf({ certificate: chain.map(({ der }) => toPem(der)).join('') })).toEqual([]);
  });

  it.each<[string, () => BuiltAuthority, readonly string[]]>([
    ['is for servers first', () => aClient({ purposes: [serverAuth, clientAuth] }), ['clientAuthNotFirst']],
    ['is for servers only', () => aClient({ purposes: [serverAuth] }), ['clientAuthMissing']],
    ['names no purpose', () => aClient({ purposes: [] }), ['clientAuthMissing']],
    ['is expired', () => aClient({ notAfter: '250101000000Z' }), ['certificateExpired']],
    ['is not valid yet', () => aClient({ notBefore: '400101000000Z' }), ['notYetValid']],
    ['has a weak signature', () => aClient({ hash: 'sha1' }), ['signatureWeak']],
    ['has a key that no document names', () => aClient({ keys: anEcKeyPair() }), ['keyUnusual']],
    ['is of somebody unknown', () => aClient({ issuer: anAuthority({ called: 'Fabrikam root' }) }), ['chainUnknown']],
    [
      'is of another authority of the same name',
      () => aClient({ issuer: anAuthority({ keys: issuing.keys }) }),
      ['signatureInvalid', 'chainUnknown'],
    ],
    [
      'is its own issuer',
      () => anAuthority({ called: 'ann', isAuthority: false, purposes: [clientAuth] }),
      ['rootNotTrusted'],
    ],
    ['is that of an authority', () => root, ['authoritySent', 'rootNotTrusted']],
  ])('says of a certificate that it %s', async (_what, build, codes) => {
    await aTrustingGateway();

    expect(await codesOf({ certificate: toPem(build().der) })).toEqual(codes);
  });

  it('knows what others have revoked', async () => {
    await aTrustingGateway();
    const { der } = aClient();
    const firstSeenAt = world.now().toISOString();
    const thumbprint = thumbprintOf(der);
    await world.stores.foreignEntries.insert({
      gatewayId: id,
      kind: 'revocation',
      name: 'left',
      thumbprint,
      firstSeenAt,
    });

    expect(await codesOf({ certificate: toPem(der) })).toEqual(['certificateRevoked']);
  });

  it.each([
    [true, 'listed', ['certificateRevoked']],
    [false, 'deferred', ['certificateRevoked']],
    [false, 'removed', []],
  ] as const)('knows what is revoked here, and what was taken back: %s, %s', async (wanted, state, codes) => {
    await aTrustingGateway();
    const { der } = aClient();
    const at = world.now().toISOString();
    await world.stores.gatewayRevocations.insert({
      gatewayId: id,
      thumbprint: thumbprintOf(der),
      commonName: 'ann@contoso.com',
      wanted,
      state,
      requestedAt: at,
      updatedAt: at,
    });

    expect(await codesOf({ certificate: toPem(der) })).toEqual(codes);
  });

  it.each<[string, Partial<GatewayRoot> | 'none', string]>([
    ['is not wanted', 'none', 'PUT /api/gateways/vnet1gw/roots/contoso'],
    ['is on its way', { state: 'requested' }, 'is not yet (requested)'],
    ['found no place', { state: 'overLimit', reason: 'There are 20.' }, 'There are 20.'],
  ])('says what to do where the root %s', async (_what, trust, words) => {
    await aTrustingGateway({}, trust);

    const [finding, ...others] = await diagnose({ certificate: toPem(aClient().der) });

    expect([finding?.code, others]).toEqual(['rootNotTrusted', []]);
    expect(JSON.stringify(finding)).toContain(words);
  });

  it('knows that a root which waits to leave opens the gateway until then', async () => {
    await aTrustingGateway({}, { state: 'deferred', wanted: false });

    expect(await codesOf({ certificate: toPem(aClient().der) })).toEqual([]);
  });

  it('follows a chain that was sent along, and one whose middle is known here alone', async () => {
    await aTrustingGateway();
    const leaf = aClient({ issuer: issuing });

    expect(await codesOf({ certificate: toPem(leaf.der) })).toEqual(['chainUnknown']);
    const bundle = aCertificateBundle(leaf.der, issuing.der, root.der).toString('base64');
    expect(await codesOf({ certificate: bundle })).toEqual([]);
    await know('issuing', issuing);
    expect(await codesOf({ certificate: toPem(leaf.der) })).toEqual(['chainIncomplete']);
  });

  it.each<[string, Parameters<typeof anAuthority>[0], string]>([
    ['is for servers alone', { purposes: [serverAuth] }, 'purposeNotPermitted'],
    ['is not valid yet', { notBefore: '440101000000Z' }, 'notYetValid'],
    ['has a signature that can be forged', { hash: 'md5' }, 'signatureWeak'],
    ['is no authority by its own words', { isAuthority: false }, 'chainUnknown'],
    ['limits names, which nobody compared', { permittedMail: 'fabrikam.com' }, 'notLookedAt'],
  ])('judges what is between the certificate and its root: one that %s', async (_what, changes, code) => {
    await aTrustingGateway();
    const middle = anAuthority({ called: 'Contoso middle', issuer: root, ...changes });
    const leaf = aClient({ issuer: middle });
    const sent = changes?.isAuthority === false ? toPem(leaf.der) : toPem(leaf.der) + toPem(middle.der);

    expect(await codesOf({ certificate: sent })).toEqual([code]);
  });

  it('counts the authorities below one that allows none', async () => {
    await aTrustingGateway();
    const upper = anAuthority({ called: 'Contoso upper', issuer: root, pathLength: 0 });
    const lower = anAuthority({ called: 'Contoso lower', issuer: upper });
    const leaf = aClient({ issuer: lower });

    expect(await codesOf({ certificate: [leaf, lower, upper].map(({ der }) => toPem(der)).join('') })).toEqual([
      'pathTooLong',
    ]);
  });

  it('takes a client of the name of its issuer for no issuer of its own', async () => {
    await aTrustingGateway();

    expect(
      await codesOf({ certificate: toPem(aClient({ called: 'Contoso root', keys: anRsaKeyPair() }).der) }),
    ).toEqual([]);
  });

  it('verifies nothing with a key that would take long', async () => {
    await aTrustingGateway();
    const slow = anAuthority({ called: 'Slow', keys: aSlowKeyPair() });

    const { status, json } = await ask({ certificate: toPem(aClient().der) + toPem(slow.der) });

    expect([status, JSON.stringify(json)]).toEqual([400, expect.stringContaining('takes long to check')]);
  });

  it('says of a root that others have put there only what can be seen', async () => {
    await aTrustingGateway({}, 'none');
    const theirs = anAuthority({ called: 'Fabrikam root' });
    const at = world.now().toISOString();
    const entry = {
      gatewayId: id,
      kind: 'root' as const,
      name: 'theirs',
      subject: 'CN=Fabrikam root',
      firstSeenAt: at,
    };
    await world.stores.foreignEntries.insert({ ...entry, thumbprint: thumbprintOf(theirs.der) });
    const leaf = aClient({ issuer: theirs });

    expect(await codesOf({ certificate: toPem(leaf.der) })).toEqual(['notLookedAt']);
    expect(await codesOf({ certificate: toPem(leaf.der) + toPem(theirs.der) })).toEqual([]);
  });

  it.each<[string, Partial<GatewayRecord>, string]>([
    ['is still built', { state: 'building' }, 'gatewayNotReady'],
    ['changed since its package was made', { profileWanted: 2 }, 'packageOutdated'],
  ])('tells that the gateway %s', async (_what, changes, code) => {
    await aTrustingGateway(changes);

    expect(await codesOf({})).toEqual([code]);
  });

  it('tells of the SKU, of other ways to sign in, and of a kit of another profile', async () => {
    await aTrustingGateway();
    const record = (await world.stores.gateways.get({ partitionKey: 'gateway', rowKey: id }))?.record;
    if (record === undefined) throw new Error('There is no gateway.');
    const plan = { ...record.plan, sku: 'Basic' as const, authentication: ['AAD' as const] };
    await world.stores.gateways.upsert({ ...record, plan });

    expect(await codesOf({ profileHash: 'cd'.repeat(6) })).toEqual([
      'authenticationWithoutCertificate',
      'skuBasicUnfit',
      'packageOutdated',
    ]);
  });

  it('compares with the pool alone where nobody knows what is behind the gateway', async () => {
    const existing = { kind: 'existing' as const, resourceId: '/subscriptions/x/virtualNetworks/VNet1' };
    const record = await aGateway(world, id);
    await world.stores.gateways.upsert({ ...record, plan: { ...record.plan, virtualNetwork: existing } });

    expect(await codesOf({ addresses: ['172.16.201.3', '10.1.7.7/24'] })).toEqual(['packageOutdated', 'notLookedAt']);
  });

  it.each([
    ['no certificate', { certificate: 'hello' }, '/certificate'],
    ['a private key', { certificate: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----' }, '/certificate'],
    ['two clients', { certificate: toPem(aClient().der) + toPem(aClient({ serial: 8n }).der) }, '/certificate'],
    ['an address that is none', { addresses: ['10.1.0.300'] }, '/addresses/0'],
    ['a prefix that is none', { addresses: ['10.1.0.3/0'] }, '/addresses/0'],
    ['an empty error', { errorCode: ' ' }, '/errorCode'],
    ['a field that is not known', { error: '809' }, '/error'],
  ])('refuses %s, and says where', async (_what, body, path) => {
    await aTrustingGateway();

    const { status, json } = await ask(body);

    const errors = json['errors'] as readonly { readonly path: string }[];
    expect([status, errors.map((error) => error.path)]).toEqual([400, [path]]);
    expect(JSON.stringify(json)).not.toContain('AAAA');
  });

  it('writes nothing', async () => {
    await aTrustingGateway();
    const before = JSON.stringify([
      ...(await world.stores.gateways.list('gateway')),
      ...(await world.stores.roots.list('root')),
    ]);
    const pending = (await world.outbox.listPending()).length;

    await codesOf({ errorCode: '809', addresses: ['10.1.7.7/24'], certificate: toPem(aClient().der) });

    const after = JSON.stringify([
      ...(await world.stores.gateways.list('gateway')),
      ...(await world.stores.roots.list('root')),
    ]);
    expect([after, (await world.outbox.listPending()).length]).toEqual([before, pending]);
  });
});
