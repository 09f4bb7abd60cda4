/**
 * What follows when somebody else changes a gateway: entries taken off, roots added, the gateway itself gone and back.
 */
import { addDays, dayOf } from '../../../../src/domain/days.ts';
import { asObject } from '../../../../src/domain/gateway-entries.ts';
import type { JsonObject } from '../../../../src/domain/json.ts';
import { watchGateways } from '../../../../src/services/gateways/watch-gateways.ts';
import { azureFailure } from '../../../support/azure-failure.ts';
import { aCertificateRequest, toRequestPem } from '../../../support/builders/a-certificate-request.ts';
import { anRsaKeyPair } from '../../../support/builders/a-key-pair.ts';
import { given } from '../../../support/given.ts';
import {
  aProvenRevocation,
  csr,
  gatewayId,
  gatewayOf,
  rowOf,
  sixMinutesMs,
} from '../../../support/proven-revocation.ts';
import {
  aGateway,
  aRequest,
  aRoot,
  createServicesWorld,
  randomnessOf,
  runWriter,
  type ServicesWorld,
} from '../../../support/services-world.ts';

async function changeInPortal(world: ServicesWorld, change: (configuration: JsonObject) => object): Promise<void> {
  const { resourceId } = await gatewayOf(world);
  const body = given(world.arm.resources.get(resourceId));
  const properties = asObject(body['properties']);
  const configuration = asObject(properties['vpnClientConfiguration']);
  world.arm.resources.set(resourceId, {
    ...body,
    properties: { ...properties, vpnClientConfiguration: { ...configuration, ...change(configuration) } },
  });
}

async function outboxEvents(world: ServicesWorld, type: string) {
  const pending = await world.outbox.listPending();
  const records = await Promise.all(pending.map(({ record }) => world.outbox.get(record.id)));
  return records.flatMap((record) => (record?.event.type === type ? [record.event] : []));
}

describe('src/services, when somebody else changes a gateway', () => {
  it('keeps a revocation that was put on while the application was down, and counts it when it is asked for', async () => {
    const world = createServicesWorld();
    await aRoot(world);
    await aGateway(world);
    await world.trust.trust(gatewayId, 'root-1', undefined, aRequest(world, 'trust'));
    await runWriter(world);
    const asked = { rootId: 'root-1', owner: 'kim', csr, requestedBy: 'tester' };
    const thumbprint = given((await world.certificates.issue(asked, randomnessOf('c'))).record.thumbprint);
    const entry = { name: `break-glass-${thumbprint}`, properties: { thumbprint } };
    await changeInPortal(world, () => ({ vpnClientRevokedCertificates: [entry] }));
    const listed = async (): Promise<unknown> => {
      const body = given(world.arm.resources.get((await gatewayOf(world)).resourceId));
      const configuration = asObject(asObject(body['properties'])['vpnClientConfiguration']);
      return configuration['vpnClientRevokedCertificates'];
    };

    // Back again: another root is to be trusted, so the whole gateway is written.
    await aRoot(world, 'root-2');
    await world.trust.trust(gatewayId, 'root-2', undefined, aRequest(world, 'trust 2'));
    await runWriter(world);
    expect(await listed()).toMatchObject([entry]);

    await world.revocations.revoke(thumbprint, { reason: 'left' }, aRequest(world, 'revoke'));
    await runWriter(world);

    expect(await listed()).toMatchObject([entry]);
    expect((await rowOf(world, thumbprint)).state).toBe('disconnected');
  });

  describe('and takes a proven revocation off', () => {
    it('begins again before it is put back, looks at sessions and proves anew', async () => {
      const world = createServicesWorld();
      const thumbprint = await aProvenRevocation(world);
      const before = await rowOf(world, thumbprint);
      world.clock.advance(sixMinutesMs);
      await changeInPortal(world, () => ({ vpnClientRevokedCertificates: [] }));
      await world.writer.wake(world.orchestrations, gatewayId);

      world.arm.answerNext('putRaw', {
        outcome: 'busy',
        code: 'AnotherOperationInProgress',
        message: 'words',
        retryAfterSeconds: 30,
      });
      const { epoch } = await gatewayOf(world);
      expect(await world.writeGateway({ gatewayId, epoch })).toMatchObject({ outcome: 'wait' });
      expect(await rowOf(world, thumbprint)).toMatchObject({ state: 'requested' });
      expect((await rowOf(world, thumbprint)).provenAt).toBeUndefined();

      await runWriter(world);
      expect(await rowOf(world, thumbprint)).toMatchObject({ state: 'disconnected' });
      world.clock.advance(sixMinutesMs);
      await world.sessions.record(gatewayId, { cut: [], unproven: [] });
      const after = await rowOf(world, thumbprint);
      expect(after.state).toBe('proven');
      expect(Date.parse(given(after.provenAt))).toBeGreaterThan(Date.parse(given(before.provenAt)));
    });

    it('tells what was put back and who had changed the gateway, once for each time', async () => {
      const world = createServicesWorld();
      const thumbprint = await aProvenRevocation(world);
      for (const by of ['mallory@contoso.com', 'eve@contoso.com']) {
        world.clock.advance(sixMinutesMs);
        await changeInPortal(world, () => ({ vpnClientRevokedCertificates: [] }));
        await world.writer.wake(world.orchestrations, gatewayId, { by, at: world.now().toISOString() });
        await runWriter(world);
      }

      const target = `gateways/${gatewayId}/${thumbprint}`;
      const repair = { event: 'gateway.repair', outcome: 'begun', target, kind: 'revocation' };
      expect(world.told.filter(({ event }) => event === 'gateway.repair')).toEqual([repair, repair]);
      const events = await outboxEvents(world, 'gatehouse.revocation.vanished.v1');
      const byTime = events.toSorted((a, b) => Date.parse(a.time) - Date.parse(b.time));
      expect(byTime.map(({ data }) => data)).toMatchObject([
        { gatewayId, thumbprint, changedBy: 'mallory@contoso.com' },
        { gatewayId, thumbprint, changedBy: 'eve@contoso.com' },
      ]);
      const day = dayOf(world.now());
      const rows = ((await world.audit.listDays(day, addDays(day, 1), 100)) ?? []).filter(({ action }) =>
        action.startsWith('gateway.vanished'),
      );
      expect(rows.map(({ source }) => source)).toEqual(
        expect.arrayContaining([
          expect.stringContaining('mallory@contoso.com'),
          expect.stringContaining('eve@contoso.com'),
        ]),
      );
    });

    it('makes who writes the gateway just then look at it again', async () => {
      const world = createServicesWorld();
      await aProvenRevocation(world);
      await world.writer.wake(world.orchestrations, gatewayId);
      const { epoch, desired } = await gatewayOf(world);
      await world.rounds.recordRound(gatewayId, {
        gateway: given(world.arm.resources.get((await gatewayOf(world)).resourceId)),
        desired,
        writeSeconds: [],
      });

      await world.writer.wake(world.orchestrations, gatewayId, { by: 'eve', at: world.now().toISOString() });

      expect(await world.writer.release(gatewayId, epoch)).toBe(false);
    });

    it('says that it does not know who, rather than naming an old change', async () => {
      const world = createServicesWorld();
      await aProvenRevocation(world);
      await world.writer.wake(world.orchestrations, gatewayId, { by: 'old', at: world.now().toISOString() });
      await runWriter(world);
      world.clock.advance(24 * 3600 * 1000);
      await changeInPortal(world, () => ({ vpnClientRevokedCertificates: [] }));
      await world.writer.wake(world.orchestrations, gatewayId);
      await runWriter(world);

      const [event] = await outboxEvents(world, 'gatehouse.revocation.vanished.v1');
      expect(event?.data).toMatchObject({ changedBy: null });
    });
  });

  it('puts a root back that is taken off, and tells of it', async () => {
    const world = createServicesWorld();
    await aProvenRevocation(world);
    await changeInPortal(world, () => ({ vpnClientRootCertificates: [] }));
    await world.writer.wake(world.orchestrations, gatewayId);
    await runWriter(world);

    expect(await outboxEvents(world, 'gatehouse.root.vanished.v1')).toHaveLength(1);
    expect((await world.stores.gatewayRoots.list(gatewayId))[0]?.record.state).toBe('trusted');
  });

  it("keeps what was in force as it is while a failed write of Azure's marks everything as failed", async () => {
    const world = createServicesWorld();
    const thumbprint = await aProvenRevocation(world);
    const { resourceId } = await gatewayOf(world);
    const body = given(world.arm.resources.get(resourceId));
    const text = JSON.stringify(body).replaceAll('"Succeeded"', '"Failed"');

    await world.rounds.recordRound(gatewayId, { gateway: JSON.parse(text) as JsonObject, writeSeconds: [] });

    expect((await rowOf(world, thumbprint)).state).toBe('proven');
  });

  describe('and adds a root', () => {
    it('lists it since it was seen, tells of it once, and forgets it when it is gone', async () => {
      const world = createServicesWorld();
      await aProvenRevocation(world);
      const foreign = { name: 'theirs', properties: { publicCertData: 'bm90IGEgY2VydGlmaWNhdGU=' } };
      await changeInPortal(world, ({ vpnClientRootCertificates }) => ({
        vpnClientRootCertificates: [...(vpnClientRootCertificates as readonly JsonObject[]), foreign],
      }));
      for (let look = 0; look < 2; look += 1) {
        await world.writer.wake(world.orchestrations, gatewayId);
        await runWriter(world);
      }

      const rows = (await world.stores.foreignEntries.list(gatewayId)).map(({ record }) => record);
      expect(rows).toMatchObject([{ kind: 'root', name: 'theirs', firstSeenAt: expect.any(String) as unknown }]);
      expect(await outboxEvents(world, 'gatehouse.gateway.root-added.v1')).toHaveLength(1);

      await changeInPortal(world, ({ vpnClientRootCertificates }) => ({
        vpnClientRootCertificates: (vpnClientRootCertificates as readonly JsonObject[]).slice(0, 1),
      }));
      await world.writer.wake(world.orchestrations, gatewayId);
      await runWriter(world);
      expect(await world.stores.foreignEntries.list(gatewayId)).toEqual([]);
    });

    it('carries revocations to a gateway on which somebody else put the root', async () => {
      const world = createServicesWorld();
      const root = await aRoot(world);
      await aGateway(world);
      await changeInPortal(world, () => ({
        vpnClientRootCertificates: [
          { name: 'copied', properties: { publicCertData: root.certificate ?? '', provisioningState: 'Succeeded' } },
        ],
      }));
      await world.writer.wake(world.orchestrations, gatewayId);
      await runWriter(world);
      const asked = { rootId: 'root-1', owner: 'kim', csr, requestedBy: 'tester' };
      const thumbprint = given((await world.certificates.issue(asked, randomnessOf('c'))).record.thumbprint);

      const operation = await world.revocations.revoke(thumbprint, { reason: 'left' }, aRequest(world, 'revoke'));
      await runWriter(world);

      expect(operation.steps.map(({ name }) => name)).toEqual([gatewayId]);
      expect((await rowOf(world, thumbprint)).state).toBe('disconnected');
      expect((await world.stores.foreignEntries.list(gatewayId))[0]?.record).toMatchObject({ rootId: 'root-1' });
    });
  });

  describe('and refuses what was taken back here', () => {
    async function takeBackOnce(world: ServicesWorld): Promise<string> {
      const thumbprint = 'AB'.repeat(20);
      await aGateway(world);
      const request = aRequest(world, 'revoke');
      await world.gatewayRevocations.revoke(gatewayId, { thumbprint: thumbprint as never }, request);
      await runWriter(world);
      await takeBack(world, thumbprint, 'back');
      return thumbprint;
    }

    async function reinstateOnce(world: ServicesWorld): Promise<string> {
      const thumbprint = await aProvenRevocation(world);
      await world.revocations.reinstate(thumbprint, {}, aRequest(world, 'back'));
      await runWriter(world);
      return thumbprint;
    }

    async function takeBack(world: ServicesWorld, thumbprint: string, seed: string): Promise<void> {
      const { id } = await world.gatewayRevocations.takeBack(gatewayId, thumbprint as never, aRequest(world, seed));
      await runWriter(world);
      expect(await world.operations.view(id)).toMatchObject({ status: 'succeeded' });
    }

    async function refused(world: ServicesWorld): Promise<unknown> {
      const body = given(world.arm.resources.get((await gatewayOf(world)).resourceId));
      return asObject(asObject(body['properties'])['vpnClientConfiguration'])['vpnClientRevokedCertificates'];
    }

    it.each([
      ['a thumbprint', takeBackOnce],
      ['a certificate', reinstateOnce],
    ])('leaves %s to them, shows it as theirs, and takes it off when somebody asks', async (_what, prepare) => {
      const world = createServicesWorld();
      const thumbprint = await prepare(world);
      expect(await refused(world)).toEqual([]);

      const entry = { name: 'soc-block', properties: { thumbprint, provisioningState: 'Succeeded' } };
      await changeInPortal(world, () => ({ vpnClientRevokedCertificates: [entry] }));
      await world.writer.wake(world.orchestrations, gatewayId);
      await runWriter(world);

      expect(await refused(world)).toEqual([entry]);
      const theirs = (await world.stores.foreignEntries.list(gatewayId)).map(({ record }) => record);
      expect(theirs).toMatchObject([{ kind: 'revocation', name: 'soc-block', thumbprint }]);

      await takeBack(world, thumbprint, 'back again');
      expect(await refused(world)).toEqual([]);
    });
  });

  describe('and deletes it', () => {
    async function aMissingGateway(world: ServicesWorld): Promise<string> {
      const thumbprint = await aProvenRevocation(world);
      await world.writer.wake(world.orchestrations, gatewayId);
      await world.presence.noteAbsence(gatewayId, (await gatewayOf(world)).epoch);
      return thumbprint;
    }

    it('claims nothing of a revocation, and goes on looking for the gateway', async () => {
      const world = createServicesWorld();
      await aMissingGateway(world);
      const asked = { rootId: 'root-1', owner: 'kim', csr, requestedBy: 'tester' };
      const other = given((await world.certificates.issue(asked, randomnessOf('d'))).record.thumbprint);
      const { id } = await world.revocations.revoke(other, { reason: 'left' }, aRequest(world, 'second'));
      await world.presence.noteAbsence(gatewayId, (await gatewayOf(world)).epoch);

      expect(await world.operations.view(id)).toMatchObject({
        status: 'failed',
        problem: { detail: expect.stringContaining('no longer in Azure') as unknown },
        steps: [{ name: gatewayId, status: 'skipped', detail: expect.stringContaining('not in Azure') as unknown }],
      });
      expect((await rowOf(world, other)).state).toBe('requested');
      expect((await gatewayOf(world)).state).toBe('missing');
      expect(await watchGateways(world)).toBe(0);
      world.clock.advance(61 * 60 * 1000);
      expect(await watchGateways(world)).toBe(1);
    });

    it('is ready again when it shows up, with everything looked at anew', async () => {
      const world = createServicesWorld();
      const thumbprint = await aMissingGateway(world);
      await changeInPortal(world, () => ({ vpnClientRevokedCertificates: [], vpnClientRootCertificates: [] }));
      await world.writer.wake(world.orchestrations, gatewayId);
      await runWriter(world);

      expect((await gatewayOf(world)).state).toBe('ready');
      expect((await rowOf(world, thumbprint)).state).toBe('disconnected');
      expect(await outboxEvents(world, 'gatehouse.gateway.returned.v1')).toHaveLength(1);
    });
  });

  describe('and Azure does not take what is wanted', () => {
    const words = azureFailure('AuthorizationFailed', 'No right to write.');

    async function failed(world: ServicesWorld, epoch: number, desired: number): Promise<boolean> {
      await world.writer.noteFailure(gatewayId, epoch, words);
      return world.writer.pause(gatewayId, epoch, desired);
    }

    async function aPausedGateway(world: ServicesWorld): Promise<{ thumbprint: string; operationId: string }> {
      await aProvenRevocation(world);
      const asked = { rootId: 'root-1', owner: 'kim', csr, requestedBy: 'tester' };
      const thumbprint = given((await world.certificates.issue(asked, randomnessOf('d'))).record.thumbprint);
      const { id } = await world.revocations.revoke(thumbprint, { reason: 'left' }, aRequest(world, 'second'));
      const { epoch, desired } = await gatewayOf(world);
      await world.rounds.showFailure(gatewayId, words);
      expect(await failed(world, epoch, desired)).toBe(true);
      return { thumbprint, operationId: id };
    }

    it('shows why, and is woken when its time comes, again and again, later each time', async () => {
      const world = createServicesWorld();
      const { operationId } = await aPausedGateway(world);

      expect(await world.operations.view(operationId)).toMatchObject({
        status: 'running',
        steps: [
          { status: 'waiting', detail: expect.stringContaining('AuthorizationFailed: No right to write.') as unknown },
        ],
      });
      const waits: number[] = [];
      for (let attempt = 1; attempt <= 10; attempt += 1) {
        const { writeFailure } = await gatewayOf(world);
        expect(writeFailure).toMatchObject({ ...words, attempts: attempt });
        expect(await watchGateways(world)).toBe(0);
        const waitMs = Date.parse(given(writeFailure).nextTryAt) - world.now().getTime();
        waits.push(waitMs);
        world.clock.advance(waitMs);
        expect(await watchGateways(world)).toBe(1);
        const { epoch, desired } = await gatewayOf(world);
        await failed(world, epoch, desired);
      }
      expect(waits).toEqual(waits.toSorted((a, b) => a - b));
      expect(waits.at(-1)).toBe(30 * 60 * 1000);
    });

    it('is not tried sooner because an entry is due', async () => {
      const world = createServicesWorld();
      await aPausedGateway(world);
      await world.stores.gateways.update({ partitionKey: 'gateway', rowKey: gatewayId }, (record) => ({
        ...record,
        retryAt: world.now().toISOString(),
      }));

      expect(await watchGateways(world)).toBe(0);
    });

    it('is not paused over an intent that came after the try', async () => {
      const world = createServicesWorld();
      await aPausedGateway(world);
      await world.writer.recordIntent(world.orchestrations, gatewayId);
      const { epoch, desired } = await gatewayOf(world);

      expect(await failed(world, epoch, desired - 1)).toBe(false);
      expect((await gatewayOf(world)).writer).toBeDefined();
    });

    it('is tried at once for whatever else is wanted or seen, and is as before once it gets through', async () => {
      const world = createServicesWorld();
      const { thumbprint, operationId } = await aPausedGateway(world);
      await world.writer.wake(world.orchestrations, gatewayId);
      await runWriter(world);

      expect((await gatewayOf(world)).writeFailure).toBeUndefined();
      expect((await rowOf(world, thumbprint)).state).toBe('disconnected');
      expect(await world.operations.view(operationId)).toMatchObject({ status: 'succeeded' });
    });
  });

  describe('and there is no room for all revocations', () => {
    it('says of the one that has to leave that it is over the limit, and blames nobody', async () => {
      const world = createServicesWorld();
      const pushedOut = await aProvenRevocation(world);
      await changeInPortal(world, ({ vpnClientRevokedCertificates: own }) => ({
        vpnClientRevokedCertificates: [
          ...(own as readonly object[]),
          ...Array.from({ length: 299 }, (_, number) => ({
            name: `other-${number}`,
            properties: { thumbprint: number.toString(16).toUpperCase().padStart(40, '0') },
          })),
        ],
      }));
      await runWriter(world);
      const { spki, privateKey: signWith } = anRsaKeyPair('stolen');
      const asked = { rootId: 'root-1', owner: 'lee', requestedBy: 'tester' };
      const order = { ...asked, csr: toRequestPem(aCertificateRequest({ spki, signWith })) };
      const stolen = given((await world.certificates.issue(order, randomnessOf('d'))).record.thumbprint);
      world.clock.advance(60_000);
      await world.revocations.revoke(stolen, { reason: 'compromised' }, aRequest(world, 'second'));
      await runWriter(world);

      expect((await rowOf(world, stolen)).state).toBe('disconnected');
      const row = await rowOf(world, pushedOut);
      expect(row.state).toBe('overLimit');
      expect(row.provenAt).toBeUndefined();
      expect(await outboxEvents(world, 'gatehouse.revocation.over-limit.v1')).toHaveLength(1);
      expect(await outboxEvents(world, 'gatehouse.revocation.vanished.v1')).toHaveLength(0);
    });

    it('keeps what is proven, whatever is revoked later of which nobody knows that it opens the gateway', async () => {
      const world = createServicesWorld();
      const proven = await aProvenRevocation(world);
      const bare = Array.from({ length: 300 }, (_, number) => number.toString(16).toUpperCase().padStart(40, '0'));
      world.clock.advance(60_000);
      const rows = bare.map((thumbprint, index) => ({ line: index + 2, asked: { owner: 'lee', thumbprint } }));
      await world.certificateImports.begin(rows, aRequest(world, 'list'));
      await world.leavers.revoke('lee', 'compromised', aRequest(world, 'leave'));
      await runWriter(world);

      expect((await rowOf(world, proven)).state).toBe('proven');
      const states = await Promise.all(bare.map(async (thumbprint) => (await rowOf(world, thumbprint)).state));
      expect(states.filter((state) => state === 'overLimit')).toHaveLength(1);
    }, 30_000);

    it('waits for room only, and not for the time of a try that was set before', async () => {
      const world = createServicesWorld();
      const thumbprint = await aProvenRevocation(world);
      const retryAt = world.now().toISOString();
      await world.stores.gatewayRevocations.update({ partitionKey: gatewayId, rowKey: thumbprint }, (row) => ({
        ...row,
        state: 'requested',
        retryAt,
      }));
      await changeInPortal(world, () => ({
        vpnClientRevokedCertificates: Array.from({ length: 300 }, (_, number) => ({
          name: `other-${number}`,
          properties: { thumbprint: number.toString(16).toUpperCase().padStart(40, '0') },
        })),
      }));
      world.clock.advance(60_000);
      await world.writer.wake(world.orchestrations, gatewayId);
      await runWriter(world);

      expect((await rowOf(world, thumbprint)).state).toBe('overLimit');
      expect((await gatewayOf(world)).retryAt).toBeUndefined();
      expect(await watchGateways(world)).toBe(0);
    });
  });

  describe('and a revocation is past before it could be carried out', () => {
    async function anOpenRevocation(world: ServicesWorld): Promise<{ thumbprint: string; operationId: string }> {
      await aProvenRevocation(world);
      const asked = { rootId: 'root-1', owner: 'kim', csr, validityDays: 1, requestedBy: 'tester' };
      const thumbprint = given((await world.certificates.issue(asked, randomnessOf('d'))).record.thumbprint);
      const { id } = await world.revocations.revoke(thumbprint, { reason: 'left' }, aRequest(world, 'second'));
      return { thumbprint, operationId: id };
    }

    it('ends its operation without a claim', async () => {
      const world = createServicesWorld();
      const { thumbprint, operationId } = await anOpenRevocation(world);
      world.clock.advance(25 * 60 * 60 * 1000);
      await runWriter(world);

      expect((await rowOf(world, thumbprint)).state).toBe('removed');
      expect(await world.operations.view(operationId)).toMatchObject({
        status: 'failed',
        problem: { detail: expect.stringContaining('its certificate expired') as unknown },
      });
    });

    it('goes on looking at its sessions while they are not known to have ended', async () => {
      const world = createServicesWorld();
      const { thumbprint, operationId } = await anOpenRevocation(world);
      const { epoch, resourceId } = await gatewayOf(world);
      await world.writeGateway({ gatewayId, epoch });
      const gateway = () => given(world.arm.resources.get(resourceId));
      await world.rounds.recordRound(gatewayId, { gateway: gateway(), writeSeconds: [] });
      const unproven = [{ key: `revocation:${thumbprint}`, reason: 'Two have this name.' }];
      await world.sessions.record(gatewayId, { cut: [], unproven });
      world.clock.advance(25 * 60 * 60 * 1000);

      const seen = await world.rounds.recordRound(gatewayId, { gateway: gateway(), writeSeconds: [] });
      expect(seen).toEqual({ sessionsToSee: true });
      await changeInPortal(world, () => ({ vpnClientRevokedCertificates: [] }));
      await world.rounds.recordRound(gatewayId, { gateway: gateway(), writeSeconds: [] });
      expect((await rowOf(world, thumbprint)).state).toBe('listed');
      await world.sessions.record(gatewayId, { cut: [], unproven });
      expect(await world.operations.view(operationId)).toMatchObject({ status: 'failed' });
    });
  });

  describe('and Azure refuses an entry', () => {
    async function aRefusedRevocation(world: ServicesWorld): Promise<string> {
      await aProvenRevocation(world);
      const asked = { rootId: 'root-1', owner: 'kim', csr, requestedBy: 'tester' };
      const thumbprint = given((await world.certificates.issue(asked, randomnessOf('d'))).record.thumbprint);
      await world.revocations.revoke(thumbprint, { reason: 'left' }, aRequest(world, 'second'));
      return thumbprint;
    }

    async function refuse(world: ServicesWorld, thumbprint: string): Promise<void> {
      const { resourceId } = await gatewayOf(world);
      const refusal = { key: `revocation:${thumbprint}`, ...azureFailure('Bad', 'It is bad.'), isNamed: false };
      await world.rounds.recordRefusals(gatewayId, given(world.arm.resources.get(resourceId)), [refusal]);
    }

    async function isTried(world: ServicesWorld): Promise<boolean> {
      await world.writer.wake(world.orchestrations, gatewayId);
      const { epoch } = await gatewayOf(world);
      world.arm.answerNext('putRaw', { outcome: 'busy', code: 'Later', message: '', retryAfterSeconds: 1 });
      const isWritten = (await world.writeGateway({ gatewayId, epoch })).outcome === 'wait';
      if (!isWritten) world.arm.takeBack('putRaw');
      return isWritten;
    }

    it('is suspected for ten minutes, refused after a second time, and tried again once a day and when the gateway changes', async () => {
      const world = createServicesWorld();
      const thumbprint = await aRefusedRevocation(world);
      await refuse(world, thumbprint);
      expect(await rowOf(world, thumbprint)).toMatchObject({ state: 'requested', reason: 'Bad: It is bad.' });
      expect(await isTried(world)).toBe(false);

      world.clock.advance(10 * 60 * 1000);
      expect(await isTried(world)).toBe(true);
      await refuse(world, thumbprint);
      expect(await rowOf(world, thumbprint)).toMatchObject({ state: 'refused', reason: 'Bad: It is bad.' });
      world.clock.advance(60 * 60 * 1000);
      expect(await isTried(world)).toBe(false);

      await changeInPortal(world, () => ({ vpnClientProtocols: ['OpenVPN'] }));
      expect(await isTried(world)).toBe(true);
      await refuse(world, thumbprint);
      expect(await isTried(world)).toBe(false);
      world.clock.advance(24 * 60 * 60 * 1000);
      expect(await isTried(world)).toBe(true);
    });

    it('is no reason for another try that Gatehouse writes something else, but is one that it wants something else', async () => {
      const world = createServicesWorld();
      const thumbprint = await aRefusedRevocation(world);
      const asked = { rootId: 'root-1', owner: 'kim', csr, requestedBy: 'tester' };
      const revokeOther = async (seed: string): Promise<void> => {
        const other = given((await world.certificates.issue(asked, randomnessOf(seed))).record.thumbprint);
        await world.revocations.revoke(other, { reason: 'left' }, aRequest(world, seed));
      };
      await revokeOther('e');
      await refuse(world, thumbprint);
      world.clock.advance(10 * 60 * 1000);
      await refuse(world, thumbprint);
      const puts = world.arm.puts.length;

      await runWriter(world);
      expect(world.arm.puts).toHaveLength(puts + 1);
      expect(await isTried(world)).toBe(false);
      await changeInPortal(world, () => ({ vpnClientRevokedCertificates: [] }));
      await runWriter(world);
      expect(world.arm.puts).toHaveLength(puts + 2);
      expect((await rowOf(world, thumbprint)).state).toBe('refused');

      await revokeOther('f');
      await runWriter(world);
      expect((await rowOf(world, thumbprint)).state).toBe('disconnected');
    });

    it('is waited for no more once it is a root that has expired', async () => {
      const world = createServicesWorld();
      await aProvenRevocation(world);
      const short = await world.roots.create(
        { id: 'short', subject: { commonName: 'Short' }, keyType: 'RSA-2048', hsm: false, validityDays: 1 },
        randomnessOf('short'),
      );
      const { id } = await world.trust.trust(gatewayId, 'short', undefined, aRequest(world, 'short'));
      const { resourceId } = await gatewayOf(world);
      const refusal = { key: `root:${short.thumbprint ?? ''}`, ...azureFailure('Bad', 'It is bad.'), isNamed: false };
      await world.rounds.recordRefusals(gatewayId, given(world.arm.resources.get(resourceId)), [refusal]);
      world.clock.advance(25 * 60 * 60 * 1000);

      await runWriter(world);

      expect((await gatewayOf(world)).retryAt).toBeUndefined();
      expect(await watchGateways(world)).toBe(0);
      expect(await world.operations.view(id)).toMatchObject({
        status: 'failed',
        problem: { detail: expect.stringContaining('expired') as unknown },
      });
    });

    it('is not blamed for what Azure refused of the opposite wish', async () => {
      const world = createServicesWorld();
      const thumbprint = await aRefusedRevocation(world);
      const { resourceId } = await gatewayOf(world);
      const refusal = { key: `revocation:${thumbprint}:off`, ...azureFailure('Bad', 'Bad.'), isNamed: true };
      await world.rounds.recordRefusals(gatewayId, given(world.arm.resources.get(resourceId)), [refusal]);

      expect(await rowOf(world, thumbprint)).toMatchObject({ state: 'requested' });
      expect((await rowOf(world, thumbprint)).evidence).toBeUndefined();
    });

    it('is in force like any other once Azure takes it', async () => {
      const world = createServicesWorld();
      const thumbprint = await aRefusedRevocation(world);
      await refuse(world, thumbprint);
      world.clock.advance(10 * 60 * 1000);
      await refuse(world, thumbprint);
      world.clock.advance(25 * 60 * 60 * 1000);
      await world.writer.wake(world.orchestrations, gatewayId);
      await runWriter(world);

      const row = await rowOf(world, thumbprint);
      expect(row.state).toBe('disconnected');
      expect(row.reason).toBeUndefined();
    });
  });

  it('wants another profile package once what it is made from has changed, and only then', async () => {
    const world = createServicesWorld();
    await aProvenRevocation(world);
    const gateway = given(world.arm.resources.get((await gatewayOf(world)).resourceId));
    const look = async (profileBasis?: string): Promise<number> => {
      const basis = profileBasis === undefined ? {} : { profileBasis };
      await world.rounds.recordRound(gatewayId, { gateway, desired: 1, writeSeconds: [], ...basis });
      return (await gatewayOf(world)).profileWanted;
    };

    expect([await look('a'), await look('a'), await look(), await look('b'), await look('b')]).toEqual([1, 1, 1, 2, 2]);
  });
});
