/** Which operations may go once they are old, and which something still needs. */
import { dayMs } from '../../../../src/domain/days.ts';
import type { OperationKind } from '../../../../src/domain/operation-kinds.ts';
import { createRemoveOperation } from '../../../../src/services/operations/remove-operation.ts';
import { retain } from '../../../../src/services/operations/retain.ts';
import { createOnPremisesStores } from '../../../../src/stores/on-premises-stores.ts';
import { rootKeys } from '../../../../src/stores/records/certificates.ts';
import { gatewayKeys } from '../../../../src/stores/records/gateways.ts';
import { createRetentionDues } from '../../../../src/stores/retention-dues.ts';
import { aCertificateRequest, toRequestPem } from '../../../support/builders/a-certificate-request.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
import { aManualMachine } from '../../../support/on-premises-services.ts';
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
import { approval, ask, decide, operationId, withPolicy } from '../../../support/standing-orders.ts';

const csr = toRequestPem(aCertificateRequest());
/** As in the world of the tests. */
const keptDays = 365;

/** A look at what is due, as the timer does it. */
async function look(world: ServicesWorld): Promise<number> {
  const { tables, stores, standing, audit, now } = world;
  const onPremisesStores = createOnPremisesStores(tables);
  const removed = await retain({
    dues: createRetentionDues({ tables }),
    removers: {
      idempotency: () => Promise.resolve('none'),
      event: world.outbox.removeOld,
      profile: () => Promise.resolve('none'),
      operation: createRemoveOperation({ tables, stores, onPremisesStores, standing, keptDays, now }),
    },
    audit,
    now,
    onFault: (_what, error) => {
      throw error;
    },
  });
  return removed.operation ?? 0;
}

/** Ids of the operations that are left after so many days, in which the timer has run now and then. */
async function leftAfter(world: ServicesWorld, days: number): Promise<readonly string[]> {
  for (let day = 0; day < days; day += 20) {
    world.clock.advance(Math.min(20, days - day) * dayMs);
    await look(world);
  }
  await look(world);
  return world.tables.rows('Operations').map(({ rowKey }) => rowKey);
}

async function anOperation(
  world: ServicesWorld,
  kind: OperationKind,
  status?: 'succeeded' | 'failed',
  target = 'vnet1gw',
  context?: unknown,
): Promise<string> {
  const id = anOperationId(`${kind} ${status ?? 'open'}`);
  await world.operations.create({ id, kind, target, targetKey: target, requestedBy: 'tester', steps: [], context });
  if (status !== undefined) await world.operations.finish(id, { status });
  return id;
}

async function ended(world: ServicesWorld, request: Promise<{ readonly id: string }>): Promise<string> {
  const { id } = await request;
  await runWriter(world);
  expect(await world.operations.view(id)).toMatchObject({ status: 'succeeded' });
  return id;
}

async function aTrustingGateway(world: ServicesWorld): Promise<string> {
  await aRoot(world);
  await aGateway(world);
  return ended(world, world.trust.trust('vnet1gw', 'root-1', undefined, aRequest(world, 'trust')));
}

function daysUntil(world: ServicesWorld, time: string | undefined): number {
  return Math.ceil((Date.parse(time ?? '') - world.now().getTime()) / dayMs);
}

describe('src/services/operations/remove-operation', () => {
  it('removes what ended long ago from the records and from every list, and nothing that is open', async () => {
    const world = createServicesWorld();
    const old = await anOperation(world, 'generateProfile', 'succeeded');
    const open = await anOperation(world, 'generateProfile');

    expect(await leftAfter(world, keptDays)).toContain(old);
    expect(await leftAfter(world, 2)).toEqual([open]);
    expect(world.tables.rows('OperationIndex').map(({ columns }) => columns['operationId'])).toEqual(
      Array(3).fill(open),
    );
    const { items } = await world.operations.list({ top: 10, target: 'vnet1gw' });
    expect(items.map(({ id }) => id)).toEqual([open]);
  });

  it('counts the days of one that was resumed from its last end', async () => {
    const world = createServicesWorld();
    const id = await anOperation(world, 'checkMachine', 'failed', 'host-1');
    world.clock.advance(keptDays * dayMs);
    await world.operations.nextAttempt(id, 1);
    await look(world);
    world.clock.advance(2 * dayMs);
    await look(world);
    await world.operations.finish(id, { status: 'succeeded' });

    expect(await leftAfter(world, keptDays)).toEqual([id]);
    expect(await leftAfter(world, 2)).toEqual([]);
  });

  it('keeps the order that somebody approved until its certificate has been over for a year', async () => {
    const world = await withPolicy(createServicesWorld(), approval);
    await ask(world);
    await decide(world, 'approved');
    await world.certificateOrders.advance(operationId, 'approved', false);
    const [record] = await world.lookup.live('root-1', world.now(), 1);
    const days = daysUntil(world, record?.notAfter);

    expect(await leftAfter(world, days + 365)).toContain(operationId);
    expect(await leftAfter(world, 32)).not.toContain(operationId);
  });

  it('keeps the latest operation of a gateway, and one that can still be resumed, until another takes its place', async () => {
    const world = createServicesWorld();
    const build = await anOperation(world, 'buildGateway', 'failed');
    await aGateway(world, 'vnet1gw', { state: 'failed', lastOperationId: build });

    expect(await leftAfter(world, 400)).toEqual([build]);
    await world.stores.gateways.update(gatewayKeys('vnet1gw'), (record) => ({
      ...record,
      lastOperationId: anOperationId('another'),
    }));

    expect(await leftAfter(world, 40)).toEqual([]);
  });

  it('keeps a failed check for as long as it can be resumed', async () => {
    const world = createServicesWorld();
    const { machines } = createOnPremisesStores(world.tables);
    const at = world.now().toISOString();
    const machine = { ...aManualMachine('host-1'), createdAt: at, updatedAt: at };
    await machines.insert(machine);
    const id = await anOperation(world, 'checkMachine', 'failed', 'host-1');

    expect(await leftAfter(world, 400)).toEqual([id]);
    await machines.remove(machine);

    expect(await leftAfter(world, 40)).toEqual([]);
  });

  it('keeps what the record of a user names, also where nothing can be resumed any more', async () => {
    const world = createServicesWorld();
    const { vpnUsers } = createOnPremisesStores(world.tables);
    const context = { claims: [], intent: { name: 'Kim' } };
    const id = await anOperation(world, 'setVpnUser', 'failed', 'poc', context);
    const updatedAt = world.now().toISOString();
    const user = {
      stackId: 'poc',
      name: 'Kim',
      passwordSecret: 'vpn-user-kim',
      isPasswordOurs: true,
      updatedAt,
    } as const;
    await vpnUsers.insert({ ...user, state: 'failed', wanted: 'enabled', operationId: id });

    expect(await leftAfter(world, 400)).toEqual([id]);
    await vpnUsers.upsert({ ...user, state: 'removed', wanted: 'removed', operationId: anOperationId('another') });

    expect(await leftAfter(world, 40)).toEqual([]);
  });

  it('keeps the removal of a gateway: it took the roots off', async () => {
    const world = createServicesWorld();
    const removal = await anOperation(world, 'removeGateway', 'succeeded');

    expect(await leftAfter(world, 4000)).toEqual([removal]);
  });

  it('keeps what proves a revocation until the certificate has been over for a year, and what its record names for good', async () => {
    const world = createServicesWorld();
    await aTrustingGateway(world);
    const order = { rootId: 'root-1', owner: 'kim', csr, requestedBy: 'tester' };
    const { thumbprint = '', notAfter } = (await world.certificates.issue(order, randomnessOf('c'))).record;
    const revoke = (seed: string) =>
      ended(world, world.revocations.revoke(thumbprint, { reason: 'left' }, aRequest(world, seed)));
    const first = await revoke('revoke');
    world.clock.advance(dayMs);
    const reinstatement = await ended(world, world.revocations.reinstate(thumbprint, {}, aRequest(world, 'reinstate')));
    world.clock.advance(dayMs);
    const last = await revoke('revoke again');

    const untilEnd = daysUntil(world, notAfter);
    const before = await leftAfter(world, untilEnd + 364);
    const after = await leftAfter(world, 40);

    expect(before).toEqual(expect.arrayContaining([first, reinstatement, last]));
    expect(after).toContain(last);
    expect(after).not.toEqual(expect.arrayContaining([first]));
    expect(after).not.toEqual(expect.arrayContaining([reinstatement]));
  });

  it('keeps what a revocation, or the block of its key, names where no gateway trusts the root', async () => {
    const world = createServicesWorld();
    await aRoot(world);
    const order = { rootId: 'root-1', owner: 'kim', csr, requestedBy: 'tester' };
    const { thumbprint = '', notAfter } = (await world.certificates.issue(order, randomnessOf('c'))).record;
    const left = await ended(world, world.revocations.revoke(thumbprint, { reason: 'left' }, aRequest(world, 'left')));
    world.clock.advance(dayMs);
    const lost = await ended(world, world.revocations.revoke(thumbprint, { reason: 'lost' }, aRequest(world, 'lost')));
    world.clock.advance(dayMs);
    const again = { reason: 'compromised' } as const;
    const compromised = await ended(world, world.revocations.revoke(thumbprint, again, aRequest(world, 'again')));

    const untilEnd = daysUntil(world, notAfter);
    expect(await leftAfter(world, untilEnd + 364)).toEqual([left, lost, compromised].toSorted());
    expect(await leftAfter(world, 400)).toEqual([lost, compromised].toSorted());
  });

  it('keeps what proves that a root was trusted or taken off until a year after the root', async () => {
    const world = createServicesWorld();
    const trust = await aTrustingGateway(world);
    const out = await ended(world, world.trust.distrust('vnet1gw', 'root-1', true, aRequest(world, 'distrust')));
    world.clock.advance(dayMs);
    const again = await ended(world, world.trust.trust('vnet1gw', 'root-1', undefined, aRequest(world, 'again')));
    const untilEnd = daysUntil(world, (await world.stores.roots.get(rootKeys('root-1')))?.record.notAfter);

    expect(await leftAfter(world, untilEnd + 364)).toEqual([trust, out, again].toSorted());
    expect(await leftAfter(world, 40)).toEqual([again]);
  });

  it('leaves nothing half and nothing behind, whichever write fails', async () => {
    const places = await atEveryCrash({
      setUp: createServicesWorld,
      work: async (world) => {
        await anOperation(world, 'generateProfile', 'succeeded');
        await world.operations.repair();
        world.clock.advance((keptDays + 2) * dayMs);
        await look(world);
      },
      check: async (world, tables, place) => {
        // The work was run twice: what the second made is young.
        world.clock.advance((keptDays + 2) * dayMs);
        await look(world);
        const left = ['Operations', 'OperationIndex', 'Unfinished'].map((table) => tables.rows(table).length);
        expect([place, ...left]).toEqual([place, 0, 0, 0]);
        const dues = tables.rows('RetentionDues').filter(({ columns }) => columns['kind'] === 'operation');
        expect([place, dues.length]).toEqual([place, 0]);
      },
    });

    expect(places).toBeGreaterThanOrEqual(14);
  });
});
