import { addDays, dayOf } from '../../../../src/domain/days.ts';
import { asList, asObject } from '../../../../src/domain/gateway-entries.ts';
import type { Tables } from '../../../../src/ports/tables.ts';
import { sweep } from '../../../../src/services/operations/sweep.ts';
import { aCertificateRequest, toRequestPem } from '../../../support/builders/a-certificate-request.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
import { given } from '../../../support/given.ts';
import { createMemoryTables, type MemoryTables } from '../../../support/memory-tables.ts';
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
const dayMs = 24 * 3600 * 1000;

function issue(world: ServicesWorld, seed: string, changes: object = {}) {
  return world.certificates.issue(
    { rootId: 'root-1', owner: 'kim', csr, requestedBy: 'tester', ...changes },
    randomnessOf(seed),
  );
}

async function thumbprintOf(issuing: ReturnType<typeof issue>): Promise<string> {
  return given((await issuing).record.thumbprint);
}

async function aRootOnGateway(world: ServicesWorld, rootId: string, gatewayId: string): Promise<void> {
  await aRoot(world, rootId);
  await aGateway(world, gatewayId);
  await world.trust.trust(gatewayId, rootId, undefined, aRequest(world, `trust ${gatewayId}`));
  await runWriter(world, gatewayId);
}

/** One key, certified under two roots, each trusted by a gateway of its own. */
async function ofOneKey(world: ServicesWorld): Promise<readonly [string, string]> {
  await aRootOnGateway(world, 'root-1', 'gw-a');
  await aRootOnGateway(world, 'root-2', 'gw-b');
  return [await thumbprintOf(issue(world, 'a')), await thumbprintOf(issue(world, 'b', { rootId: 'root-2' }))];
}

function revoke(
  world: ServicesWorld,
  thumbprint: string,
  reason: 'compromised' | 'lost' | 'superseded' | 'left',
  seed = 'r',
) {
  return world.revocations.revoke(thumbprint, { reason }, aRequest(world, seed));
}

function listedOn(world: ServicesWorld, gatewayId: string): readonly unknown[] {
  const [, gateway] = given(
    [...world.arm.resources].find(([id]) => id.toLowerCase().endsWith(`/virtualnetworkgateways/${gatewayId}`)),
  );
  const configuration = asObject(asObject(gateway['properties'])['vpnClientConfiguration']);
  return asList(configuration['vpnClientRevokedCertificates']).map(
    (entry) => asObject(asObject(entry)['properties'])['thumbprint'],
  );
}

async function writeBoth(world: ServicesWorld): Promise<void> {
  await runWriter(world, 'gw-a');
  await runWriter(world, 'gw-b');
}

async function sweepAll(world: ServicesWorld): Promise<void> {
  world.clock.advance(3 * 60 * 1000);
  await sweep({
    ...world,
    onFault: (_what, error) => {
      throw error;
    },
  });
}

describe('src/services/certificates/blocked-keys', () => {
  it.each(['compromised', 'lost'] as const)(
    'revokes every certificate of a key that is %s, on each its own gateways',
    async (reason) => {
      const world = createServicesWorld();
      const [first, other] = await ofOneKey(world);

      const { id } = await revoke(world, first, reason);
      await writeBoth(world);

      expect([listedOn(world, 'gw-a'), listedOn(world, 'gw-b')]).toEqual([[first], [other]]);
      const operation = given(await world.operations.view(id));
      const { result } = operation as unknown as { result: { sameKey: { thumbprint: string; operationId: string }[] } };
      expect(operation).toMatchObject({ status: 'succeeded', result: { keyBlocked: true } });
      expect(result.sameKey.map(({ thumbprint }) => thumbprint)).toEqual([other]);
      expect(await world.operations.view(given(result.sameKey[0]).operationId)).toMatchObject({
        kind: 'revokeCertificate',
        target: other,
        status: 'succeeded',
        requestedBy: 'tester',
      });
    },
  );

  it('tells of the block and of each certificate of the key, in events and in the audit', async () => {
    const world = createServicesWorld();
    const [first, other] = await ofOneKey(world);

    await revoke(world, first, 'compromised');

    const events = world.tables.rows('Outbox').map(({ columns }) => JSON.parse(String(columns['eventJson'])) as object);
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'gatehouse.key.blocked.v1',
        data: expect.objectContaining({ reason: 'compromised', thumbprint: first }) as unknown,
      }),
    );
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'gatehouse.certificate.revoked.v1', subject: `certificates/${other}` }),
    );
    const day = dayOf(world.now());
    expect(await world.audit.listDays(day, addDays(day, 1), 10)).toMatchObject([
      {
        who: 'tester',
        action: 'certificate.revoke',
        target: { thumbprint: other, sameKeyAs: first },
        reason: 'compromised',
      },
    ]);
  });

  it('never certifies the key again, reinstates none of its certificates, and lets nothing later weaken it', async () => {
    const world = createServicesWorld();
    const [first, other] = await ofOneKey(world);
    await revoke(world, first, 'compromised');
    await writeBoth(world);

    await revoke(world, first, 'superseded', 'later');
    await revoke(world, first, 'lost', 'later still');
    await writeBoth(world);

    await expect(issue(world, 'c', { owner: 'ann' })).rejects.toMatchObject({
      code: 'ERR_REQUEST_INVALID',
      problems: [{ path: '/csr', code: 'keyBlocked' }],
    });
    for (const thumbprint of [first, other]) {
      await expect(
        world.revocations.reinstate(thumbprint, {}, aRequest(world, `reinstate ${thumbprint}`)),
      ).rejects.toMatchObject({ code: 'ERR_CONFLICT', problems: [{ code: 'keyBlocked' }] });
    }
    expect(world.tables.rows('BlockedKeys').map(({ columns }) => columns['reason'])).toEqual(['compromised']);
    expect(world.tables.rows('Revocations').map(({ columns }) => [columns['reason'], columns['urgency']])).toEqual([
      ['compromised', 'immediate'],
      ['compromised', 'immediate'],
    ]);
    expect(world.tables.rows('ClientCertificates').map(({ columns }) => columns['revocationReason'])).toEqual([
      'compromised',
      'compromised',
    ]);
  });

  it('blocks a key of which something weaker was said before, be it done or under way', async () => {
    for (const isUnderWay of [true, false]) {
      const world = createServicesWorld();
      const [first, other] = await ofOneKey(world);
      const earlier = await revoke(world, first, 'superseded', 'earlier');
      if (!isUnderWay) await writeBoth(world);

      const { id } = await revoke(world, first, 'lost', 'later');
      await writeBoth(world);

      expect([listedOn(world, 'gw-a'), listedOn(world, 'gw-b')]).toEqual([[first], [other]]);
      expect(await world.operations.view(earlier.id)).toMatchObject({ status: 'succeeded' });
      expect(await world.operations.view(id)).toMatchObject({ status: 'succeeded' });
      await expect(issue(world, 'c')).rejects.toMatchObject({ problems: [{ code: 'keyBlocked' }] });
    }
  });

  it('makes another certificate of the key that was to go with the next window go at once', async () => {
    const world = createServicesWorld();
    const [first, other] = await ofOneKey(world);
    await revoke(world, other, 'superseded', 'earlier');

    await revoke(world, first, 'compromised');

    expect(world.tables.rows('Revocations').map(({ columns }) => columns['urgency'])).toEqual([
      'immediate',
      'immediate',
    ]);
  });

  it('can be said with a certificate that has expired', async () => {
    const world = createServicesWorld();
    const [, other] = await ofOneKey(world);
    const old = await thumbprintOf(issue(world, 'old', { validityDays: 1 }));
    world.clock.advance(2 * dayMs);

    const operation = await revoke(world, old, 'lost');
    await writeBoth(world);

    expect(operation.status).toBe('succeeded');
    expect(listedOn(world, 'gw-b')).toEqual([other]);
    await expect(issue(world, 'c')).rejects.toMatchObject({ problems: [{ code: 'keyBlocked' }] });
  });

  it('leaves other keys alone', async () => {
    const world = createServicesWorld();
    await aRoot(world);
    await aRoot(world, 'root-2');
    const left = await thumbprintOf(issue(world, 'a'));
    await revoke(world, left, 'left');

    expect((await issue(world, 'b')).record.state).toBe('issued');
    expect(world.tables.rows('BlockedKeys')).toEqual([]);
  });

  it.each(['the caller', 'the sweep'])('is finished by %s wherever the first run died', async (who) => {
    let pair: readonly string[] = [];
    const places = await atEveryCrash({
      setUp: async (tables) => {
        const world = createServicesWorld(tables);
        await aRootOnGateway(world, 'root-1', 'gw-a');
        pair = [await thumbprintOf(issue(world, 'a')), await thumbprintOf(issue(world, 'b'))];
        return world;
      },
      work: async (world) => {
        const isAgain = world.tables.rows('BlockedKeys').length > 0;
        if (who === 'the sweep' && isAgain) await sweepAll(world);
        else await revoke(world, given(pair[0]), 'compromised');
      },
      check: async (world, _tables, place) => {
        await runWriter(world, 'gw-a');
        expect({ place, listed: new Set(listedOn(world, 'gw-a')) }).toEqual({ place, listed: new Set(pair) });
        const page = await world.operations.list({ kind: 'revokeCertificate', top: 10 });
        expect(page.items.map(({ status }) => status)).toEqual(['succeeded', 'succeeded']);
      },
    });
    expect(places).toBeGreaterThan(12);
  });

  it('lets no certificate of the key slip through, whenever it is issued while the key is reported', async () => {
    let outcomes = '';
    for (let place = 1; ; place += 1) {
      const memory = createMemoryTables();
      const between = interleaved(memory);
      const world = createServicesWorld(between.tables);
      await aRootOnGateway(world, 'root-1', 'gw-a');
      const first = await thumbprintOf(issue(world, 'a'));
      between.at(place, () => revoke(world, first, 'compromised').then(() => undefined));

      const issued = await issue(world, 'c').catch((error: unknown) => error);
      if (!between.isDone()) break;

      const open = memory.rows('ClientCertificates').filter(({ columns }) => columns['state'] !== 'revoked');
      expect({ place, open }).toEqual({ place, open: [] });
      await sweepAll(world);
      expect(await world.unfinished.list('certificate')).toEqual([]);
      const isReleased = !(issued instanceof Error);
      outcomes += isReleased ? 'r' : 'w';
      // What was handed out is revoked on the gateway of its root; what was withheld was never handed out.
      await runWriter(world, 'gw-a');
      expect(listedOn(world, 'gw-a')).toHaveLength(isReleased ? 2 : 1);
      if (!isReleased) expect(issued).toMatchObject({ problems: [{ code: 'keyBlocked' }] });
    }
    expect(outcomes).toMatch(/^w+r+$/);
  });

  it('lets none slip through either, whenever the key is reported while one is issued', async () => {
    let outcomes = '';
    for (let place = 1; ; place += 1) {
      const memory = createMemoryTables();
      const between = interleaved(memory);
      const world = createServicesWorld(between.tables);
      await aRootOnGateway(world, 'root-1', 'gw-a');
      const first = await thumbprintOf(issue(world, 'a'));
      const issued: Promise<boolean>[] = [];
      between.at(place, async () => {
        issued.push(
          issue(world, 'c').then(
            () => true,
            () => false,
          ),
        );
        await issued[0];
      });

      await revoke(world, first, 'compromised');
      if (!between.isDone()) break;
      const isReleased = await given(issued[0]);

      await runWriter(world, 'gw-a');
      outcomes += isReleased ? 'r' : 'w';
      const open = memory.rows('ClientCertificates').filter(({ columns }) => columns['state'] !== 'revoked');
      expect({ place, open }).toEqual({ place, open: [] });
      expect(listedOn(world, 'gw-a')).toHaveLength(isReleased ? 2 : 1);
    }
    expect(outcomes).toMatch(/^r+w+$/);
  });
});

/** Tables at whose nth write from now something else is done first. */
function interleaved(memory: MemoryTables) {
  let left = Number.POSITIVE_INFINITY;
  let work: () => Promise<void> = () => Promise.resolve();
  async function before(): Promise<void> {
    left -= 1;
    if (left === 0) await work();
  }
  const writing =
    <A extends unknown[], R>(write: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      await before();
      return write(...args);
    };
  const tables: Tables & MemoryTables = {
    ...memory,
    insert: writing((...row: Parameters<Tables['insert']>) => memory.insert(...row)),
    replace: writing((...row: Parameters<Tables['replace']>) => memory.replace(...row)),
    upsert: writing((...row: Parameters<Tables['upsert']>) => memory.upsert(...row)),
    remove: writing((...row: Parameters<Tables['remove']>) => memory.remove(...row)),
  };
  return {
    tables,
    at: (place: number, what: () => Promise<void>) => {
      left = place;
      work = what;
    },
    isDone: () => left <= 0,
  };
}
