import type { Role } from '../../../../src/domain/caller.ts';
import { openOnPremisesApi as open, pathsOf } from '../../../support/on-premises-routes.ts';
import { aConnectorBody, type OnPremisesServices, succeeded } from '../../../support/on-premises-services.ts';
import type { ApiAnswer } from '../../../support/test-route.ts';

const poc = { params: { id: 'poc' } };

/** Ends what a route has started, as its orchestration would. */
async function endOpening(services: OnPremisesServices, { json }: ApiAnswer): Promise<void> {
  await services.finishProcedure({ operationId: String(json['id']), attempt: 1, target: 'poc', end: succeeded });
}

describe('src/functions/on-premises/machines', () => {
  it.each<[string, object]>([
    ['no way', {}],
    ['two ways', { manual: true, via: { machineId: 'host', computerName: 'X', credentialSecret: 'account-c' } }],
  ])('refuses a machine with %s', async (_what, ways) => {
    const { ask } = await open();

    const answer = await ask('putMachine', { body: { id: 'new', role: 'host', ...ways }, as: 'administrator' });

    expect(answer.status).toBe(400);
  });

  it.each(["x'; Remove-Item", '$(calc)', 'a`b', 'a\nb', 'ü', 'a b', '-a', ''])(
    'refuses the computer name %j, and says where',
    async (computerName) => {
      const { ask } = await open();
      const via = { machineId: 'host', computerName, credentialSecret: 'account-c' };

      const answer = await ask('putMachine', { body: { id: 'new', role: 'natvm', via }, as: 'administrator' });

      expect([answer.status, pathsOf(answer)]).toEqual([400, ['/via/computerName']]);
    },
  );

  it('lets administrators register, operators check, readers look', async () => {
    const { ask } = await open();
    const body = { id: 'new', role: 'host', manual: true };

    expect((await ask('putMachine', { body, as: 'operator' })).status).toBe(403);
    expect((await ask('putMachine', { body, as: 'administrator' })).status).toBe(201);
    expect((await ask('startMachineCheck', { params: { id: 'new' }, as: 'reader' })).status).toBe(403);
    expect((await ask('startMachineCheck', { params: { id: 'new' } })).status).toBe(202);
    expect((await ask('getMachine', { params: { id: 'new' }, as: 'reader' })).json).toMatchObject(body);
    expect((await ask('removeMachine', { params: { id: 'new' }, as: 'administrator' })).status).toBe(204);
    expect((await ask('getMachine', { params: { id: 'new' }, as: 'reader' })).status).toBe(404);
  });
});

describe('src/functions/on-premises/vpn-access', () => {
  const body = { users: [{ name: 'ann' }] };

  it('starts the procedure, and shows what the stack shares', async () => {
    const { ask } = await open();

    const answer = await ask('shareVpnAccess', { ...poc, body });

    expect(answer.status).toBe(202);
    expect(answer.json).toMatchObject({ kind: 'openVpnAccess', target: 'poc' });
    expect((await ask('getStack', { ...poc, as: 'reader' })).json).toMatchObject({
      vpnAccess: {
        state: 'opening',
        addressRange: { from: '192.168.200.201', to: '192.168.200.230' },
        users: [{ name: 'ann', state: 'pending' }],
        warnings: [{ path: '/isBehindNat', code: 'notStated' }],
      },
    });
  });

  it('answers 409 to the second of two, and lets the first go on', async () => {
    const { ask, services } = await open();

    const answers = [await ask('shareVpnAccess', { ...poc, body }), await ask('shareVpnAccess', { ...poc, body: {} })];

    expect(answers.map(({ status }) => status)).toEqual([202, 409]);
    expect(await services.stacks.users('poc')).toHaveLength(1);
  });

  it('tells what is wrong with the range and the users beside what is wrong with the shapes', async () => {
    const { ask } = await open();
    const addressRange = { from: '192.168.200.9', to: '192.168.200.1' };
    const wrong = { addressRange, users: [{ name: 'ann' }, { name: 'ANN' }], splitRoutes: ['x'], more: 1 };

    const answer = await ask('shareVpnAccess', { ...poc, body: wrong });
    const elsewhere = await ask('shareVpnAccess', { params: { id: 'nowhere' }, body: wrong });

    expect([...pathsOf(answer)].sort()).toEqual(['/addressRange', '/more', '/splitRoutes/0', '/users/1/name']);
    expect([...pathsOf(elsewhere)].sort()).toEqual(['/more', '/splitRoutes/0']);
  });

  it.each(["ann'", 'ann;calc', '$ann', 'a`b', 'ann\n', 'änn', 'ann.', 'a b', 'x'.repeat(21), ''])(
    'refuses the user name %j, and notes nothing',
    async (name) => {
      const { ask, services } = await open();

      const answer = await ask('shareVpnAccess', { ...poc, body: { users: [{ name }] } });

      expect([answer.status, pathsOf(answer)]).toEqual([400, ['/users/0/name']]);
      expect(services.tables.rows('VpnUsers')).toEqual([]);
    },
  );

  it('shows a password once, only to those who ask for it', async () => {
    const { ask, services } = await open();
    await endOpening(services, await ask('shareVpnAccess', { ...poc, body: {} }));
    const add = (name: string, headers: Record<string, string>): Promise<ApiAnswer> =>
      ask('addVpnUser', { ...poc, body: { name }, headers });

    const silent = await add('ann', {});
    const revealed = await add('bob', { prefer: 'reveal-password', 'idempotency-key': 'bob-0001' });
    const again = await add('bob', { prefer: 'reveal-password', 'idempotency-key': 'bob-0001' });

    expect(silent.json).not.toHaveProperty('password');
    expect(revealed.json['password']).toMatch(/^.{24}$/);
    expect(revealed.headers).toMatchObject({ 'preference-applied': 'reveal-password', 'cache-control': 'no-store' });
    expect(again.status).toBe(202);
    expect(again.text).not.toContain(revealed.json['password']);
  });

  it('keeps passwords out of every table, answers that are kept for repetitions included', async () => {
    const { ask, services } = await open();
    await endOpening(services, await ask('shareVpnAccess', { ...poc, body: {} }));
    const headers = { prefer: 'reveal-password', 'idempotency-key': 'key-00001' };

    const { json } = await ask('addVpnUser', { ...poc, body: { name: 'ann' }, headers });

    const names = ['Idempotency', 'Audit', 'Operations', 'VpnUsers', 'Stacks', 'Outbox', 'Unfinished'];
    expect(JSON.stringify(names.map((name) => services.tables.rows(name)))).not.toContain(json['password']);
  });
});

describe('src/functions/on-premises/connectors', () => {
  it('starts the procedure, and shows the connector without names of secrets', async () => {
    const { ask } = await open();

    const answer = await ask('createConnector', { body: aConnectorBody(), as: 'administrator' });

    expect(answer.status).toBe(202);
    const shown = await ask('getConnector', { params: { id: 'wap' }, as: 'reader' });
    expect(shown.json).toMatchObject({ state: 'connecting', clouds: [{ name: 'AzurePack_1', isTrusted: false }] });
    expect(shown.text).not.toContain('run-as-sql-admin');
  });

  describe('by an operator', () => {
    const connect = async (as: Role, body: object) => {
      const opened = await open();
      const answer = await opened.ask('createConnector', { body, as });
      return { ...opened, answer };
    };

    it('is refused where it is new, with every field that an administrator decides', async () => {
      const { answer, services } = await connect(
        'operator',
        aConnectorBody({}, { drain: { hookSecret: 'drain-hook-1' } }),
      );

      expect(answer.status).toBe(403);
      expect(answer.json).toMatchObject({
        code: 'ERR_CALLER_NOT_ALLOWED',
        errors: expect.arrayContaining([expect.objectContaining({ code: 'needsAdministrator' })]) as unknown,
      });
      expect(pathsOf(answer)).toEqual([
        '/azureStackPortalFqdn',
        '/package',
        '/privilegedEndpoint',
        '/dataFiles',
        ...['endpoint', 'tenantPortalFqdn', 'tenantApiFqdn'].map((field) => `/clouds/0/${field}`),
        ...['portalMachines', 'apiMachines', 'trustMachine', 'sqlRunAsSecret', 'drain'].map(
          (field) => `/clouds/0/${field}`,
        ),
      ]);
      expect([
        services.tables.rows('Connectors'),
        services.tables.rows('Operations'),
        services.tables.rows('Claims'),
      ]).toEqual([[], [], []]);
    });

    it.each<[string, object, object, string]>([
      [
        'another endpoint',
        { privilegedEndpoint: { computerName: 'evil', credentialSecret: 'account-cloud-admin' } },
        {},
        '/privilegedEndpoint',
      ],
      [
        'another share',
        { dataFiles: { share: '\\\\evil\\share', credentialSecret: 'account-share-reader' } },
        {},
        '/dataFiles',
      ],
      ['another package', { package: { uri: 'https://evil.example/x.zip', sha256: 'b'.repeat(64) } }, {}, '/package'],
      [
        'another hash',
        { package: { uri: 'https://files.contoso.com/connector.zip', sha256: 'b'.repeat(64) } },
        {},
        '/package',
      ],
      [
        'an installer',
        { urlRewrite: { uri: 'https://evil.example/x.msi', sha256: 'b'.repeat(64) } },
        {},
        '/urlRewrite',
      ],
      ['a hook', {}, { drain: { hookSecret: 'drain-hook-1' } }, '/clouds/0/drain'],
      ['another portal of Azure Stack', { azureStackPortalFqdn: 'evil.example' }, {}, '/azureStackPortalFqdn'],
      ['another address of a cloud', {}, { endpoint: 'https://evil.example:40005' }, '/clouds/0/endpoint'],
      ['another portal of a cloud', {}, { tenantPortalFqdn: 'evil.example' }, '/clouds/0/tenantPortalFqdn'],
      ['another API of a cloud', {}, { tenantApiFqdn: 'evil.example' }, '/clouds/0/tenantApiFqdn'],
      ['a certificate', {}, { certificateThumbprint: 'AB'.repeat(20) }, '/clouds/0/certificateThumbprint'],
      ['a machine of SPF', {}, { spfMachine: 'client' }, '/clouds/0/spfMachine'],
      ['a machine of VMM', {}, { vmmMachine: 'client' }, '/clouds/0/vmmMachine'],
      ['another SQL server', {}, { sqlServer: 'evil' }, '/clouds/0/sqlServer'],
      ['another account', {}, { sqlRunAsSecret: 'run-as-other' }, '/clouds/0/sqlRunAsSecret'],
    ])('is refused with %s than the one that is kept', async (_what, change, cloudChange, path) => {
      const { ask, services } = await connect('administrator', aConnectorBody());
      const before = services.tables.rows('Connectors');

      const answer = await ask('createConnector', { body: aConnectorBody(change, cloudChange) });

      expect([answer.status, pathsOf(answer)]).toEqual([403, [path]]);
      expect(services.tables.rows('Connectors')).toEqual(before);
    });

    it('puts right what an administrator has decided, looks at it, and takes it back', async () => {
      const { ask, services, answer } = await connect('administrator', aConnectorBody());
      const params = { id: 'wap' };
      const end = async ({ json }: ApiAnswer): Promise<void> => {
        const operationId = String(json['id']);
        await services.finishProcedure({ operationId, attempt: 1, target: 'wap', end: succeeded });
      };
      await end(answer);

      const again = await ask('createConnector', { body: aConnectorBody({ approvalDays: 3, checkMachines: [] }) });
      await end(again);
      const look = await ask('startConnectorVerification', { params });
      await end(look);

      expect([again.status, look.status, (await ask('removeConnector', { params })).status]).toEqual([202, 202, 202]);
    });
  });

  it('refuses a bad request with everything that is wrong, and notes nothing', async () => {
    const { ask, services } = await open();
    const body = aConnectorBody({ approvalDays: 99 }, { name: 'a b', endpoint: 'http://x.contoso.com' });

    const answer = await ask('createConnector', { body });

    expect(answer.status).toBe(400);
    expect([...pathsOf(answer)].sort()).toEqual(['/approvalDays', '/clouds/0/endpoint', '/clouds/0/name']);
    expect(services.tables.rows('Connectors')).toEqual([]);
  });
});

describe('src/functions/operations/operations decisions', () => {
  async function waiting() {
    const opened = await open();
    const { json } = await opened.ask('createConnector', { body: aConnectorBody(), as: 'administrator' });
    const id = String(json['id']);
    await opened.services.operations.openWait(id, 'enable-multi-cloud', { kind: 'approval', detail: 'Look first.' });
    return { ...opened, params: { id } };
  }

  it('shows what to look at, takes the decision, and who made it', async () => {
    const { ask, params } = await waiting();
    expect((await ask('getOperation', { params })).json).toMatchObject({
      status: 'waiting',
      waitingFor: { kind: 'approval', detail: 'Look first.' },
    });

    const answer = await ask('approveOperation', { params, body: { name: 'enable-multi-cloud', comment: 'Seen.' } });

    expect(answer.status).toBe(202);
    expect(answer.json).toMatchObject({
      approvals: [{ name: 'enable-multi-cloud', decision: 'approved', comment: 'Seen.' }],
    });
  });

  it('takes the same decision twice and no other after it', async () => {
    const { ask, params } = await waiting();
    const body = { name: 'enable-multi-cloud' };

    const statuses = [];
    for (const route of ['rejectOperation', 'rejectOperation', 'approveOperation']) {
      statuses.push((await ask(route, { params, body })).status);
    }

    expect(statuses).toEqual([202, 202, 409]);
  });

  it.each([
    ['a decision that nobody asked for', { name: 'other' }, 'operator', 409],
    ['a name that is none', { name: '../x' }, 'operator', 400],
    ['a comment of several lines', { comment: 'a\nb' }, 'operator', 400],
    ['a reader', {}, 'reader', 403],
  ] as const)('refuses %s', async (_what, body, as, status) => {
    const { ask, params } = await waiting();

    expect((await ask('approveOperation', { params, body, as })).status).toBe(status);
  });

  it('takes a decision without its name only while one question was asked', async () => {
    const { ask, services, params } = await waiting();
    const approve = async (body: object): Promise<ApiAnswer> => ask('approveOperation', { params, body });

    expect((await approve({})).status).toBe(202);
    await services.operations.openWait(params.id, 'portal-shows-clouds', { kind: 'approval', detail: 'Look again.' });
    const blind = await approve({});

    expect(blind).toMatchObject({
      status: 409,
      json: { errors: [{ path: '/name', message: expect.stringContaining('portal-shows-clouds') as string }] },
    });
    expect((await ask('getOperation', { params })).json).toMatchObject({
      status: 'waiting',
      waitingFor: { detail: 'Look again.' },
    });
    expect((await approve({ name: 'portal-shows-clouds' })).status).toBe(202);
  });

  it('names all open questions to who answers without saying which', async () => {
    const { ask, services, params } = await waiting();
    await services.operations.openWait(params.id, 'drain-api-1', { kind: 'approval', detail: 'Drain.' });

    const answer = await ask('rejectOperation', { params, body: {} });

    expect(answer.status).toBe(409);
    expect(answer.json['detail']).toMatch(/'enable-multi-cloud', 'drain-api-1'/);
    expect((await services.operations.view(params.id))?.approvals?.map(({ decision }) => decision)).toEqual([
      undefined,
      undefined,
    ]);
  });
});
