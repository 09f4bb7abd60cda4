/** A gateway with a change window: what waits for it, what does not, and what wakes it. */
import { asObject, withEntries } from '../../../../src/domain/gateway-entries.ts';
import type { JsonObject } from '../../../../src/domain/json.ts';
import { newGateway } from '../../../../src/domain/resource-bodies.ts';
import { sweep } from '../../../../src/services/operations/sweep.ts';
import { aCertificateRequest, toRequestPem } from '../../../support/builders/a-certificate-request.ts';
import { given } from '../../../support/given.ts';
import { gatewayId, gatewayOf, rowOf } from '../../../support/proven-revocation.ts';
import {
  aGateway,
  anOperationId,
  aRequest,
  ownActs,
  randomnessOf,
  runWriter,
  type ServicesWorld,
} from '../../../support/services-world.ts';
import { provisioned } from '../../../support/stub-arm.ts';
import {
  advanceTo,
  aWindowedGateway,
  changeWindow,
  on,
  opensAt,
  setWindow,
  tick,
  trust,
} from '../../../support/windowed-gateway.ts';

const hourMs = 3600 * 1000;
const csr = toRequestPem(aCertificateRequest());

async function aCertificate(world: ServicesWorld, seed: string): Promise<string> {
  const order = { rootId: 'root-1', owner: 'kim', csr, requestedBy: 'tester' };
  return given((await world.certificates.issue(order, randomnessOf(seed))).record.thumbprint);
}

type Urgency = 'immediate' | 'window';

async function revoke(world: ServicesWorld, thumbprint: string, seed: string, urgency: Urgency): Promise<string> {
  const reason = urgency === 'window' ? 'superseded' : 'left';
  const { id } = await world.revocations.revoke(thumbprint, { reason, urgency }, aRequest(world, seed));
  await runWriter(world);
  return id;
}

describe('src/services, on a gateway with a change window', () => {
  it('keeps a root for the window, says so everywhere, and puts it on when the window opens', async () => {
    const world = await aWindowedGateway();
    const writes = world.arm.puts.length;

    const id = await trust(world, 'root-2');

    expect(world.arm.puts).toHaveLength(writes);
    expect((await gatewayOf(world)).writer).toBeUndefined();
    expect(await gatewayOf(world)).toMatchObject({ deferredUntil: opensAt });
    const row = given(await world.stores.gatewayRoots.get({ partitionKey: gatewayId, rowKey: 'root-2' }));
    expect(row.record).toMatchObject({ state: 'deferred', startsAt: opensAt });
    const waitSeconds = (Date.parse(opensAt) - world.now().getTime()) / 1000;
    expect(await world.operations.view(id)).toMatchObject({
      status: 'waiting',
      waitingFor: { kind: 'changeWindow', until: opensAt },
      steps: [{ status: 'waiting', startsAt: opensAt }],
      remainingSeconds: waitSeconds + 240,
    });

    advanceTo(world, opensAt);
    await tick(world);

    expect(on(world, 'root')).toEqual(['root-1', 'root-2']);
    expect(await world.operations.view(id)).toMatchObject({ status: 'succeeded' });
    expect((await gatewayOf(world)).deferredUntil).toBeUndefined();
  });

  it('lets an urgent revocation go at once, and alone', async () => {
    const world = await aWindowedGateway();
    const [first, second] = [await aCertificate(world, 'a'), await aCertificate(world, 'b')];
    await trust(world, 'root-2');
    await revoke(world, first, 'may wait', 'window');

    const id = await revoke(world, second, 'must not', 'immediate');

    expect(on(world, 'revocation')).toEqual([second]);
    expect(on(world, 'root')).toEqual(['root-1']);
    expect(await world.operations.view(id)).toMatchObject({ status: 'succeeded' });
    expect(await rowOf(world, first)).toMatchObject({ state: 'deferred', startsAt: opensAt });
  });

  it('does not have whoever must be out at once wait with a request that may', async () => {
    const world = await aWindowedGateway();
    const thumbprint = await aCertificate(world, 'a');
    const waiting = await revoke(world, thumbprint, 'may wait', 'window');
    expect(on(world, 'revocation')).toEqual([]);

    const urgent = await revoke(world, thumbprint, 'must not', 'immediate');

    expect(urgent).not.toBe(waiting);
    expect(on(world, 'revocation')).toEqual([thumbprint]);
    for (const id of [waiting, urgent]) expect(await world.operations.view(id)).toMatchObject({ status: 'succeeded' });
  });

  it.each(['compromised', 'lost'] as const)('does not have %s wait, whatever was sent', async (reason) => {
    const world = await aWindowedGateway();
    const thumbprint = await aCertificate(world, 'a');

    await world.revocations.revoke(thumbprint, { reason, urgency: 'window' }, aRequest(world, 'revoke'));
    await runWriter(world);

    expect(on(world, 'revocation')).toEqual([thumbprint]);
  });

  it('does not have whoever is revoked again wait, where the key was reported meanwhile', async () => {
    const world = await aWindowedGateway();
    const thumbprint = await aCertificate(world, 'a');
    const { publicKeyHash } = given(await world.lookup.byThumbprint(thumbprint as never));
    const block = {
      publicKeyHash,
      reason: 'lost',
      blockedAt: world.now().toISOString(),
      thumbprint,
      operationId: 'op-1',
    } as const;
    await world.stores.blockedKeys.insert(block);

    await revoke(world, thumbprint, 'may wait', 'window');

    expect(on(world, 'revocation')).toEqual([thumbprint]);
  });

  it('keeps a reinstatement and the removal of a root for the window', async () => {
    const world = await aWindowedGateway();
    const thumbprint = await aCertificate(world, 'a');
    await revoke(world, thumbprint, 'revoke', 'immediate');
    await world.revocations.reinstate(thumbprint, {}, aRequest(world, 'reinstate'));
    await world.trust.distrust(gatewayId, 'root-1', true, aRequest(world, 'distrust'));
    await runWriter(world);

    expect(on(world, 'revocation')).toEqual([thumbprint]);
    expect(on(world, 'root')).toEqual(['root-1']);
    expect(await rowOf(world, thumbprint)).toMatchObject({ state: 'deferred', startsAt: opensAt });

    advanceTo(world, opensAt);
    await tick(world);

    expect([...on(world, 'root'), ...on(world, 'revocation')]).toEqual([]);
    expect(await world.operations.view(anOperationId('reinstate'))).toMatchObject({ status: 'succeeded' });
  });

  it.each(['revocation', 'root'] as const)(
    'puts a %s back at once that was in force and others took off, and says so once it is there',
    async (kind) => {
      const world = await aWindowedGateway();
      const thumbprint = await aCertificate(world, 'a');
      await setWindow(world, 'none', null);
      await revoke(world, thumbprint, 'may wait', 'window');
      await setWindow(world, 'window again', changeWindow);
      const before = on(world, kind);
      await takeOff(world, kind);
      await world.writer.wake(world.orchestrations, gatewayId);

      const busy = { outcome: 'busy', code: 'AnotherOperationInProgress', message: '', retryAfterSeconds: 30 } as const;
      world.arm.answerNext('putRaw', busy);
      const { epoch } = await gatewayOf(world);
      expect(await world.writeGateway({ gatewayId, epoch })).toMatchObject({ outcome: 'wait' });
      expect(await repairsOf(world)).toEqual([`gateway.vanished.${kind}`]);

      await runWriter(world);
      expect(on(world, kind)).toEqual(before);
      expect(before).toHaveLength(1);
      expect(await repairsOf(world)).toEqual([`gateway.putBack.${kind}`, `gateway.vanished.${kind}`]);
      expect((await gatewayOf(world)).deferredUntil).toBeUndefined();
    },
  );

  it('does not have a repair wait because the same is asked for once more', async () => {
    const world = await aWindowedGateway();
    const thumbprint = await aCertificate(world, 'a');
    await setWindow(world, 'none', null);
    await revoke(world, thumbprint, 'may wait', 'window');
    await setWindow(world, 'window again', changeWindow);
    for (const kind of ['root', 'revocation'] as const) await takeOff(world, kind);
    world.arm.answerNext('putRaw', { outcome: 'busy', code: 'x', message: '', retryAfterSeconds: 30 });
    await world.writer.wake(world.orchestrations, gatewayId);
    await world.writeGateway({ gatewayId, epoch: (await gatewayOf(world)).epoch });

    await world.revocations.revoke(thumbprint, { reason: 'superseded' }, aRequest(world, 'once more'));
    await trust(world, 'root-1');

    expect(on(world, 'root')).toEqual(['root-1']);
    expect(on(world, 'revocation')).toEqual([thumbprint]);
  });

  it('does not put back a root that is not wanted any more by then', async () => {
    const world = await aWindowedGateway();
    await takeOff(world, 'root');
    world.arm.answerNext('putRaw', { outcome: 'busy', code: 'x', message: '', retryAfterSeconds: 30 });
    await world.writer.wake(world.orchestrations, gatewayId);
    await world.writeGateway({ gatewayId, epoch: (await gatewayOf(world)).epoch });
    await world.trust.distrust(gatewayId, 'root-1', true, aRequest(world, 'distrust'));
    await runWriter(world);

    expect(on(world, 'root')).toEqual([]);
    expect(await repairsOf(world)).toEqual(['gateway.vanished.root']);
  });

  it('takes off what waits to leave where an urgent revocation needs its place', async () => {
    const world = await aWindowedGateway();
    const leaving = await aCertificate(world, 'leaving');
    await revoke(world, leaving, 'revoke', 'immediate');
    await fillWithOthers(world, 299);
    await world.revocations.reinstate(leaving, {}, aRequest(world, 'reinstate'));
    await runWriter(world);
    expect(on(world, 'revocation')).toHaveLength(300);

    const urgent = await aCertificate(world, 'urgent');
    await revoke(world, urgent, 'urgent', 'immediate');

    expect(on(world, 'revocation')).toHaveLength(300);
    expect(on(world, 'revocation')).toContain(urgent);
    expect(on(world, 'revocation')).not.toContain(leaving);
  });

  it('is woken by the opening itself, also where the gateway was looked at just before', async () => {
    const world = await aWindowedGateway();
    advanceTo(world, '2026-03-07T20:59:00Z');
    const id = await trust(world, 'root-2');
    world.clock.advance(60 * 1000);

    await tick(world);

    expect(await world.operations.view(id)).toMatchObject({ status: 'succeeded' });
  });

  it('waits for the next one when nobody was there while the window was open', async () => {
    const world = await aWindowedGateway();
    const id = await trust(world, 'root-2');
    advanceTo(world, '2026-03-08T06:00:00Z');

    await tick(world);

    expect(on(world, 'root')).toEqual(['root-1']);
    const startsAt = '2026-03-14T21:00:00.000Z';
    expect(await world.operations.view(id)).toMatchObject({ status: 'waiting', steps: [{ startsAt }] });
    expect(await gatewayOf(world)).toMatchObject({ deferredUntil: startsAt });
  });

  it('makes what waits at once when the window is taken away, and at its new time when it is moved', async () => {
    const world = await aWindowedGateway();
    const id = await trust(world, 'root-2');
    await setWindow(world, 'moved', { ...changeWindow, schedule: '0 3 * * *' });
    expect(await world.operations.view(id)).toMatchObject({ steps: [{ startsAt: '2026-03-02T02:00:00.000Z' }] });

    await setWindow(world, 'none', null);

    expect(on(world, 'root')).toEqual(['root-1', 'root-2']);
    expect(await world.operations.view(id)).toMatchObject({ status: 'succeeded' });
    expect((await gatewayOf(world)).changeWindow).toBeUndefined();
  });

  it('has no instance, no sweep and no watch work on what only waits', async () => {
    const world = await aWindowedGateway();
    const thumbprint = await aCertificate(world, 'a');
    await trust(world, 'root-2');
    const id = await revoke(world, thumbprint, 'may wait', 'window');
    const { epoch } = await gatewayOf(world);

    for (let minutes = 0; minutes < 55; minutes += 5) {
      world.clock.advance(5 * 60 * 1000);
      await sweep({
        ...world,
        onFault: (what) => {
          expect(what).toBeUndefined();
        },
      });
      await tick(world);
    }

    expect((await gatewayOf(world)).epoch).toBe(epoch);
    expect(await world.operations.view(id)).toMatchObject({ status: 'waiting', percent: 0 });
  });

  it('goes on with revocations on other gateways without waking the one that waits', async () => {
    const world = await aWindowedGateway();
    await aGateway(world, 'other');
    await world.trust.trust('other', 'root-1', undefined, aRequest(world, 'trust other'));
    await runWriter(world, 'other');
    const thumbprint = await aCertificate(world, 'a');
    const id = await revoke(world, thumbprint, 'may wait', 'window');
    const { epoch } = await gatewayOf(world);
    expect((await world.operations.view(id))?.status).toBe('running');

    world.clock.advance(3 * 60 * 1000);
    await sweep({
      ...world,
      onFault: (what) => {
        expect(what).toBeUndefined();
      },
    });
    await runWriter(world, 'other');

    expect((await gatewayOf(world)).epoch).toBe(epoch);
    expect(await world.operations.view(id)).toMatchObject({ status: 'waiting', waitingFor: { until: opensAt } });
  });

  it('does not write a gateway that somebody else left failed before the window opens', async () => {
    const world = await aWindowedGateway();
    const { resourceId } = await gatewayOf(world);
    const body = given(world.arm.resources.get(resourceId));
    const failed = { ...asObject(body['properties']), provisioningState: 'Failed' };
    world.arm.resources.set(resourceId, { ...body, properties: failed });
    const writes = world.arm.puts.length;

    await trust(world, 'root-2');
    world.clock.advance(hourMs);
    await tick(world);

    expect(world.arm.puts).toHaveLength(writes);
  });

  it('ends an older request that comes after a newer one', async () => {
    const world = await aWindowedGateway();
    const older = aRequest(world, 'older');
    await world.operations.create({
      id: older.operationId,
      kind: 'changeGateway',
      target: gatewayId,
      targetKey: gatewayId,
      requestedBy: 'tester',
      steps: [{ name: gatewayId }],
      context: { changeWindow },
    });
    world.clock.advance(1000);
    await setWindow(world, 'newer', null);
    world.clock.advance(3 * 60 * 1000);

    await sweep({
      ...world,
      onFault: (what) => {
        expect(what).toBeUndefined();
      },
    });

    expect((await gatewayOf(world)).changeWindow).toBeUndefined();
    expect(await world.operations.view(older.operationId)).toMatchObject({
      status: 'failed',
      problem: { code: 'ERR_CONFLICT' },
    });
  });

  it('does not hold up an operation that has the whole gateway', async () => {
    const world = await aWindowedGateway();
    const before = await gatewayOf(world);
    world.arm.resources.set(before.resourceId, provisioned({ etag: 'W/"b"', ...newGateway(before.plan, []) }));
    await world.stores.gateways.update({ partitionKey: 'gateway', rowKey: gatewayId }, (record) => ({
      ...record,
      epoch: record.epoch + 1,
      writer: { instanceId: 'op-1', epoch: record.epoch + 1 },
    }));

    expect(await world.writeGateway({ gatewayId, epoch: before.epoch + 1 })).toMatchObject({ outcome: 'written' });
  });
});

/** What others do in the portal. */
async function takeOff(world: ServicesWorld, kind: 'root' | 'revocation'): Promise<void> {
  const { resourceId } = await gatewayOf(world);
  const body = given(world.arm.resources.get(resourceId));
  world.arm.resources.set(resourceId, withEntries(body, kind, []));
}

async function repairsOf(world: ServicesWorld): Promise<readonly string[]> {
  const actions = (await ownActs(world)).map(({ action }) => action);
  return actions.filter((action) => /^gateway\.(vanished|putBack)/.test(action)).toSorted();
}

/** Revocations that others have put there. */
async function fillWithOthers(world: ServicesWorld, count: number): Promise<void> {
  const { resourceId } = await gatewayOf(world);
  const body = given(world.arm.resources.get(resourceId));
  const properties = asObject(body['properties']);
  const configuration = asObject(properties['vpnClientConfiguration']);
  const own = configuration['vpnClientRevokedCertificates'] as readonly JsonObject[];
  const others = Array.from({ length: count }, (_, number) => ({
    name: `other-${number}`,
    properties: { thumbprint: number.toString(16).toUpperCase().padStart(40, '0') },
  }));
  const vpnClientConfiguration = { ...configuration, vpnClientRevokedCertificates: [...own, ...others] };
  world.arm.resources.set(resourceId, provisioned({ ...body, properties: { ...properties, vpnClientConfiguration } }));
}
