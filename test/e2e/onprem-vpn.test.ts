/**
 * VPN access to an Azure Stack POC, shared over SSH: what its administrator asks for, and what its users then can do.
 */
import type { RunningTestStack } from '../support/stack.ts';
import { readSecret } from './support/azure.ts';
import { acceptedOperation, expectStatus, type JsonObject } from './support/line.ts';
import { readChanges, readHistory, seeMachine, stepStates, untilDone } from './support/onprem-line.ts';
import {
  accessPath,
  closeAccess,
  dialIn,
  holdsKey,
  host,
  kitText,
  nat,
  offerKit,
  openAccess,
  pool,
  revealing,
  seeAccess,
  serverAddress,
  stackId,
  startPoc,
  touchedState,
  useLink,
} from './support/onprem-vpn.ts';

jest.setTimeout(600_000);

const platforms = ['windows', 'macos', 'networkmanager', 'strongswan'] as const;
let stack: RunningTestStack;
let before: object;
let sharedKey: string;

beforeAll(async () => {
  stack = await startPoc();
  before = await touchedState(stack);
});

afterAll(async () => {
  await stack.stop();
});

async function passwordOf(name: string): Promise<string> {
  const user = (await seeAccess(stack)).users.find((each) => each.name === name);
  return (await readSecret(stack, user?.passwordSecret ?? 'none')) ?? '';
}

async function changeUser(method: string, path: string): Promise<void> {
  await untilDone(stack, await stack.api(method, `/api/stacks/${stackId}/users/${path}`));
}

describe('src/orchestrations/on-premises/vpn-access, over SSH', () => {
  it('tells who answers at a machine', async () => {
    const check = await untilDone(stack, await stack.api('POST', `/api/machines/${host}/check`));

    expect(check.result).toMatchObject({ hostName: 'AZS-HOST1', isElevated: true });
  });

  it('makes the NATVM an L2TP server and keeps the way out of the stack', async () => {
    const { id } = await openAccess(stack, ['ann', 'bob']);
    const second = await stack.api('POST', accessPath, { users: [] });
    const end = await untilDone(stack, await stack.api('GET', `/api/operations/${id}/result`));
    const machine = await seeMachine(stack, nat);
    sharedKey = (await readSecret(stack, (await seeAccess(stack)).sharedKeySecret)) ?? '';

    expect(second).toMatchObject({ status: 409, body: { code: 'ERR_CONFLICT' } });
    expect(end.result).toMatchObject({ serverAddress, portalAnswers: true, users: ['ann', 'bob'] });
    expect(new Set(Object.values(stepStates(end)))).toEqual(new Set(['succeeded']));
    expect(machine).toMatchObject({
      isNatUp: true,
      services: { RemoteAccess: 'Running' },
      remoteAccess: {
        vpnStatus: 'Installed',
        vpnS2SStatus: 'Installed',
        pool,
        inForce: { sharedKey, routerType: 'lananddd' },
        natModes: { 'Ethernet 2': 'full' },
        policies: [{ isEnabled: true, grantsAccess: true }],
        preferredAdapter: 'Ethernet',
        firewallNic: 'Ethernet 2',
      },
    });
    const users = machine.accounts.filter(({ name }) => name !== 'Administrator');
    expect(users.map(({ name, isEnabled, isAdministrator }) => [name, isEnabled, isAdministrator])).toEqual([
      ['ann', true, false],
      ['bob', true, false],
    ]);
    expect(sharedKey).toMatch(/^[\w.-]{20,64}$/);
  });

  it('changes each thing once, one command at a time', async () => {
    const history = (await readHistory(stack)).filter(({ ended }) => ended !== undefined);
    const begins = history.map(({ begun }) => begun);
    const ends = history.map(({ ended = '' }) => ended);

    expect((await readChanges(stack)).map((change) => change.replace(' apply', ''))).toEqual(
      'P1 P17 P3 P4 P5 P6 P7 P8 P6 P10 P11 P12 P14 P15 P15'.split(' '),
    );
    expect(begins.slice(1).every((begin, index) => begin >= (ends[index] ?? ''))).toBe(true);
    expect(new Set(history.map(({ connectedTo, transport }) => `${connectedTo} ${transport}`))).toEqual(
      new Set([`${host} ssh`]),
    );
  });

  it('tells who answers at the machine behind the host, now that the host trusts it', async () => {
    const check = await untilDone(stack, await stack.api('POST', `/api/machines/${nat}/check`));

    expect(check.result).toMatchObject({ hostName: 'NATVM', isElevated: true });
  });

  it('lets in who has the key and a password, and nobody else', async () => {
    const password = await passwordOf('ann');

    expect(await dialIn(stack, { userName: 'ann', password, sharedKey })).toBe('connected');
    expect(await dialIn(stack, { userName: 'ann', password, sharedKey: `${sharedKey}x` })).toBe(789);
    expect(await dialIn(stack, { userName: 'ann', password: await passwordOf('bob'), sharedKey })).toBe(691);
    expect(await dialIn(stack, { userName: 'eve', password, sharedKey })).toBe(691);
  });

  it('changes nothing when it is asked for again', async () => {
    const changes = await readChanges(stack);
    await untilDone(stack, await stack.api('POST', accessPath, { users: [{ name: 'ann' }] }));

    expect(await readChanges(stack)).toEqual(changes);
    expect(await dialIn(stack, { userName: 'bob', password: await passwordOf('bob'), sharedKey })).toBe('connected');
  });

  it('lists the end of the root certificate', async () => {
    const { certificate } = await seeAccess(stack);
    const { items } = expectStatus(await stack.api('GET', '/api/expiries?within=P400D'), 200);

    expect(items).toEqual([
      expect.objectContaining({
        kind: 'stack-certificate',
        id: `${stackId}.${certificate?.thumbprint ?? ''}`,
        notAfter: certificate?.notAfter,
      }),
    ]);
  });

  it.each(platforms)('hands out the kit for %s by a link that works three times', async (platform) => {
    const { kind, url } = await offerKit(stack, 'ann', platform, platform === 'windows' ? 'split' : 'full');
    const page = await useLink(stack, url, 'GET');
    const first = await useLink(stack, url, 'POST');
    const others = [await useLink(stack, url, 'POST'), await useLink(stack, url, 'POST')];
    const gone = [await useLink(stack, url, 'POST'), await useLink(stack, url, 'GET')];

    expect(kind).toBe(platform);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(holdsKey(page.content.toString(), sharedKey)).toBe(false);
    expect(first.headers.get('content-disposition')).toMatch(/^attachment;/);
    const text = kitText(first.content);
    expect(holdsKey(text, sharedKey)).toBe(true);
    expect(text).toContain(serverAddress);
    expect(text).not.toContain(await passwordOf('ann'));
    // What the server tells its clients macOS takes no search domain without.
    if (platform === 'macos') expect(text).toMatch(/192\.168\.200\.67[^]*SearchDomains[^]*azurestack\.local/);
    expect(others.map(({ status, content }) => [status, content.equals(first.content)])).toEqual([
      [200, true],
      [200, true],
    ]);
    expect(gone.map(({ status }) => status)).toEqual([404, 404]);
  });

  it('ends the former link when a kit is made again', async () => {
    const former = await offerKit(stack, 'ann', 'macos');
    const link = await offerKit(stack, 'ann', 'macos');

    expect((await useLink(stack, former.url, 'POST')).status).toBe(404);
    expect((await useLink(stack, link.url, 'GET')).status).toBe(200);
  });

  it('tells the password of a new user once, to whoever asks for it', async () => {
    const answer = await revealing(stack, '/users', { name: 'carol' });
    const { password } = expectStatus(answer, 202) as { readonly password: string };
    await untilDone(stack, answer);
    const again = await revealing(stack, '/users', { name: 'carol' });
    await untilDone(stack, again);

    expect(answer.headers.get('preference-applied')).toBe('reveal-password');
    expect(again.body).not.toHaveProperty('password');
    expect(await dialIn(stack, { userName: 'carol', password, sharedKey })).toBe('connected');
  });

  it('gives a user a new password, and the former one opens nothing', async () => {
    const former = await passwordOf('ann');
    const answer = await revealing(stack, '/users/ann/reset');
    const { password } = answer.body as JsonObject;
    await untilDone(stack, answer);

    expect(password).not.toBe(former);
    expect(await dialIn(stack, { userName: 'ann', password: former, sharedKey })).toBe(691);
    expect(await dialIn(stack, { userName: 'ann', password: String(password), sharedKey })).toBe('connected');
  });

  it('puts a user out at once, and lets them in again with a new password', async () => {
    const password = await passwordOf('bob');
    await changeUser('POST', 'bob/disable');
    const { remoteAccess } = await seeMachine(stack, nat);

    expect(remoteAccess?.sessions.filter(({ userName }) => userName === 'bob')).toEqual([]);
    expect(await dialIn(stack, { userName: 'bob', password, sharedKey })).toBe(691);
    expect((await stack.api('POST', `/api/stacks/${stackId}/users/bob/kits`, { platform: 'windows' })).status).toBe(
      409,
    );

    await changeUser('POST', 'bob/reset');
    expect(await dialIn(stack, { userName: 'bob', password: await passwordOf('bob'), sharedKey })).toBe('connected');
  });

  it('removes a user with the password', async () => {
    const { users } = await seeAccess(stack);
    const carol = users.find(({ name }) => name === 'carol');
    await changeUser('DELETE', 'carol');

    expect((await seeMachine(stack, nat)).accounts.map(({ name }) => name)).not.toContain('carol');
    expect((await seeAccess(stack)).users.map(({ name }) => name)).toEqual(['ann', 'bob']);
    expect(await readSecret(stack, carol?.passwordSecret ?? '')).toBeUndefined();
  });

  it('warns when more users are let in than there are addresses for', async () => {
    const range = { from: '192.168.200.201', to: '192.168.200.202' };
    await untilDone(stack, await stack.api('POST', accessPath, { addressRange: range }));
    const warned = await seeAccess(stack);
    await untilDone(stack, await stack.api('POST', accessPath, {}));

    expect(warned['warnings']).toEqual([
      expect.objectContaining({ code: 'moreUsersThanAddresses' }),
      expect.objectContaining({ code: 'notStated', path: '/isBehindNat' }),
    ]);
    expect((await seeMachine(stack, nat)).remoteAccess?.pool).toEqual(pool);
  });

  it('takes everything back: machines, links, passwords', async () => {
    const { users } = await seeAccess(stack);
    const { url } = await offerKit(stack, 'ann', 'windows');
    const password = await passwordOf('ann');
    await untilDone(stack, await stack.api('DELETE', accessPath));

    expect(await touchedState(stack)).toEqual(before);
    expect(await dialIn(stack, { userName: 'ann', password, sharedKey })).toBe(809);
    expect((await useLink(stack, url, 'GET')).status).toBe(404);
    expect(await seeAccess(stack)).toMatchObject({ state: 'closed', users: [] });
    const left = await Promise.all(users.map(({ passwordSecret }) => readSecret(stack, passwordSecret)));
    expect(left).toEqual([undefined, undefined]);
  });

  it('opens again after it was taken back, and the users of before need their new passwords', async () => {
    const { id } = await openAccess(stack, ['ann']);
    await untilDone(stack, await stack.api('GET', `/api/operations/${id}/result`));
    const key = (await readSecret(stack, (await seeAccess(stack)).sharedKeySecret)) ?? '';

    expect(await dialIn(stack, { userName: 'ann', password: await passwordOf('ann'), sharedKey: key })).toBe(
      'connected',
    );
    const { id: closing } = await closeAccess(stack);
    expect(acceptedOperation(await stack.api('GET', `/api/operations/${closing}/result`)).kind).toBe('closeVpnAccess');
    await untilDone(stack, await stack.api('GET', `/api/operations/${closing}/result`));
    expect(await touchedState(stack)).toEqual(before);
  });
});
