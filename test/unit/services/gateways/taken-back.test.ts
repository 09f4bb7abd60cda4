/** A revocation that is taken back, and one that somebody else takes off, wherever the work on it dies. */
import { createWithdrawAccess } from '../../../../src/activities/gateways/withdraw-access.ts';
import { asObject } from '../../../../src/domain/gateway-entries.ts';
import { azureFailure } from '../../../support/azure-failure.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
import { given } from '../../../support/given.ts';
import { aProvenRevocation, gatewayId, gatewayOf, rowOf, sixMinutesMs } from '../../../support/proven-revocation.ts';
import { aRequest, createServicesWorld, runWriter, type ServicesWorld } from '../../../support/services-world.ts';

const words = azureFailure('AuthorizationFailed', 'No right to write.');

async function revokedOn(world: ServicesWorld): Promise<unknown> {
  const gateway = given(world.arm.resources.get((await gatewayOf(world)).resourceId));
  return asObject(asObject(gateway['properties'])['vpnClientConfiguration'])['vpnClientRevokedCertificates'];
}

async function takeOffInPortal(world: ServicesWorld): Promise<void> {
  const { resourceId } = await gatewayOf(world);
  const body = given(world.arm.resources.get(resourceId));
  const properties = asObject(body['properties']);
  const configuration = { ...asObject(properties['vpnClientConfiguration']), vpnClientRevokedCertificates: [] };
  world.arm.resources.set(resourceId, {
    ...body,
    properties: { ...properties, vpnClientConfiguration: configuration },
  });
}

describe('src/services, of a revocation that is taken back', () => {
  async function expectTakenBack(world: ServicesWorld, thumbprint: string): Promise<void> {
    expect(await revokedOn(world)).toEqual([]);
    const row = await rowOf(world, thumbprint);
    expect(row).toMatchObject({ wanted: false, state: 'removed' });
    expect(row).not.toHaveProperty('provenAt');
    expect(row).not.toHaveProperty('clearAt');
    expect((await gatewayOf(world)).lookAt).toBeUndefined();
    expect(given((await world.lookup.named(row.commonName))[0]).state).toBe('issued');
  }

  it('comes off the gateway with its proof, and cuts nobody any more', async () => {
    const world = createServicesWorld();
    const thumbprint = await aProvenRevocation(world);
    const { commonName } = await rowOf(world, thumbprint);

    const { id } = await world.revocations.reinstate(thumbprint, {}, aRequest(world, 'reinstate'));
    expect(await rowOf(world, thumbprint)).toMatchObject({ state: 'reinstating' });
    const session = { commonName, connectionId: 'OVPN_1', publicIpAddress: '', privateIpAddress: '' };
    expect(await world.sessions.judge(gatewayId, { sessions: [session], unreadable: 0 })).toEqual({
      toCut: [],
      unproven: [],
    });
    await runWriter(world);

    await expectTakenBack(world, thumbprint);
    expect(await world.operations.view(id)).toMatchObject({ status: 'succeeded' });
  });

  it('waits in the words of Azure while its gateway cannot be written, and comes off then', async () => {
    const world = createServicesWorld();
    const thumbprint = await aProvenRevocation(world);
    const { id } = await world.revocations.reinstate(thumbprint, {}, aRequest(world, 'reinstate'));
    const { epoch, desired } = await gatewayOf(world);
    await world.writer.noteFailure(gatewayId, epoch, words);
    await world.rounds.showFailure(gatewayId, words);
    await world.writer.pause(gatewayId, epoch, desired);

    expect(await rowOf(world, thumbprint)).toMatchObject({ state: 'reinstating' });
    expect(await world.operations.view(id)).toMatchObject({
      status: 'running',
      steps: [{ status: 'waiting', detail: expect.stringContaining('AuthorizationFailed') as unknown }],
    });
    await world.writer.wake(world.orchestrations, gatewayId);
    await runWriter(world);

    await expectTakenBack(world, thumbprint);
    expect(await world.operations.view(id)).toMatchObject({ status: 'succeeded' });
  });

  it('is not called done where the gateway is missing, and comes off when it is back', async () => {
    const world = createServicesWorld();
    const thumbprint = await aProvenRevocation(world);
    const { id } = await world.revocations.reinstate(thumbprint, {}, aRequest(world, 'reinstate'));
    await world.presence.noteAbsence(gatewayId, (await gatewayOf(world)).epoch);

    expect(await rowOf(world, thumbprint)).toMatchObject({ state: 'reinstating' });
    expect(await world.operations.view(id)).toMatchObject({ status: 'failed', steps: [{ status: 'skipped' }] });
    await world.writer.wake(world.orchestrations, gatewayId);
    await runWriter(world);

    await expectTakenBack(world, thumbprint);
  });
});

describe('src/services, of a revocation that somebody else takes off', () => {
  it('tells of it once, puts it back and proves it anew, wherever it crashes', async () => {
    const places = await atEveryCrash({
      setUp: async (tables) => {
        const world = createServicesWorld(tables);
        const thumbprint = await aProvenRevocation(world);
        const before = given((await rowOf(world, thumbprint)).provenAt);
        await takeOffInPortal(world);
        return { world, thumbprint, before };
      },
      work: async ({ world }) => {
        await world.writer.wake(world.orchestrations, gatewayId);
        await runWriter(world);
        for (let look = 0; look < 2; look += 1) {
          world.clock.advance(sixMinutesMs);
          await world.sessions.record(gatewayId, { cut: [], unproven: [] });
        }
      },
      check: async ({ world, thumbprint, before }, tables, place) => {
        const row = await rowOf(world, thumbprint);
        const events = tables.rows('Outbox').filter(({ columns }) => JSON.stringify(columns).includes('vanished.v1'));
        expect({ place, state: row.state, told: events.length }).toEqual({ place, state: 'proven', told: 1 });
        expect(Date.parse(given(row.provenAt))).toBeGreaterThan(Date.parse(before));
        expect(await revokedOn(world)).toHaveLength(1);
      },
    });
    expect(places).toBeGreaterThan(6);
  });
});

describe('src/services, of a gateway that is let go or not shown', () => {
  it('is missing and told of once, with what waited for it ended, wherever it crashes', async () => {
    const places = await atEveryCrash({
      setUp: async (tables) => {
        const world = createServicesWorld(tables);
        const thumbprint = await aProvenRevocation(world);
        const { id } = await world.revocations.reinstate(thumbprint, {}, aRequest(world, 'reinstate'));
        return { world, id, epoch: (await gatewayOf(world)).epoch };
      },
      work: ({ world, epoch }) => world.presence.noteAbsence(gatewayId, epoch),
      check: async ({ world, id }, tables, place) => {
        const { state, writer } = await gatewayOf(world);
        const told = tables.rows('Outbox').filter(({ columns }) => JSON.stringify(columns).includes('missing.v1'));
        expect({ place, state, writer, told: told.length }).toEqual({ place, state: 'missing', told: 1 });
        expect(await world.operations.view(id)).toMatchObject({ status: 'failed', steps: [{ status: 'skipped' }] });
      },
    });
    expect(places).toBeGreaterThan(3);
  });

  it('loses the roots of Gatehouse before it is forgotten, wherever the work crashes', async () => {
    const places = await atEveryCrash({
      setUp: async (tables) => {
        const world = createServicesWorld(tables);
        await aProvenRevocation(world);
        return world;
      },
      work: async (world) => {
        await createWithdrawAccess(world)({ gatewayId });
        await world.writer.recordIntent(world.orchestrations, gatewayId);
        await runWriter(world);
      },
      check: async (world, _tables, place) => {
        const end = await createWithdrawAccess(world)({ gatewayId });
        expect({ place, ...end }).toEqual({ place, outcome: 'ready', stays: true, left: [] });
        const gateway = given(world.arm.resources.get((await gatewayOf(world)).resourceId));
        expect(asObject(gateway['properties'])['vpnClientConfiguration']).toMatchObject({
          vpnClientRootCertificates: [],
        });
      },
    });
    expect(places).toBeGreaterThan(4);
  });
});
