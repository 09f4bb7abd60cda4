import { createApplyActivities } from '../../../../src/activities/gateways/apply-activities.ts';
import type { Arm } from '../../../../src/ports/arm.ts';
import { azureFailure } from '../../../support/azure-failure.ts';
import { aCertificateRequest, toRequestPem } from '../../../support/builders/a-certificate-request.ts';
import { given } from '../../../support/given.ts';
import { createMemoryBlobs } from '../../../support/memory-blobs.ts';
import {
  aGateway,
  aRequest,
  aRoot,
  createServicesWorld,
  randomnessOf,
  runWriter,
  type ServicesWorld,
} from '../../../support/services-world.ts';

const gatewayId = 'vnet1gw';
const words = { code: 'SomeCode', message: 'Words.' };
const said = azureFailure('SomeCode', 'Words.');
const notFound = { outcome: 'missing', ...words } as const;
const busy = { outcome: 'busy', retryAfterSeconds: 40, ...words } as const;
const unavailable = { outcome: 'unavailable', status: 500, retryAfterSeconds: 7, ...words } as const;
const refused = { outcome: 'refused', status: 403, aboutBody: false, ...words } as const;

const profile = { hash: 'abc', serverFqdn: 'azuregateway-1.vpn.azure.com', routes: [], dnsServers: [], files: [] };

function theActivities(world: ServicesWorld) {
  return createApplyActivities({
    ...world,
    blobs: createMemoryBlobs(world.tables),
    profileContainer: 'profiles',
    profileRetention: { list: () => Promise.resolve() },
    readProfilePackage: (zip) =>
      zip.length > 0 ? { ok: true, profile: profile } : { ok: false, problems: [{ message: 'The package is empty.' }] },
  });
}

async function gatewayOf(world: ServicesWorld) {
  return given(await world.stores.gateways.get({ partitionKey: 'gateway', rowKey: gatewayId })).record;
}

/** A gateway that trusts a root, at rest; a certificate of the root has been revoked and the writer has just begun. */
async function aRevocation(world: ServicesWorld): Promise<{ readonly thumbprint: string; readonly id: string }> {
  await aRoot(world);
  await aGateway(world);
  await world.trust.trust(gatewayId, 'root-1', undefined, aRequest(world, 'trust'));
  await runWriter(world);
  const csr = toRequestPem(aCertificateRequest());
  const asked = { rootId: 'root-1', owner: 'kim', csr, requestedBy: 'tester', commonName: 'kim-laptop' };
  const thumbprint = given((await world.certificates.issue(asked, randomnessOf('c'))).record.thumbprint);
  const { id } = await world.revocations.revoke(thumbprint, { reason: 'left' }, aRequest(world, 'revoke'));
  return { thumbprint, id };
}

async function revocationState(world: ServicesWorld, thumbprint: string): Promise<string | undefined> {
  return (await world.stores.gatewayRevocations.get({ partitionKey: gatewayId, rowKey: thumbprint }))?.record.state;
}

describe('src/activities/gateways/apply-activities', () => {
  describe('when it looks for a gateway that Azure did not show', () => {
    const upperCase = (id: string) => ({ outcome: 'done', value: [id.toUpperCase()] });
    type Answers = (id: string) => Partial<Record<keyof Arm, unknown>>;

    it.each<[string, Answers, object]>([
      ['is there when it is read', () => ({}), { outcome: 'there' }],
      ['is there when Azure is busy with it', () => ({ readRaw: busy }), { outcome: 'there' }],
      [
        'is absent where neither the read nor the list of its group has it',
        () => ({ readRaw: { ...notFound, of: 'resource' }, listGateways: { outcome: 'done', value: ['/other'] } }),
        { outcome: 'absent' },
      ],
      [
        'is unknown, not absent, where only the list of its group has it',
        (id) => ({ readRaw: { ...notFound, of: 'resource' }, listGateways: upperCase(id) }),
        { outcome: 'unknown', ...said },
      ],
      [
        'is unknown where its group is not found',
        () => ({ readRaw: { ...notFound, of: 'resourceGroup' } }),
        { outcome: 'unknown', ...said },
      ],
      [
        'is unknown where its subscription is not found',
        () => ({ readRaw: { ...notFound, of: 'subscription' } }),
        { outcome: 'unknown', ...said },
      ],
      ['is unknown where the read is refused', () => ({ readRaw: refused }), { outcome: 'unknown', ...said }],
      [
        'is unknown where the read has no answer',
        () => ({ readRaw: unavailable }),
        { outcome: 'unknown', ...said, code: 'azureUnavailable' },
      ],
      ...(
        [
          [busy, 'azureBusy'],
          [unavailable, 'azureUnavailable'],
          [refused, 'azureRefused'],
          [{ ...notFound, of: 'resourceGroup' }, 'azureRefused'],
        ] as const
      ).map(([listGateways, code]): [string, Answers, object] => [
        `is unknown where the list is ${listGateways.outcome}`,
        () => ({ readRaw: { ...notFound, of: 'resource' }, listGateways }),
        { outcome: 'unknown', ...said, code },
      ]),
    ])('%s', async (_what, answers, expected) => {
      const world = createServicesWorld();
      const { resourceId } = await aGateway(world);
      for (const [call, answer] of Object.entries(answers(resourceId))) {
        world.arm.answerNext(call as keyof Arm, answer);
      }

      expect(await theActivities(world).lookForGateway({ gatewayId })).toEqual(expected);
    });
  });

  describe('when it records what the gateway shows', () => {
    it.each([
      ['busy', busy, { outcome: 'wait', seconds: 40 }],
      ['not shown', { ...notFound, of: 'resource' }, { outcome: 'wait' }],
      ['not to be read', refused, { outcome: 'wait' }],
    ])('takes nothing for seen of one that is %s', async (_how, answer, expected) => {
      const world = createServicesWorld();
      const { thumbprint } = await aRevocation(world);
      world.arm.answerNext('readRaw', answer);
      const { epoch, desired, observed } = await gatewayOf(world);

      const seen = await theActivities(world).recordEntries({ gatewayId, epoch, desired, writeSeconds: [9] });

      expect(seen).toMatchObject(expected);
      expect(await gatewayOf(world)).toMatchObject({ applied: desired - 1, ...(observed && { observed }) });
      expect(await revocationState(world, thumbprint)).toBe('requested');
    });

    it('notes how far each entry has come, and what the writes took', async () => {
      const world = createServicesWorld();
      const { thumbprint } = await aRevocation(world);
      const { epoch } = await gatewayOf(world);
      await world.writeGateway({ gatewayId, epoch });
      const { desired } = await gatewayOf(world);

      const seen = await theActivities(world).recordEntries({ gatewayId, epoch, desired, writeSeconds: [240] });

      expect(seen).toEqual({ outcome: 'recorded', sessionsToSee: true });
      expect(await revocationState(world, thumbprint)).toBe('listed');
      expect((await gatewayOf(world)).updateSeconds.at(-1)).toBe(240);
    });

    it('notes a refusal against an entry only of a gateway that it can read', async () => {
      const world = createServicesWorld();
      const { thumbprint } = await aRevocation(world);
      const refusals = [{ key: `revocation:${thumbprint}`, isNamed: true, ...azureFailure('SomeCode', 'Words.') }];
      world.arm.answerNext('readRaw', unavailable);
      await theActivities(world).recordRefusals({ gatewayId, refusals });
      expect(await revocationState(world, thumbprint)).toBe('requested');

      await theActivities(world).recordRefusals({ gatewayId, refusals });
      expect(await revocationState(world, thumbprint)).toBe('refused');
    });
  });

  describe('about sessions', () => {
    it('answers a start, a wait and a refusal of Azure as data, and whether more is wanted meanwhile', async () => {
      const world = createServicesWorld();
      await aRevocation(world);
      const { desired } = await gatewayOf(world);
      const { startSessionList, lookForIntents } = theActivities(world);
      const start = (answer: unknown, done = desired) => {
        world.arm.answerNext('startSessions', answer);
        return startSessionList({ gatewayId, desired: done });
      };

      expect(await start({ outcome: 'done', value: 'state', retryAfterSeconds: 3 })).toEqual({
        outcome: 'started',
        state: 'state',
        seconds: 3,
      });
      expect(await start(busy)).toMatchObject({ outcome: 'wait', seconds: 40, isOvertaken: false });
      expect(await start(unavailable, desired - 1)).toMatchObject({ outcome: 'wait', seconds: 7, isOvertaken: true });
      expect(await start(refused)).toEqual({ outcome: 'refused', ...said });
      expect(await start({ ...notFound, of: 'resource' })).toEqual({ outcome: 'refused', ...said });
      expect(await lookForIntents({ gatewayId, desired })).toEqual({ isOvertaken: false });
      expect(await lookForIntents({ gatewayId, desired: desired - 1 })).toEqual({ isOvertaken: true });
    });

    it('takes for a look only what Azure ended with a list', async () => {
      const world = createServicesWorld();
      const { thumbprint } = await aRevocation(world);
      const { epoch, desired } = await gatewayOf(world);
      await world.writeGateway({ gatewayId, epoch });
      const activities = theActivities(world);
      await activities.recordEntries({ gatewayId, epoch, desired, writeSeconds: [] });
      const poll = (answer: unknown) => {
        world.arm.answerNext('pollSessions', answer);
        return activities.pollSessionList({ gatewayId, desired, state: 'state' });
      };
      const session = {
        commonName: 'kim-laptop',
        connectionId: 'OVPN_1',
        publicIpAddress: '',
        privateIpAddress: '',
      };

      const running = { outcome: 'running', state: 'next', retryAfterSeconds: 9 };
      expect(await poll(running)).toEqual({ outcome: 'running', state: 'next', seconds: 9, isOvertaken: false });
      expect(await poll({ outcome: 'unreadable', ...words })).toEqual({ outcome: 'refused', ...said });
      expect(await poll({ outcome: 'failed', aboutBody: false, ...words })).toEqual({ outcome: 'refused', ...said });
      expect(await poll({ outcome: 'succeeded', value: { sessions: [session], unreadable: 0 } })).toEqual({
        outcome: 'done',
        toCut: [{ connectionId: 'OVPN_1', key: `revocation:${thumbprint}` }],
        unproven: [],
      });
    });
  });

  describe('about the profile package', () => {
    const pending = { gatewayId, desired: 1, state: 'state', wanted: 2 };

    it('starts none unless one is wanted, and says which number is being served', async () => {
      const world = createServicesWorld();
      await aGateway(world);
      const { startProfile } = theActivities(world);
      expect(await startProfile({ gatewayId, desired: 1 })).toEqual({ outcome: 'none' });

      await world.trust.requestProfile(gatewayId, aRequest(world, 'profile'));
      world.arm.answerNext('startProfile', { outcome: 'done', value: 'state' });
      expect(await startProfile({ gatewayId, desired: 1 })).toMatchObject({ outcome: 'started', wanted: 2 });
    });

    it('keeps the package, and ends the requests that it serves', async () => {
      const world = createServicesWorld();
      await aGateway(world);
      const { id } = await world.trust.requestProfile(gatewayId, aRequest(world, 'profile'));
      world.arm.answerNext('pollProfile', { outcome: 'succeeded', value: new Uint8Array([1]) });

      expect(await theActivities(world).pollProfile(pending)).toEqual({ outcome: 'done', hash: 'abc' });

      const { blobName } = given(await world.stores.profiles.get({ partitionKey: gatewayId, rowKey: 'newest' })).record;
      expect(blobName).toMatch(/^vnet1gw\/abc-[0-9a-f]{16}\.zip$/);
      expect(await createMemoryBlobs(world.tables).get('profiles', blobName)).toEqual(new Uint8Array([1]));
      expect(await world.operations.view(id)).toMatchObject({ status: 'succeeded' });
      expect((await gatewayOf(world)).profileMade).toBe(2);
    });

    it('refuses a package that cannot be read, and fails the requests in the words of the refusal', async () => {
      const world = createServicesWorld();
      await aGateway(world);
      const { id } = await world.trust.requestProfile(gatewayId, aRequest(world, 'profile'));
      world.arm.answerNext('pollProfile', { outcome: 'succeeded', value: new Uint8Array() });
      const { pollProfile, failProfile } = theActivities(world);

      const made = await pollProfile(pending);
      expect(made).toMatchObject({ outcome: 'refused', code: 'profileUnreadable', message: 'The package is empty.' });
      await failProfile({ gatewayId, wanted: 2, code: 'profileUnreadable', message: 'The package is empty.' });

      expect(await world.operations.view(id)).toMatchObject({
        status: 'failed',
        problem: { detail: expect.stringContaining('The package is empty.') as unknown },
      });
      expect((await world.operations.view(id))?.problem).not.toHaveProperty('azure');
    });

    it("fails the requests in Azure's words, apart from ours, and tells them in the event", async () => {
      const world = createServicesWorld();
      await aGateway(world);
      const { id } = await world.trust.requestProfile(gatewayId, aRequest(world, 'profile'));
      const azure = { code: 'InternalServerError', message: 'An error occurred.', correlationId: 'c-1' };
      world.arm.answerNext('startProfile', { outcome: 'failed', ...azure, aboutBody: false });
      const { startProfile, failProfile } = theActivities(world);

      const started = await startProfile({ gatewayId, desired: 0 });
      if (started.outcome !== 'refused') throw new Error('it was not refused');
      await failProfile({ ...started, gatewayId });

      expect(await world.operations.view(id)).toMatchObject({ status: 'failed', problem: { azure } });
      const events = world.tables.rows('Outbox').map(({ columns }) => JSON.stringify(columns));
      expect(events.filter((event) => event.includes(id) && event.includes('c-1'))).toHaveLength(1);
    });
  });

  it('shows why a write did not get through while the writer is still at it, and gives the gateway back then', async () => {
    const world = createServicesWorld();
    const { id } = await aRevocation(world);
    const { epoch, desired } = await gatewayOf(world);
    const { showWriteFailure, pauseGateway } = theActivities(world);

    await showWriteFailure({ gatewayId, epoch, ...azureFailure('SomeCode', 'Words.', 'c-1') });

    expect(await world.operations.view(id)).toMatchObject({
      status: 'running',
      steps: [
        { status: 'waiting', detail: expect.stringContaining('SomeCode: Words. (correlation id c-1)') as unknown },
      ],
    });
    const shown = await gatewayOf(world);
    expect(shown).toMatchObject({
      writer: { epoch },
      writeFailure: { ...azureFailure('SomeCode', 'Words.', 'c-1'), attempts: 1 },
    });

    expect(await pauseGateway({ gatewayId, epoch, desired: desired - 1 })).toEqual({ released: false });
    expect(await pauseGateway({ gatewayId, epoch, desired })).toEqual({ released: true });
    const { writer, ...rest } = await gatewayOf(world);
    expect(writer).toBeUndefined();
    expect(rest.writeFailure).toEqual(shown.writeFailure);
  });
});
