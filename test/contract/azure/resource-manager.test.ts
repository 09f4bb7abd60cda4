/**
 * The Arm port with real requests against the local Resource Manager: what it promises, and what becomes of odd
 * answers.
 */
import { createResourceManager } from '../../../src/azure/resource-manager.ts';
import type { Arm, ArmAnswer, ArmPoll } from '../../../src/ports/arm.ts';
import { type ArmStack, startArmStack } from '../../support/arm-stack.ts';
import { aClientConfiguration, aGateway, location } from '../../support/builders/arm-bodies.ts';
import { createRecordingLog, type RecordingLog } from '../../support/recording-log.ts';

const audience = 'https://management.azure.com/';
const hourMs = 3600 * 1000;
const gatewayPath = '/providers/Microsoft.Network/virtualNetworkGateways/gw';

let stack: ArmStack;
let arm: Arm;
let recording: RecordingLog;
let gatewayId: string;

beforeEach(async () => {
  stack = await startArmStack();
  recording = createRecordingLog();
  arm = createResourceManager({
    endpoint: stack.arm.url.replace(/\/$/, ''),
    credential: {
      getToken: () =>
        Promise.resolve({
          token: stack.test.tokenFor(audience, {}, 1000 * hourMs),
          expiresOnTimestamp: Date.now() + hourMs,
        }),
    },
    log: recording.log,
    now: () => stack.test.host.clock.now(),
    clientOptions: { tlsOptions: { ca: stack.test.ca } },
  });
  gatewayId = `${stack.group}${gatewayPath}`;
});

afterEach(async () => {
  await stack.close();
});

async function makeGateway(): Promise<void> {
  await stack.prepareNetwork();
  await stack.put(gatewayPath, aGateway(stack.group, { vpnClientConfiguration: aClientConfiguration() }));
}

function valueOf<T>(answer: ArmAnswer<T>): T {
  if (answer.outcome !== 'done') throw new Error(`not done: ${JSON.stringify(answer)}`);
  return answer.value;
}

/** The next request of the service whose path holds `path` is answered so. */
function answerNext(path: string, then: object, method?: string): void {
  stack.test.host.faults.add({
    service: 'arm',
    path,
    times: 1,
    then: then as { status: number },
    ...(method === undefined ? {} : { method }),
  });
}

async function finish<T>(state: string, poll: (state: string) => Promise<ArmPoll<T>>): Promise<ArmPoll<T>> {
  let answer = await poll(state);
  for (let looks = 0; ['running', 'busy'].includes(answer.outcome) && looks < 10; looks += 1) {
    await stack.test.advance(60_000);
    answer = await poll(answer.outcome === 'running' ? answer.state : state);
  }
  return answer;
}

describe('src/azure/resource-manager', () => {
  it('makes and reads a group, an address and a gateway, and lists what is there, all pages of it', async () => {
    expect(await arm.resourceGroupExists(stack.group)).toEqual({ outcome: 'done', value: false });
    expect(await arm.putResourceGroup(stack.group, location, { for: 'tests' })).toMatchObject({ outcome: 'done' });
    expect(await arm.resourceGroupExists(stack.group)).toEqual({ outcome: 'done', value: true });
    await makeGateway();
    for (const name of ['a', 'b', 'c']) {
      const id = `${stack.group}/providers/Microsoft.Network/publicIPAddresses/${name}`;
      expect(await arm.putPublicIp(id, { location, zones: ['1', '2', '3'], tags: {} })).toMatchObject({
        outcome: 'done',
        operationUrl: expect.stringContaining('/operations/') as string,
      });
      await stack.test.advance(hourMs);
      expect(await arm.readProvisioning(id)).toMatchObject({ outcome: 'done', value: 'Succeeded' });
      expect(valueOf(await arm.readPublicIpAddress(id))).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    }

    expect(valueOf(await arm.readRaw(gatewayId))).toMatchObject({ name: 'gw', etag: expect.any(String) as string });
    expect(valueOf(await arm.listGateways(stack.group))).toEqual([gatewayId]);
    expect(valueOf(await arm.listResourceGroup(stack.group))).toHaveLength(6);
  });

  it('deletes a gateway and then its group', async () => {
    await makeGateway();

    expect(await arm.deleteResource(gatewayId)).toMatchObject({ outcome: 'done' });
    await stack.test.advance(hourMs);
    expect(await arm.readProvisioning(gatewayId)).toMatchObject({ outcome: 'missing', of: 'resource' });
    expect(valueOf(await arm.listGateways(stack.group))).toEqual([]);

    expect(await arm.deleteResourceGroup(stack.group)).toMatchObject({ outcome: 'done' });
    await stack.test.advance(hourMs);
    expect(await arm.resourceGroupExists(stack.group)).toEqual({ outcome: 'done', value: false });
    expect(await arm.readRaw(gatewayId)).toMatchObject({ outcome: 'missing', of: 'resourceGroup' });
  });

  it('tells a subscription that Azure does not know from a group that is not there', async () => {
    const elsewhere = stack.group.replace(stack.subscriptionId, '99999999-2222-4333-8444-555555555555');

    expect(await arm.resourceGroupExists(elsewhere)).toMatchObject({ outcome: 'missing', of: 'subscription' });
    expect(await arm.listGateways(elsewhere)).toMatchObject({ outcome: 'missing', of: 'subscription' });
  });

  it.each([
    ['lists it', undefined],
    ['does not list groups now', { status: 503, code: 'ServiceUnavailable' }],
  ])('takes one answer that a group is not there for no absence while Azure %s', async (_what, list) => {
    await arm.putResourceGroup(stack.group, location, {});
    answerNext(`${stack.group}\\?`, { status: 404, code: 'ResourceGroupNotFound' }, 'GET');
    if (list !== undefined) answerNext('/resourceGroups\\?', list, 'GET');

    expect(await arm.resourceGroupExists(stack.group)).toMatchObject({ outcome: 'unavailable' });
    expect(await arm.resourceGroupExists(stack.group)).toEqual({ outcome: 'done', value: true });
  });

  it('lists sessions, cuts one and makes a profile', async () => {
    await makeGateway();
    const session = stack.arm.connectSession({ gateway: 'gw', commonName: 'alice', publicIp: '203.0.113.9' });
    await stack.test.advance(5 * 60_000);

    const listed = await finish(valueOf(await arm.startSessions(gatewayId)), (state) => arm.pollSessions(state));
    expect(listed).toMatchObject({
      outcome: 'succeeded',
      value: { sessions: [{ connectionId: session.id, commonName: 'alice' }], unreadable: 0 },
    });

    const cut = valueOf(await arm.startDisconnect(gatewayId, [session.id]));
    expect(await finish(cut, (state) => arm.pollDisconnect(state))).toEqual({ outcome: 'succeeded' });
    expect(stack.arm.listSessions()).toEqual([]);

    const made = await finish(valueOf(await arm.startProfile(gatewayId)), (state) => arm.pollProfile(state));
    expect(made).toMatchObject({ outcome: 'succeeded' });
    expect(made.outcome === 'succeeded' && Buffer.from(made.value).subarray(0, 2).toString()).toBe('PK');
  });

  describe('when Azure answers in other forms', () => {
    const json = { 'content-type': 'application/json' };

    it.each([
      [
        'a proxy’s page',
        {
          status: 403,
          headers: { 'content-type': 'text/html' },
          body: '<html><body><h1>Forbidden</h1>by proxy</body></html>',
        },
        { outcome: 'refused', status: 403, code: 'Http403', message: 'Forbidden by proxy', aboutBody: false },
      ],
      ['407', { status: 407 }, { outcome: 'refused', status: 407, code: 'Http407', aboutBody: false }],
      [
        'another letter case and 429',
        {
          status: 429,
          headers: { ...json, 'retry-after': '0' },
          body: { Error: { Code: 'Throttled', Message: 'Later.' } },
        },
        { outcome: 'busy', code: 'Throttled', message: 'Later.', retryAfterSeconds: 1 },
      ],
      [
        'the busy code in details',
        {
          status: 400,
          headers: json,
          body: { error: { code: 'Bad', details: [{ code: 'AnotherOperationInProgress' }] } },
        },
        { outcome: 'busy', code: 'Bad' },
      ],
      [
        'a lasting 500',
        {
          status: 500,
          headers: { ...json, 'x-ms-correlation-request-id': 'c-9' },
          body: { error: { code: 'InternalServerError', message: 'An error occurred.' } },
        },
        {
          outcome: 'unavailable',
          status: 500,
          code: 'InternalServerError',
          message: 'An error occurred.',
          correlationId: 'c-9',
        },
      ],
      [
        'a refused entry',
        {
          status: 400,
          headers: json,
          body: { code: 'VpnClientRootCertificateInvalid', message: 'Entry old-root has expired.' },
        },
        {
          outcome: 'refused',
          code: 'VpnClientRootCertificateInvalid',
          message: 'Entry old-root has expired.',
          aboutBody: true,
        },
      ],
    ])('reads %s of a write', async (_what, then, expected) => {
      answerNext('/virtualNetworkGateways/gw', then, 'PUT');

      expect(await arm.putRaw(gatewayId, aGateway(stack.group) as never)).toMatchObject(expected);
    });

    it('tells that Azure asked for a pause, and of what, without the query', async () => {
      answerNext('/virtualNetworkGateways/gw', { status: 429, headers: { 'retry-after': '17' } });

      await arm.readRaw(gatewayId);

      const target = `GET ${gatewayId}`;
      expect(recording.told).toEqual([{ event: 'azure.throttled', outcome: 'throttled', target, seconds: 17 }]);
    });

    it('reads a date in Retry-After by the application’s clock', async () => {
      const at = new Date(stack.test.host.clock.nowMs() + 90_000).toUTCString();
      answerNext('/virtualNetworkGateways/gw', { status: 429, headers: { 'retry-after': at } });

      const answer = await arm.readRaw(gatewayId);

      expect(answer).toMatchObject({ outcome: 'busy' });
      expect(answer.outcome === 'busy' && Math.abs(answer.retryAfterSeconds - 90)).toBeLessThan(15);
    });

    it.each([
      ['a page of another service', { status: 404, headers: { 'content-type': 'text/html' }, body: '<html>no</html>' }],
      ['nothing', { status: 404 }],
      ['a success without a gateway in it', { status: 200, headers: json, body: null }],
      ['a success without a state', { status: 200, headers: json, body: { id: '/x', properties: { sku: {} } } }],
    ])('takes %s for no absence and no look', async (_what, then) => {
      answerNext('/virtualNetworkGateways/gw', then);

      expect(await arm.readProvisioning(gatewayId)).toMatchObject({ outcome: 'unavailable' });
    });

    it.each([null, {}, { value: null }, { value: [{}] }, { value: {} }, 'text'])(
      'does not take %j for a list in which a gateway is not',
      async (body) => {
        answerNext('/virtualNetworkGateways', { status: 200, headers: json, body });

        expect(await arm.listGateways(stack.group)).toMatchObject({ outcome: 'unavailable' });
      },
    );

    it('takes its token to no address but Azure’s', async () => {
      const nextLink = 'https://example.com/next';
      answerNext('/virtualNetworkGateways', { status: 200, headers: json, body: { value: [], nextLink } });
      answerNext('/generatevpnprofile', { status: 202, headers: { location: nextLink } });

      expect(await arm.listGateways(stack.group)).toMatchObject({ outcome: 'unavailable' });
      expect(await arm.startProfile(gatewayId)).toMatchObject({ outcome: 'unavailable' });
      expect(await arm.pollProfile(JSON.stringify({ resultUrl: nextLink }))).toMatchObject({ outcome: 'unreadable' });
      expect(await arm.readOperationError(nextLink)).toBeUndefined();
    });
  });

  describe('when an action ends in another form', () => {
    const json = { 'content-type': 'application/json' };
    const resultUrl = (): string => `${stack.arm.url.replace(/\/$/, '')}/subscriptions/x/operationResults/one`;
    const statusUrl = (): string => `${stack.arm.url.replace(/\/$/, '')}/subscriptions/x/operations/one`;
    const located = (): string => JSON.stringify({ resultUrl: resultUrl() });

    it.each([null, {}, '', { value: null }, { value: 'none' }, { value: { 0: {} } }, []])(
      'does not take %j for a list without sessions',
      async (body) => {
        answerNext('/operationResults/one', { status: 200, headers: json, body });

        expect(await arm.pollSessions(located())).toMatchObject({ outcome: 'unreadable' });
      },
    );

    it('counts rows whose name cannot be read, and keeps those that cannot be cut', async () => {
      const body = {
        value: [
          { vpnUserName: 'alice', vpnConnectionId: 'OVPN_1', publicIpAddress: 7 },
          { vpnUserName: 'bob' },
          { vpnConnectionId: 'OVPN_3' },
          { vpnUserName: null, vpnConnectionId: 'OVPN_4' },
          null,
        ],
      };
      answerNext('/operationResults/one', { status: 200, headers: json, body });

      expect(await arm.pollSessions(located())).toEqual({
        outcome: 'succeeded',
        value: {
          sessions: [
            { connectionId: 'OVPN_1', commonName: 'alice', publicIpAddress: '', privateIpAddress: '' },
            { connectionId: undefined, commonName: 'bob', publicIpAddress: '', privateIpAddress: '' },
          ],
          unreadable: 3,
          unreadableIds: ['OVPN_3', 'OVPN_4'],
        },
      });
      answerNext('/operationResults/one', { status: 200, headers: json, body: { value: [] } });
      expect(await arm.pollSessions(located())).toMatchObject({ value: { sessions: [], unreadable: 0 } });
    });

    it.each([{ status: 200, headers: json, body: null }, { status: 200 }, { status: 204 }])(
      'takes the end of a disconnection as Azure gives it: %j',
      async (then) => {
        answerNext('/operationResults/one', then);

        expect(await arm.pollDisconnect(located())).toEqual({ outcome: 'succeeded', value: undefined });
      },
    );

    it.each([null, {}, '', 'not an address'])('fails a profile that ends with %j, in words', async (body) => {
      answerNext('/operationResults/one', { status: 200, headers: json, body: JSON.stringify(body) });

      expect(await arm.pollProfile(located())).toMatchObject({
        outcome: 'failed',
        code: 'profileWithoutAddress',
        message: expect.stringContaining('the address of a package') as string,
      });
    });

    it('does not read a package on that has no end', async () => {
      const file = `${stack.arm.url}/subscriptions/endless`;
      answerNext('/operationResults/one', { status: 200, headers: json, body: JSON.stringify(file) });
      answerNext('/subscriptions/endless', { status: 200, body: 'x'.repeat(17 * 1024 * 1024) });

      expect(await arm.pollProfile(located())).toMatchObject({
        outcome: 'busy',
        code: 'profileNotReady',
        message: expect.stringContaining('larger than') as string,
      });
    });

    it('gives Azure’s words of an action that fails at its Location', async () => {
      const error = {
        code: 'VpnProfileFailed',
        message: 'No root.',
        details: [{ code: 'Inner', message: 'Add one.' }],
      };
      answerNext('/operationResults/one', { status: 400, headers: json, body: { error } });

      expect(await arm.pollProfile(located())).toMatchObject({
        outcome: 'failed',
        code: 'VpnProfileFailed',
        message: 'No root. Inner: Add one.',
      });
    });

    it('gives Azure’s words of an action that fails by its status, details and all', async () => {
      const error = {
        code: 'Failed',
        message: 'See.',
        details: [{ code: 'Inner', message: 'The gateway is being updated.' }],
      };
      answerNext('/operations/one', { status: 200, headers: json, body: { status: 'Failed', error } });

      const answer = await arm.pollDisconnect(JSON.stringify({ statusUrl: statusUrl(), resultUrl: resultUrl() }));

      expect(answer).toMatchObject({ outcome: 'failed', message: 'See. Inner: The gateway is being updated.' });
    });

    it.each([
      [
        'a page',
        { status: 200, headers: { 'content-type': 'text/html' }, body: '<html><body>Sign in</body></html>' },
        'unavailable',
      ],
      ['null', { status: 200, headers: json, body: null }, 'unavailable'],
      ['a state that nobody knows', { status: 200, headers: json, body: { status: 'Scaling' } }, 'running'],
      ['503', { status: 503 }, 'unavailable'],
      ['429', { status: 429 }, 'busy'],
      [
        '404',
        { status: 404, headers: json, body: { error: { code: 'OperationNotFound', message: 'Gone.' } } },
        'unreadable',
      ],
    ])('does not take a status of %s for an end', async (_what, then, outcome) => {
      answerNext('/operations/one', then);

      expect(await arm.pollDisconnect(JSON.stringify({ statusUrl: statusUrl() }))).toMatchObject({ outcome });
    });

    it('goes on with an action that was begun by an earlier version', async () => {
      const config = { metadata: { mode: 'ResourceLocation' }, operationLocation: resultUrl(), requestMethod: 'POST' };
      answerNext('/operationResults/one', { status: 200, headers: json, body: { value: [] } });

      const answer = await arm.pollSessions(JSON.stringify({ state: { status: 'running', config } }));

      expect(answer).toMatchObject({ outcome: 'succeeded', value: { sessions: [] } });
    });
  });
});
