/** What the audit tells of a certificate that people have approved: found by whatever an auditor knows of it. */
import { addDays, dayMs, dayOf } from '../../../../src/domain/days.ts';
import type { AuditRow } from '../../../../src/services/requests/audit.ts';
import { createAuditSealing } from '../../../../src/services/requests/audit-seals.ts';
import { searchAudit } from '../../../../src/services/requests/search-audit.ts';
import { verifyAudit } from '../../../../src/services/requests/verify-audit.ts';
import { aCertificateRequest, toRequestPem } from '../../../support/builders/a-certificate-request.ts';
import { anRsaKeyPair } from '../../../support/builders/a-key-pair.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
import { given } from '../../../support/given.ts';
import { aRequest, createServicesWorld, randomnessOf, type ServicesWorld } from '../../../support/services-world.ts';
import {
  approval,
  ask,
  collect,
  csr,
  decide,
  operationId,
  standing,
  withPolicy,
} from '../../../support/standing-orders.ts';

const hourMs = 60 * 60 * 1000;
const keys = [
  ['the key of a request', { csr }],
  ['a key that is made here', { keyType: 'RSA-2048' }],
] as const;

async function issueApproved(world: ServicesWorld): Promise<void> {
  await decide(world, 'approved');
  if ((await world.certificateOrders.advance(operationId, 'approved', false)) === 'waiting') await collect(world);
}

/** The rows of all days until now that are about this. */
async function rowsAbout({ audit, now }: ServicesWorld, target: string): Promise<readonly AuditRow[]> {
  const from = `${addDays(dayOf(now()), -7)}T00:00:00.000Z`;
  const to = new Date(now().getTime() + 1).toISOString();
  return (await searchAudit(audit, { from, to, target, top: 100 })).rows;
}

function seal({ tables, audit, outbox, now }: ServicesWorld) {
  return createAuditSealing({ tables, audit, outbox, now })();
}

describe('src/services/certificates/note-approved-issue', () => {
  it.each(keys)('tells who asked, who approved and by which operation, once, for %s', async (_, key) => {
    const world = await withPolicy(createServicesWorld(), approval);
    await ask(world, key);
    expect(await rowsAbout(world, operationId)).toEqual([]);
    await issueApproved(world);
    const { thumbprint, serialNumber, owner } = (await world.operations.get(operationId))?.result as Record<
      'thumbprint' | 'serialNumber' | 'owner',
      string
    >;
    const record = given(await world.lookup.byThumbprint(thumbprint as never));
    expect(record.approval).toEqual({ operationId, approvedBy: 'boss' });
    world.clock.advance(2 * dayMs);
    if ('keyType' in key) await collect(world);

    for (const known of [owner, thumbprint, serialNumber, operationId]) {
      expect(await rowsAbout(world, known)).toEqual([
        {
          at: record.issuedAt,
          requestId: operationId,
          phase: 'outcome',
          who: 'tester',
          action: 'certificate.issue',
          target: { thumbprint, serialNumber, rootId: 'root-1', owner },
          approvedBy: 'boss',
          operationId,
          status: 201,
        },
      ]);
    }
  });

  it('tells of a renewal as one, in whose place', async () => {
    const world = await withPolicy(createServicesWorld(), {});
    const old = given((await world.certificates.issue({ ...standing, csr }, randomnessOf('old'))).record.thumbprint);
    await withPolicy(world, approval);
    const caller = { id: 'tester', role: 'requester' } as const;
    const renewal = await world.orderRenewal(old as never, { graceDays: 1, caller }, randomnessOf('new'));
    const { spki, privateKey: signWith } = anRsaKeyPair('new');
    const order = { ...standing, ...renewal, csr: toRequestPem(aCertificateRequest({ spki, signWith })) };
    await world.certificateOrders.ask(order, aRequest(world, 'order'), randomnessOf('new'));

    await issueApproved(world);

    expect(await rowsAbout(world, old)).toMatchObject([{ action: 'certificate.renew', approvedBy: 'boss' }]);
  });

  it.each(keys)('tells once wherever it crashes, for %s', async (_, key) => {
    const places = await atEveryCrash({
      setUp: async (tables) => withPolicy(createServicesWorld(tables), approval),
      work: async (world) => {
        await ask(world, key);
        await issueApproved(world);
      },
      check: async (world, _tables, place) => {
        const rows = await rowsAbout(world, operationId);
        expect([place, rows]).toMatchObject([place, [{ approvedBy: 'boss', status: 201 }]]);
        expect(rows).toHaveLength(1);
      },
    });
    expect(places).toBeGreaterThan(10);
  });

  it('tells in no hour that is sealed by then, wherever a crash comes', async () => {
    const places = await atEveryCrash({
      setUp: async (tables) => {
        const world = await withPolicy(createServicesWorld(tables), approval);
        await seal(world);
        await ask(world);
        await decide(world, 'approved');
        return world;
      },
      work: async (world) => {
        world.clock.advance(2 * hourMs);
        await seal(world);
        await world.certificateOrders.advance(operationId, 'approved', false);
      },
      check: async (world, _tables, place) => {
        // A crash right after the row was written may write it again: the two have one request id.
        const rows = await rowsAbout(world, operationId);
        expect([place, [...new Set(rows.map(({ requestId }) => requestId))]]).toEqual([place, [operationId]]);
        world.clock.advance(2 * hourMs);
        await seal(world);
        const day = dayOf(world.now());
        const checked = await verifyAudit(world, { fromHour: `${day}T00:00:00.000Z`, toDay: day });
        expect([place, checked.findings]).toEqual([place, []]);
        expect(checked.rowsChecked).toBeGreaterThan(0);
      },
    });
    expect(places).toBeGreaterThan(5);
  });
});
