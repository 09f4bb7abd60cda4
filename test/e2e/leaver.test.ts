/** A person who left is out everywhere, and the paper says so: through the public routes of a running stack. */
import { given } from '../support/given.ts';
import { type RunningTestStack, type StackAnswer, startStack } from '../support/stack.ts';
import { revokedOnGateway } from './support/azure.ts';
import { endByClock, followByClock } from './support/by-clock.ts';
import {
  acceptedOperation,
  advanceUntil,
  createRoot,
  examplePlan,
  expectStatus,
  issue,
  type JsonObject,
} from './support/line.ts';

jest.setTimeout(600_000);

const gatewayId = 'vnet1gw';
const owner = '/api/owners/ann-example-com';
let stack: RunningTestStack;

beforeAll(async () => {
  stack = await startStack({ speed: 600, noise: 0 });
  await followByClock(stack, await stack.api('POST', '/api/gateways', examplePlan('vnet1-powershell')));
  for (const id of ['root-1', 'root-2']) await createRoot(stack, id);
  await followByClock(stack, await stack.api('PUT', `/api/gateways/${gatewayId}/roots/root-1`, {}));
});

afterAll(async () => {
  await stack.stop();
});

async function connect(thumbprint: string, publicIp: string): Promise<void> {
  const answer = await stack.control('POST', '/sessions', { gateway: 'VNet1GW', thumbprint, publicIp });
  if (answer.status >= 300) throw new Error(JSON.stringify(answer.body));
}

async function connected(): Promise<readonly string[]> {
  const sessions = (await stack.control('GET', '/sessions')).body as readonly { readonly commonName: string }[];
  return sessions.map(({ commonName }) => commonName);
}

/** Azure counts its sessions every five minutes, which are half a second of this stack. */
async function untilCounted(): Promise<void> {
  await stack.advance('PT1S');
}

/** Asks who is connected; the list takes Azure some of the clock's seconds. */
async function listed(): Promise<readonly JsonObject[]> {
  const asked = { isDone: false };
  const answer = stack.api('GET', `/api/gateways/${gatewayId}/sessions`).finally(() => {
    asked.isDone = true;
  });
  await advanceUntil(stack, () => Promise.resolve(asked.isDone));
  return expectStatus(await answer, 200)['items'] as readonly JsonObject[];
}

function disconnect(choice: object): Promise<StackAnswer> {
  return stack.api('POST', `/api/gateways/${gatewayId}/sessions/disconnect`, choice);
}

describe('src/functions/gateways/gateway-sessions, on a running stack', () => {
  it('says who is connected, with what, and from where, and cuts the chosen alone', async () => {
    const kim = await issue(stack, { rootId: 'root-1', owner: 'kim@example.com' });
    const lou = await issue(stack, { rootId: 'root-1', owner: 'lou@example.com' });
    await connect(kim.thumbprint, '203.0.113.9');
    await connect(lou.thumbprint, '203.0.113.10');
    await untilCounted();

    const sessions = await listed();

    const of = (commonName: string): JsonObject => given(sessions.find((one) => one['commonName'] === commonName));
    expect(sessions).toHaveLength(2);
    expect(of(kim.subject.commonName)).toMatchObject({
      identity: 'known',
      isInPool: true,
      comesFrom: expect.stringMatching(/^203\.0\.113\.9(:\d+)?$/) as unknown,
      certificates: [{ thumbprint: kim.thumbprint, owner: 'kim-example-com', rootId: 'root-1', state: 'issued' }],
    });
    const connectionIds = [of(kim.subject.commonName)['connectionId']];
    expect(await followByClock(stack, await disconnect({ connectionIds }))).toMatchObject({ status: 'succeeded' });
    expect(await connected()).toEqual([lou.subject.commonName]);
    expect(await followByClock(stack, await disconnect({ thumbprints: [lou.thumbprint] }))).toMatchObject({
      kind: 'disconnectSessions',
      status: 'succeeded',
    });
    expect(await connected()).toEqual([]);
    expect(await listed()).toEqual([]);
  });

  it('refuses a choice that is none, and certificates and gateways that do not exist', async () => {
    for (const choice of [{}, { thumbprints: [] }, { thumbprints: ['AB'.repeat(20)], connectionIds: ['x'] }]) {
      expect((await disconnect(choice)).status).toBe(400);
    }
    expect((await disconnect({ thumbprints: ['AB'.repeat(20)] })).status).toBe(404);
    expect((await stack.api('GET', '/api/gateways/nowhere/sessions')).status).toBe(404);
  });
});

describe('src/services/gateways/leavers, on a running stack', () => {
  it('takes everything of one person out, cuts their sessions, and ends with the paper about it', async () => {
    const laptop = await issue(stack, { rootId: 'root-1' });
    const phone = await issue(stack, { rootId: 'root-1' });
    const nowhere = await issue(stack, { rootId: 'root-2' });
    const lee = await issue(stack, { rootId: 'root-1', owner: 'lee@example.com' });
    await connect(laptop.thumbprint, '203.0.113.7');
    await connect(lee.thumbprint, '203.0.113.8');

    const begun = acceptedOperation(await stack.api('POST', `${owner}/revoke`, { reason: 'left' }));
    expect((await stack.api('GET', `${owner}/statement`)).status).toBe(409);
    const ended = await endByClock(stack, begun.id);

    expect(ended).toMatchObject({ kind: 'revokeOwner', status: 'succeeded', target: 'ann-example-com' });
    expect(await connected()).toEqual([lee.subject.commonName]);
    expect(await revokedOnGateway(stack)).toEqual(expect.arrayContaining([laptop.thumbprint, phone.thumbprint]));
    expect(await revokedOnGateway(stack)).not.toContain(lee.thumbprint);
    const statement = expectStatus(await stack.api('GET', `${owner}/statement`), 200);
    expect(statement).toMatchObject({ isProven: true, reason: 'left', email: 'ann@example.com' });
    const places = Object.fromEntries(
      (statement['certificates'] as readonly { thumbprint: string; gateways: readonly object[] }[]).map((one) => [
        one.thumbprint,
        one.gateways,
      ]),
    );
    const proven = { gatewayId, state: 'proven', provenAt: expect.any(String) as unknown };
    expect(places).toEqual({
      [laptop.thumbprint]: [expect.objectContaining(proven)],
      [phone.thumbprint]: [expect.objectContaining(proven)],
      [nowhere.thumbprint]: [],
    });
    const text = await stack.api('GET', `${owner}/statement?format=text`);
    expect(text.headers.get('content-disposition')).toContain('access-of-ann-example-com-');
    expect(String(text.body)).toContain(`${laptop.thumbprint} ${laptop.subject.commonName}`);
  });

  it('gives whoever left nothing any more, until they are reopened', async () => {
    const order = { rootId: 'root-1' };
    await expect(issue(stack, order)).rejects.toThrow('ownerLeft');
    expect(expectStatus(await stack.api('GET', '/api/owners?state=left'), 200)['items']).toMatchObject([
      { id: 'ann-example-com', departure: { reason: 'left' } },
    ]);

    expectStatus(await stack.api('POST', `${owner}/reopen`), 200);

    expect(await issue(stack, order)).toMatchObject({ state: 'issued' });
  });
});
