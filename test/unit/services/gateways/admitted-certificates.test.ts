/**
 * A gateway lets in whatever leads to a root that it trusts: also by a renewed certificate of that root, and by a
 * chain.
 */
import { asList, asObject, asText } from '../../../../src/domain/gateway-entries.ts';
import { thumbprintOf, toPem } from '../../../../src/pki/read-certificate.ts';
import { aCertificateRequest, toRequestPem } from '../../../support/builders/a-certificate-request.ts';
import { anRsaKeyPair } from '../../../support/builders/a-key-pair.ts';
import { aPfx } from '../../../support/builders/a-pfx.ts';
import { anAuthority, type BuiltAuthority } from '../../../support/builders/an-authority.ts';
import { given } from '../../../support/given.ts';
import {
  aGateway,
  anOperationId,
  aRequest,
  createServicesWorld,
  randomnessOf,
  runWriter,
  type ServicesWorld,
} from '../../../support/services-world.ts';

const gatewayId = 'vnet1gw';
const sixMinutesMs = 6 * 60 * 1000;
const keys = anRsaKeyPair('Contoso root');
const old = anAuthority({ keys, serial: 7n, notAfter: '300101000000Z' });
const renewed = anAuthority({ keys, serial: 8n });
const issuing = anAuthority({ called: 'Contoso issuing', issuer: renewed });

let world: ServicesWorld;

beforeEach(async () => {
  world = createServicesWorld();
  await aGateway(world);
});

async function know(id: string, ...authorities: readonly BuiltAuthority[]): Promise<void> {
  await world.rootImports.importText(id, authorities.map(({ der }) => toPem(der)).join(''));
}

async function trust(rootId: string): Promise<void> {
  await world.trust.trust(gatewayId, rootId, undefined, aRequest(world, `trust ${rootId}`));
  await runWriter(world);
}

/** Somebody else does, in the portal. */
async function putByOthers(authority: BuiltAuthority): Promise<void> {
  const { resourceId } = given(
    (await world.stores.gateways.get({ partitionKey: 'gateway', rowKey: gatewayId }))?.record,
  );
  const body = given(world.arm.resources.get(resourceId));
  const properties = asObject(body['properties']);
  const publicCertData = Buffer.from(authority.der).toString('base64');
  const vpnClientConfiguration = {
    ...asObject(properties['vpnClientConfiguration']),
    vpnClientRootCertificates: [{ name: 'theirs', properties: { publicCertData, provisioningState: 'Succeeded' } }],
  };
  world.arm.resources.set(resourceId, { ...body, properties: { ...properties, vpnClientConfiguration } });
  await world.writer.wake(world.orchestrations, gatewayId);
  await runWriter(world);
}

/** Registers a certificate of Ann's that the authority has signed; answers its thumbprint. */
async function register(issuer: BuiltAuthority): Promise<string> {
  const client = anAuthority({ called: 'ann-laptop', issuer, isAuthority: false });
  const rows = [{ asked: { owner: 'ann', certificate: toPem(client.der) } }];
  await world.certificateImports.begin(rows, aRequest(world, 'register'));
  return thumbprintOf(client.der);
}

function refusedByGateway(): readonly string[] {
  return [...world.arm.resources.values()].flatMap((body) => {
    const configuration = asObject(asObject(body['properties'])['vpnClientConfiguration']);
    const entries = asList(configuration['vpnClientRevokedCertificates']);
    return entries.map((entry) => asText(asObject(asObject(entry)['properties'])['thumbprint']));
  });
}

describe('src/services/certificates/admitting-roots', () => {
  it.each([
    [
      'a renewed certificate of its root',
      async () => {
        await know('contoso', old);
        await know('contoso-new', renewed);
        await trust('contoso-new');
      },
      old,
    ],
    [
      'the root above its issuer, whose chain the client may send',
      async () => {
        await know('contoso', renewed, issuing);
        await trust('contoso');
      },
      issuing,
    ],
    [
      'a renewed certificate of its root that others have put there and nobody imported',
      async () => {
        await know('contoso', old);
        await putByOthers(renewed);
      },
      old,
    ],
  ])('has a leaver refused, and proven to be out, where a gateway trusts %s', async (_what, prepare, issuer) => {
    await prepare();
    const thumbprint = await register(issuer);

    const { id } = await world.leavers.revoke('ann', 'left', aRequest(world, 'leave'));
    expect(await world.leavers.look(id, false)).toBe('waiting');
    await runWriter(world);
    expect(refusedByGateway()).toEqual([thumbprint]);
    world.clock.advance(sixMinutesMs);
    await world.sessions.record(gatewayId, { cut: [], unproven: [] });
    expect(await world.leavers.look(id, false)).toBe('done');

    const statement = await world.leavers.statementOf('ann');
    expect(statement).toMatchObject({ isProven: true, certificates: [{ gateways: [{ gatewayId, state: 'proven' }] }] });
  });

  it('has a certificate refused whose own root is being removed at that moment', async () => {
    world.secrets.set('root-pfx-contoso', aPfx(old).toString('base64'));
    await world.rootKeyImports.importKey({ id: 'contoso', pfxSecret: 'root-pfx-contoso' });
    await know('contoso-new', renewed);
    await trust('contoso-new');
    const revoked: string[] = [];
    const replace = world.tables.replace.bind(world.tables);
    jest.spyOn(world.tables, 'replace').mockImplementation(async (table, keys, columns, etag) => {
      const isMark = table === 'Roots' && columns['state'] === 'removing';
      if (!isMark || revoked.length > 0) return replace(table, keys, columns, etag);
      // Issued after the first look at what depends on the root, revoked before the second.
      const csr = toRequestPem(aCertificateRequest());
      const order = { rootId: 'contoso', owner: 'kim', csr, requestedBy: 'tester' };
      const { record } = await world.certificates.issue(order, randomnessOf('kim'));
      revoked.push(given(record.thumbprint));
      const answer = await replace(table, keys, columns, etag);
      await world.revocations.revoke(given(record.thumbprint), { reason: 'left' }, aRequest(world, 'revoke'));
      await runWriter(world);
      return answer;
    });

    await expect(world.rootRemovals.remove('contoso')).rejects.toMatchObject({ code: 'ERR_CONFLICT' });

    expect(revoked).toHaveLength(1);
    expect(refusedByGateway()).toEqual(revoked);
    expect(await world.operations.view(anOperationId('revoke'))).toMatchObject({
      status: 'succeeded',
      steps: [{ name: gatewayId, status: 'succeeded' }],
    });
  });

  it('counts a session to the root that is off, whichever certificate of that root its own is registered under', async () => {
    await know('contoso', old);
    await know('contoso-new', renewed);
    await trust('contoso-new');
    await register(old);

    await world.trust.distrust(gatewayId, 'contoso-new', true, aRequest(world, 'distrust'));
    await runWriter(world);

    const session = { commonName: 'ann-laptop', connectionId: 'c-1', publicIpAddress: '', privateIpAddress: '' };
    expect(await world.sessions.judge(gatewayId, { sessions: [session], unreadable: 0 })).toMatchObject({
      toCut: [{ connectionId: 'c-1', key: 'root:contoso-new' }],
    });
  });

  it('refuses nothing where a gateway trusts another key of the same name', async () => {
    await know('contoso', old);
    const namesake = anAuthority({ keys: anRsaKeyPair('another') });
    await know('namesake', namesake);
    await trust('namesake');
    await register(old);

    const { id } = await world.leavers.revoke('ann', 'left', aRequest(world, 'leave'));
    await runWriter(world);

    expect(refusedByGateway()).toEqual([]);
    expect(await world.leavers.look(id, false)).toBe('done');
  });
});
