/**
 * What is on a gateway, as the routes show it: Gatehouse's with how far each has come, others' with all that is known
 * of them.
 */
import { addDays } from '../../../../src/domain/days.ts';
import { asList, asObject } from '../../../../src/domain/gateway-entries.ts';
import type { JsonObject } from '../../../../src/domain/json.ts';
import { gatewayRevocationRoutes } from '../../../../src/functions/gateways/gateway-revocations.ts';
import { gatewayRootRoutes } from '../../../../src/functions/gateways/gateway-roots.ts';
import { thumbprintOf } from '../../../../src/pki/read-certificate.ts';
import { createAuditSealing } from '../../../../src/services/requests/audit-seals.ts';
import { verifyAudit } from '../../../../src/services/requests/verify-audit.ts';
import { aCertificateRequest, toRequestPem } from '../../../support/builders/a-certificate-request.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
import { given } from '../../../support/given.ts';
import { createRootData } from '../../../support/root-certificates.ts';
import {
  aGateway,
  aRequest,
  aRoot,
  createServicesWorld,
  randomnessOf,
  runWriter,
  type ServicesWorld,
} from '../../../support/services-world.ts';
import { createTestApi } from '../../../support/test-route.ts';

const id = 'vnet1gw';
const csr = toRequestPem(aCertificateRequest());
const hourMs = 60 * 60 * 1000;

/** Somebody puts a root and a revocation on the gateway. */
function putByOthers(world: ServicesWorld, resourceId: string, root: string, name = 'theirs'): void {
  const body = given(world.arm.resources.get(resourceId));
  const properties = asObject(body['properties']);
  const configuration = asObject(properties['vpnClientConfiguration']);
  const added = (list: string, entry: JsonObject) => ({ [list]: [...asList(configuration[list]), entry] });
  world.arm.resources.set(resourceId, {
    ...body,
    properties: {
      ...properties,
      vpnClientConfiguration: {
        ...configuration,
        ...added('vpnClientRootCertificates', { name, properties: { publicCertData: root } }),
        ...added('vpnClientRevokedCertificates', { name: 'left', properties: { thumbprint: 'B'.repeat(40) } }),
      },
    },
  });
}

/** The same, and the hourly look finds them. */
async function addByOthers(world: ServicesWorld, resourceId: string, root: string): Promise<void> {
  putByOthers(world, resourceId, root);
  await world.writer.wake(world.orchestrations, id);
  await runWriter(world);
}

async function aTrustingGateway(
  world: ServicesWorld,
): Promise<{ readonly resourceId: string; readonly revoked: string }> {
  await aRoot(world);
  const { resourceId } = await aGateway(world);
  await world.trust.trust(id, 'root-1', undefined, aRequest(world, 'trust'));
  await runWriter(world);
  const asked = { rootId: 'root-1', owner: 'kim', csr, requestedBy: 'tester' };
  const revoked = given((await world.certificates.issue(asked, randomnessOf('c'))).record.thumbprint);
  await world.revocations.revoke(revoked, { reason: 'left' }, aRequest(world, 'revoke'));
  await runWriter(world);
  return { resourceId, revoked };
}

async function show(world: ServicesWorld, name: 'listGatewayRoots' | 'listGatewayRevocations') {
  const api = await createTestApi();
  const route = given(
    [...gatewayRootRoutes(world), ...gatewayRevocationRoutes(world)].find((one) => one.name === name),
  );
  return api.ask(route, { params: { id }, as: 'reader' });
}

async function rootsNotifiedOf(world: ServicesWorld) {
  const pending = await world.outbox.listPending();
  const records = await Promise.all(pending.map(({ record }) => world.outbox.get(record.id)));
  return records.map((record) => given(record).event).filter(({ type }) => type === 'gatehouse.gateway.root-added.v1');
}

async function auditedRootsOf(world: ServicesWorld) {
  const day = world.now().toISOString().slice(0, 10);
  const rows = (await world.audit.listDays(day, addDays(day, 1), 100)) ?? [];
  return rows.filter(({ action }) => action === 'gateway.rootAddedByOthers');
}

describe('src/functions/gateways/gateway-roots', () => {
  it('shows everything on the gateway: its own with their states, others’ with what they are and since when', async () => {
    const world = createServicesWorld();
    const { resourceId, revoked } = await aTrustingGateway(world);
    const root = await createRootData('Somebody else');
    world.clock.advance(hourMs);
    const firstSeenAt = world.now().toISOString();
    await addByOthers(world, resourceId, root);

    const [roots, revocations] = [await show(world, 'listGatewayRoots'), await show(world, 'listGatewayRevocations')];

    expect(roots.json).toMatchObject({
      items: [{ rootId: 'root-1', state: 'trusted' }],
      others: [
        {
          entryName: 'theirs',
          thumbprint: thumbprintOf(Buffer.from(root, 'base64')),
          subject: 'CN=Somebody else',
          notAfter: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as unknown,
          firstSeenAt,
        },
      ],
      seenAt: firstSeenAt,
    });
    expect(revocations.json).toMatchObject({
      items: [{ thumbprint: revoked, state: 'proven' }],
      others: [{ entryName: 'left', thumbprint: 'B'.repeat(40), firstSeenAt }],
    });
  });

  it.each([
    ['distrustRoot', { id, rootId: 'root-1' }],
    ['distrustEntry', { id, entryName: 'root-1' }],
  ])('takes a root off at once where the call says so: %s', async (name, params) => {
    const world = createServicesWorld();
    const { resourceId } = await aTrustingGateway(world);
    const changeWindow = { schedule: '0 22 * * 6', timeZone: 'UTC', durationMinutes: 60 };
    await world.gatewayChanges.change(id, { changeWindow }, aRequest(world, 'window'));
    await runWriter(world);
    const api = await createTestApi();
    const route = given(gatewayRootRoutes(world).find((one) => one.name === name));
    const take = async (urgency: string) => {
      const { status } = await api.ask(route, { params, query: `?force=true&urgency=${urgency}` });
      await runWriter(world);
      const configuration = asObject(
        asObject(world.arm.resources.get(resourceId)?.['properties'])['vpnClientConfiguration'],
      );
      return { status, roots: asList(configuration['vpnClientRootCertificates']).length };
    };

    expect(await take('soon')).toEqual({ status: 400, roots: 1 });
    expect(await take('window')).toEqual({ status: 202, roots: 1 });
    expect(await take('immediate')).toEqual({ status: 202, roots: 0 });
  });

  it.each([
    ['names who did it', 'eve@contoso.com', 0, 'eve@contoso.com'],
    ['does not know who, rather than naming an old change', 'eve@contoso.com', 24 * hourMs, null],
    ['does not know who where no event told', undefined, 0, null],
  ])('tells of a root that somebody added, and %s', async (_what, by, laterMs, changedBy) => {
    const world = createServicesWorld();
    const { resourceId } = await aTrustingGateway(world);
    if (by !== undefined) {
      await world.writer.wake(world.orchestrations, id, { by, at: world.now().toISOString() });
      await runWriter(world);
    }
    world.clock.advance(laterMs);
    const root = await createRootData('Somebody else');
    await addByOthers(world, resourceId, root);

    const thumbprint = thumbprintOf(Buffer.from(root, 'base64'));
    expect(await rootsNotifiedOf(world)).toMatchObject([
      { data: { gatewayId: id, name: 'theirs', thumbprint, subject: 'CN=Somebody else', changedBy } },
    ]);
    expect(await auditedRootsOf(world)).toMatchObject([
      { who: changedBy ?? 'unknown', target: { gatewayId: id, name: 'theirs', thumbprint } },
    ]);
  });

  it('tells once of a root that stands there under two names', async () => {
    const world = createServicesWorld();
    const { resourceId } = await aTrustingGateway(world);
    const root = await createRootData('Somebody else');
    putByOthers(world, resourceId, root, 'theirs-too');
    for (let look = 0; look < 3; look += 1) {
      world.clock.advance(hourMs);
      await addByOthers(world, resourceId, root);
    }

    expect(await rootsNotifiedOf(world)).toHaveLength(1);
  });

  it('tells of it once, wherever a crash comes, and in no hour of the audit that is sealed by then', async () => {
    const root = await createRootData('Somebody else');
    const seal = ({ tables, audit, outbox, now }: ServicesWorld) =>
      createAuditSealing({ tables, audit, outbox, now })();
    const places = await atEveryCrash({
      setUp: async (tables) => {
        const world = createServicesWorld(tables);
        await seal(world);
        const { resourceId } = await aGateway(world);
        putByOthers(world, resourceId, root);
        return { world, startMs: world.now().getTime() };
      },
      work: async ({ world }) => {
        world.clock.advance(2 * hourMs);
        await seal(world);
        await world.writer.wake(world.orchestrations, id);
        await runWriter(world);
      },
      check: async ({ world, startMs }, _tables, place) => {
        expect([place, await rootsNotifiedOf(world)]).toEqual([place, [expect.anything()]]);
        const rows = await auditedRootsOf(world);
        // A crash right after the row was written writes it again: the two have one request id.
        expect([place, new Set(rows.map(({ requestId }) => requestId)).size]).toEqual([place, 1]);
        const seen = rows.map(({ target }) => Date.parse(target['firstSeenAt'] ?? '') - startMs);
        expect([place, seen.every((ms) => ms === 2 * hourMs || ms === 4 * hourMs)]).toEqual([place, true]);
        world.clock.advance(2 * hourMs);
        await seal(world);
        const day = world.now().toISOString().slice(0, 10);
        expect([place, await verifyAudit(world, { fromHour: `${day}T00:00:00.000Z`, toDay: day })]).toMatchObject([
          place,
          { findings: [] },
        ]);
      },
    });

    expect(places).toBeGreaterThan(3);
  });
});
