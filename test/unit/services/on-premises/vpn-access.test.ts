import { atEveryCrash } from '../../../support/every-crash.ts';
import { given } from '../../../support/given.ts';
import {
  accessRequest,
  asked,
  aStack,
  createOnPremisesServices,
  endOperation,
  failed,
  type OnPremisesServices,
  succeeded,
} from '../../../support/on-premises-services.ts';
import { anOperationId } from '../../../support/services-world.ts';

async function services(): Promise<OnPremisesServices> {
  const made = createOnPremisesServices();
  await aStack(made);
  return made;
}

/** With access that is open, and user ann in it. */
async function open(): Promise<OnPremisesServices> {
  const made = await services();
  await made.vpnAccess.open('poc', accessRequest, asked(made, 'open'));
  await markAnn(made, 'enabled');
  await endOperation(made, 'open', succeeded);
  return made;
}

async function markAnn({ stores }: OnPremisesServices, state: 'enabled' | 'disabled' | 'removed'): Promise<void> {
  await stores.vpnUsers.update({ partitionKey: 'poc', rowKey: 'ann' }, (user) => ({ ...user, state }));
}

async function passwordOf({ stores, secrets }: OnPremisesServices, name = 'ann'): Promise<string | undefined> {
  const user = await stores.vpnUsers.get({ partitionKey: 'poc', rowKey: name });
  return (await secrets.get(user?.record.passwordSecret ?? ''))?.value;
}

describe('src/services/on-premises/vpn-access', () => {
  it('notes the intent, shows the steps, starts the procedure', async () => {
    const made = await services();

    const operation = await made.vpnAccess.open('poc', accessRequest, asked(made, 'open'));

    expect(made.orchestrations.started).toEqual([
      {
        name: 'openVpnAccess',
        instanceId: `${operation.id}-1`,
        input: { operationId: operation.id, attempt: 1, target: 'poc' },
      },
    ]);
    expect(operation.steps.map(({ name }) => name)).toContain('P15 ann: Let a user in');
    expect((await made.stacks.get('poc'))?.vpnAccess).toMatchObject({
      state: 'opening',
      addressFrom: '192.168.200.201',
      operationId: operation.id,
    });
    expect(await made.stacks.users('poc')).toMatchObject([{ name: 'ann', state: 'pending', wanted: 'enabled' }]);
  });

  it('makes up the shared key once, and passwords that Windows takes', async () => {
    const made = await open();
    const name = given((await made.stacks.get('poc'))?.vpnAccess).sharedKeySecret;
    const key = await made.secrets.get(name);

    await made.vpnAccess.open('poc', accessRequest, asked(made, 'again'));

    expect(key?.value).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(await made.secrets.get(name)).toEqual(key);
    expect(await passwordOf(made)).toMatch(/^(?=.*[A-Z])(?=.*[a-z])(?=.*\d).{24}$/);
  });

  it('puts no secret into any table', async () => {
    const made = await open();
    const key = await made.secrets.get(given((await made.stacks.get('poc'))?.vpnAccess).sharedKeySecret);

    const tables = ['Stacks', 'VpnUsers', 'Operations', 'Outbox', 'Claims'].map((table) => made.tables.rows(table));

    const text = JSON.stringify(tables);
    expect(text).toContain('ann');
    for (const secret of [key?.value, await passwordOf(made)]) expect(text).not.toContain(given(secret));
  });

  it.each([
    [{ from: '192.168.200.210', to: '192.168.200.209' }, 'rangeTooSmall'],
    [{ from: '192.168.200.210', to: '192.168.200.210' }, 'rangeTooSmall'],
    [{ from: '192.168.200.1', to: '192.168.200.9' }, 'rangeHoldsServer'],
    [{ from: '10.0.0.1', to: '10.0.0.9' }, 'rangeElsewhere'],
  ])('refuses the range %j, and notes nothing', async (addressRange, code) => {
    const made = await services();

    const attempt = made.vpnAccess.open('poc', { ...accessRequest, addressRange }, asked(made, 'open'));

    await expect(attempt).rejects.toMatchObject({ code: 'ERR_REQUEST_INVALID', problems: [{ code }] });
    expect(made.tables.rows('VpnUsers')).toEqual([]);
    expect(made.orchestrations.started).toEqual([]);
  });

  it('names every user that is there twice, whatever the letter case', async () => {
    const made = await services();
    const users = [{ name: 'ann' }, { name: 'Ann' }, { name: 'bob' }, { name: 'ANN' }];

    await expect(made.vpnAccess.open('poc', { ...accessRequest, users }, asked(made, 'open'))).rejects.toMatchObject({
      problems: [{ path: '/users/1/name' }, { path: '/users/3/name' }],
    });
  });

  it('tells all that is wrong at once, and keeps nothing', async () => {
    const made = await services();
    const addressRange = { from: '10.0.0.9', to: '10.0.0.1' };
    const users = [{ name: 'ann', passwordSecret: 'vpn-password-ann' }, { name: 'Ann' }];
    const request = { ...accessRequest, addressRange, users, sharedKeySecret: 'l2tp-key-mine' };

    await expect(made.vpnAccess.open('poc', request, asked(made, 'open'))).rejects.toMatchObject({
      problems: [
        { path: '/addressRange', code: 'rangeTooSmall' },
        { path: '/users/1/name', code: 'userTwice' },
        { path: '/sharedKeySecret', code: 'secretMissing' },
        { path: '/users/0/passwordSecret', code: 'secretMissing' },
      ],
    });
    expect(made.tables.rows('VpnUsers')).toEqual([]);
  });

  it.each([
    ['missing', undefined, 'secretMissing'],
    ['too short', 'short', 'sharedKeyUnfit'],
    ['hostile', `key'; Remove-Item C:\\ -Recurse #`, 'sharedKeyUnfit'],
    ['with a line break', `${'k'.repeat(30)}\n`, 'sharedKeyUnfit'],
  ])('refuses a shared key that is %s, without quoting it', async (_what, value, code) => {
    const made = await services();
    if (value !== undefined) await made.secrets.set('l2tp-key-mine', value);

    const attempt = made.vpnAccess.open(
      'poc',
      { ...accessRequest, sharedKeySecret: 'l2tp-key-mine' },
      asked(made, 'open'),
    );

    await expect(attempt).rejects.toMatchObject({ problems: [{ path: '/sharedKeySecret', code }] });
    const said = await attempt.catch(String);
    expect(said).not.toContain(value ?? 'key;');
  });

  it('refuses a second procedure while one is on the way, and lets nobody in whom only that one named', async () => {
    const made = await services();
    await made.vpnAccess.open('poc', accessRequest, asked(made, 'open'));

    const second = made.vpnAccess.open(
      'poc',
      { ...accessRequest, users: [{ name: 'mallory' }] },
      asked(made, 'second'),
    );

    await expect(second).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    expect((await made.stacks.users('poc')).map(({ name }) => name)).toEqual(['ann']);
    expect((await made.stacks.get('poc'))?.vpnAccess?.operationId).toBe(anOperationId('open'));
  });

  it.each<[string, (made: OnPremisesServices) => Promise<unknown>]>([
    ['a new password', (made) => made.vpnAccess.resetUser('poc', 'ann', asked(made, 'change'))],
    ['a further user', (made) => made.vpnAccess.addUser('poc', { name: 'bob' }, asked(made, 'change'))],
    ['a user to be disabled', (made) => made.vpnAccess.setUser('poc', 'ann', 'disabled', asked(made, 'change'))],
    ['a user to be removed', (made) => made.vpnAccess.setUser('poc', 'ann', 'removed', asked(made, 'change'))],
    ['an end of the access', (made) => made.vpnAccess.close('poc', asked(made, 'change'))],
  ])('refuses %s while the access is opening, changes nothing and names who is at work', async (_what, change) => {
    const made = await services();
    await made.vpnAccess.open('poc', accessRequest, asked(made, 'open'));
    const before = [await made.stacks.users('poc'), await passwordOf(made)];

    await expect(change(made)).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
      message: expect.stringContaining(anOperationId('open')) as string,
    });

    expect([await made.stacks.users('poc'), await passwordOf(made)]).toEqual(before);
    expect(made.orchestrations.started).toHaveLength(1);
    await endOperation(made, 'open', failed);
    await made.vpnAccess.resetUser('poc', 'ann', asked(made, 'afterwards'));
  });

  it('changes no password when the reset is refused', async () => {
    const made = await open();
    await made.vpnAccess.setUser('poc', 'ann', 'disabled', asked(made, 'disable'));
    const before = await passwordOf(made);

    await expect(made.vpnAccess.resetUser('poc', 'ann', asked(made, 'reset'))).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
    });

    expect(await passwordOf(made)).toBe(before);
    expect(await made.stacks.users('poc')).toMatchObject([{ wanted: 'disabled' }]);
  });

  it('answers a password in the call that made it up, and never again', async () => {
    const made = await open();

    const first = await made.vpnAccess.addUser('poc', { name: 'bob' }, asked(made, 'add'));
    const again = await made.vpnAccess.addUser('poc', { name: 'bob' }, asked(made, 'add'));

    expect(first.password).toBe(await passwordOf(made, 'bob'));
    expect(again.password).toBeUndefined();
    expect(again.operation.id).toBe(first.operation.id);
    expect(await passwordOf(made, 'bob')).toBe(first.password);
  });

  it('gives a new password with a reset, and none where the caller keeps it', async () => {
    const made = await open();
    const before = await passwordOf(made);
    await made.secrets.set('vpn-password-own', 'Own-password-1');
    await made.vpnAccess.addUser('poc', { name: 'bob', passwordSecret: 'vpn-password-own' }, asked(made, 'add'));
    await endOperation(made, 'add', succeeded);

    const ours = await made.vpnAccess.resetUser('poc', 'ann', asked(made, 'reset'));
    const theirs = await made.vpnAccess.resetUser('poc', 'bob', asked(made, 'reset bob'));

    expect(ours.password).toBeDefined();
    expect(ours.password).not.toBe(before);
    expect(theirs.password).toBeUndefined();
    expect((await made.secrets.get('vpn-password-own'))?.value).toBe('Own-password-1');
  });

  it('refuses a password that is not in Key Vault, and notes no user', async () => {
    const made = await open();

    await expect(
      made.vpnAccess.addUser('poc', { name: 'bob', passwordSecret: 'vpn-password-none' }, asked(made, 'add')),
    ).rejects.toMatchObject({ problems: [{ path: '/passwordSecret', code: 'secretMissing' }] });
    expect((await made.stacks.users('poc')).map(({ name }) => name)).toEqual(['ann']);
  });

  it('keeps passwords of users apart whose names look alike in Key Vault', async () => {
    const made = await services();
    const users = ['a.b', 'a_b', 'a-b'].map((name) => ({ name }));

    await made.vpnAccess.open('poc', { ...accessRequest, users }, asked(made, 'open'));

    const names = (await made.stacks.users('poc')).map(({ passwordSecret }) => passwordSecret);
    expect(new Set(names).size).toBe(3);
    for (const name of names) expect(name).toMatch(/^[0-9A-Za-z-]{1,127}$/);
  });

  it.each(['disabled', 'removed'] as const)('wants a user %s, once', async (wanted) => {
    const made = await open();

    const operation = await made.vpnAccess.setUser('poc', 'ANN', wanted, asked(made, 'set'));

    expect(operation.context).toMatchObject({ intent: { name: 'ann', wanted } });
    expect(await made.stacks.users('poc')).toMatchObject([{ wanted }]);
    await expect(made.vpnAccess.setUser('poc', 'ann', wanted, asked(made, 'set 2'))).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
    });
  });

  it('says who is not there', async () => {
    const made = await open();
    await markAnn(made, 'removed');

    for (const name of ['ann', 'nobody']) {
      await expect(made.vpnAccess.setUser('poc', name, 'disabled', asked(made, name))).rejects.toMatchObject({
        code: 'ERR_NOT_FOUND',
      });
    }
    await expect(made.vpnAccess.open('none', accessRequest, asked(made, 'x'))).rejects.toMatchObject({
      code: 'ERR_NOT_FOUND',
    });
  });

  it('lets nobody in where nothing is open', async () => {
    const made = await services();

    await expect(made.vpnAccess.addUser('poc', { name: 'bob' }, asked(made, 'add'))).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
    });
    await expect(made.vpnAccess.close('poc', asked(made, 'close'))).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
  });

  it('plans with the key’s version: current only when the NATVM was last seen with it', async () => {
    const made = await open();

    const before = await made.vpnAccess.plan('poc');
    await made.stores.stacks.update({ partitionKey: 'stack', rowKey: 'poc' }, (stack) => ({
      ...stack,
      vpnAccess: { ...given(stack.vpnAccess), keyVersion: '1' },
    }));

    expect(before).toMatchObject({ outcome: 'ready', plan: { keyIsCurrent: false, keyVersion: '1' } });
    expect(await made.vpnAccess.plan('poc')).toMatchObject({ plan: { keyIsCurrent: true } });
  });

  it('plans the way through the host, and closes though the key is gone', async () => {
    const made = await open();
    const natVia = { computerName: 'MAS-BGPNAT01', credentialSecret: 'account-nat-admin' };
    expect(await made.vpnAccess.plan('poc')).toMatchObject({ plan: { natVia, users: [{ name: 'ann' }] } });

    await made.secrets.remove(given((await made.stacks.get('poc'))?.vpnAccess).sharedKeySecret);

    expect(await made.vpnAccess.plan('poc')).toMatchObject({ plan: { keyIsCurrent: false, keyVersion: '' } });
    await expect(made.vpnAccess.close('poc', asked(made, 'close'))).resolves.toMatchObject({ kind: 'closeVpnAccess' });
  });

  it('warns of more users than addresses, and refuses none', async () => {
    const made = await services();
    const users = Array.from({ length: 4 }, (_, index) => ({ name: `user${index}` }));
    const addressRange = { from: '192.168.200.201', to: '192.168.200.204' };

    await made.vpnAccess.open('poc', { ...accessRequest, addressRange, users }, asked(made, 'open'));

    expect(await made.vpnAccess.warnings(given(await made.stacks.get('poc')))).toMatchObject([
      { code: 'moreUsersThanAddresses' },
      { code: 'notStated' },
    ]);
  });

  it('takes from people whether the server is behind address translation, keeps what was told, and guesses nothing', async () => {
    const made = await services();
    const told = async () => {
      const stack = given(await made.stacks.get('poc'));
      return [stack.vpnAccess?.isBehindNat, (await made.vpnAccess.warnings(stack)).map(({ code }) => code)];
    };

    await made.vpnAccess.open('poc', accessRequest, asked(made, 'open'));
    await endOperation(made, 'open', succeeded);
    expect(await told()).toEqual([undefined, ['notStated']]);

    await made.vpnAccess.open('poc', { ...accessRequest, isBehindNat: true }, asked(made, 'again'));
    await endOperation(made, 'again', succeeded);
    expect(await told()).toEqual([true, []]);

    await made.vpnAccess.open('poc', accessRequest, asked(made, 'third'));
    expect(await told()).toEqual([true, []]);
  });

  it('opens as often as it takes, with one operation and one intent, wherever it crashes', async () => {
    const places = await atEveryCrash({
      setUp: async (tables) => {
        const made = createOnPremisesServices(tables);
        await aStack(made);
        return made;
      },
      work: (made) => made.vpnAccess.open('poc', accessRequest, asked(made, 'open')),
      check: async (made, _tables, place) => {
        const operationId = anOperationId('open');
        expect([place, made.orchestrations.started.map(({ instanceId }) => instanceId)]).toEqual([
          place,
          [`${operationId}-1`],
        ]);
        expect((await made.stacks.get('poc'))?.vpnAccess).toMatchObject({ state: 'opening', operationId });
        expect(await made.stacks.users('poc')).toHaveLength(1);
        expect(await made.claims.holder('vpn-access:poc')).toMatchObject({ operationId });
      },
    });

    expect(places).toBeGreaterThan(4);
  });
});

describe('src/services/on-premises/settle-target VPN access', () => {
  it.each([
    [succeeded, 'open'],
    [failed, 'failed'],
    [{ status: 'canceled' } as const, 'failed'],
  ])('settles what was opened with %j', async (end, state) => {
    const made = await services();
    await made.vpnAccess.open('poc', accessRequest, asked(made, 'open'));

    await endOperation(made, 'open', end);

    expect((await made.stacks.get('poc'))?.vpnAccess?.state).toBe(state);
    expect(await made.claims.holder('vpn-access:poc')).toBeUndefined();
    expect((await made.operations.get(anOperationId('open')))?.status).toBe(end.status);
  });

  it('forgets users, their passwords and every link once it is closed, and keeps a password that is not ours', async () => {
    const made = await open();
    await made.secrets.set('vpn-password-own', 'Own-password-1');
    await made.vpnAccess.addUser('poc', { name: 'bob', passwordSecret: 'vpn-password-own' }, asked(made, 'add'));
    await endOperation(made, 'add', succeeded);
    const secret = given((await made.stacks.users('poc'))[0]).passwordSecret;
    await made.vpnAccess.close('poc', asked(made, 'close'));

    await endOperation(made, 'close', succeeded);

    expect(await made.secrets.get(secret)).toBeUndefined();
    expect(await made.secrets.get('vpn-password-own')).toBeDefined();
    expect(await made.stacks.users('poc')).toEqual([]);
    expect(made.withdrawn).toEqual(['poc']);
    expect((await made.stacks.get('poc'))?.vpnAccess).toMatchObject({ state: 'closed' });
    await made.stacks.remove('poc');
  });

  it('keeps everything when closing failed', async () => {
    const made = await open();
    await made.vpnAccess.close('poc', asked(made, 'close'));

    await endOperation(made, 'close', failed);

    expect(await passwordOf(made)).toBeDefined();
    expect((await made.stacks.get('poc'))?.vpnAccess?.state).toBe('failed');
    expect((await made.operations.view(anOperationId('close')))?.problem?.detail).toContain('P4 failed');
  });

  it('forgets a user who was removed, with the password', async () => {
    const made = await open();
    const secret = given((await made.stacks.users('poc'))[0]).passwordSecret;
    await made.vpnAccess.setUser('poc', 'ann', 'removed', asked(made, 'remove'));
    await markAnn(made, 'removed');

    await endOperation(made, 'remove', succeeded);

    expect(await made.stacks.users('poc')).toEqual([]);
    expect(await made.secrets.get(secret)).toBeUndefined();
  });

  it('closes as often as it takes, wherever it crashes', async () => {
    await atEveryCrash({
      setUp: async (tables) => {
        const made = createOnPremisesServices(tables);
        await aStack(made);
        await made.vpnAccess.open('poc', accessRequest, asked(made, 'open'));
        await endOperation(made, 'open', succeeded);
        await made.vpnAccess.close('poc', asked(made, 'close'));
        return made;
      },
      work: (made) => endOperation(made, 'close', succeeded),
      check: async (made, _tables, place) => {
        expect([place, (await made.stacks.get('poc'))?.vpnAccess?.state]).toEqual([place, 'closed']);
        expect(await made.stacks.users('poc')).toEqual([]);
        expect(await made.claims.holder('vpn-access:poc')).toBeUndefined();
        expect((await made.operations.get(anOperationId('close')))?.status).toBe('succeeded');
      },
    });
  });
});
