import type { Role } from '../../../../src/domain/caller.ts';
import { ownerRoutes } from '../../../../src/functions/certificates/owners.ts';
import type { Route } from '../../../../src/functions/http/route.ts';
import { expiryRoutes } from '../../../../src/functions/operations/expiries.ts';
import {
  type OperationActions,
  operationRoutes,
  type OperationRoutesOptions,
} from '../../../../src/functions/operations/operations.ts';
import { apiKeyRoutes } from '../../../../src/functions/requests/api-keys.ts';
import { createOwners } from '../../../../src/services/certificates/owners.ts';
import { createExpiries } from '../../../../src/services/operations/expiries.ts';
import type { OperationStanding } from '../../../../src/services/operations/operation-standing.ts';
import { createOperations, type Operations } from '../../../../src/services/operations/operations.ts';
import { sha256Hex } from '../../../../src/stores/digest.ts';
import { createOutbox } from '../../../../src/stores/outbox.ts';
import { createStores } from '../../../../src/stores/stores.ts';
import { createUnfinished } from '../../../../src/stores/unfinished.ts';
import { createRecordingLog } from '../../../support/recording-log.ts';
import { type ApiAnswer, type ApiRequest, createTestApi, type TestApi } from '../../../support/test-route.ts';

interface Open {
  readonly api: TestApi;
  readonly ask: (name: string, request?: ApiRequest) => Promise<ApiAnswer>;
}

async function open(routesOf: (api: TestApi) => readonly Route[]): Promise<Open> {
  const api = await createTestApi();
  const routes = routesOf(api);
  return {
    api,
    ask: (name, request) => {
      const route = routes.find((candidate) => candidate.name === name);
      if (route === undefined) throw new Error(`there is no route ${name}`);
      return api.ask(route, request);
    },
  };
}

function itemsOf({ json }: ApiAnswer): readonly Readonly<Record<string, unknown>>[] {
  return json['items'] as Readonly<Record<string, unknown>>[];
}

/** The query of an answer's nextLink, with its question mark. */
function nextQuery({ json }: ApiAnswer): string | undefined {
  const link = json['nextLink'];
  return typeof link === 'string' ? link.slice(link.indexOf('?')) : undefined;
}

describe('src/functions/operations/operations', () => {
  const id = `op-${'1'.repeat(32)}`;
  const params = { id };

  async function openOperations(
    actions: Partial<OperationRoutesOptions['actions']> = {},
    standing: OperationStanding = () => Promise.resolve(undefined),
  ): Promise<Open & { readonly operations: Operations }> {
    let operations: Operations | undefined;
    const opened = await open(({ tables, clock: { now } }) => {
      const unfinished = createUnfinished({ tables, now });
      operations = createOperations({
        tables,
        now,
        unfinished,
        keptDays: 365,
        log: createRecordingLog().log,
        outbox: createOutbox({ tables, now, keptDays: 90 }),
      });
      return operationRoutes({ operations, standing, actions: actions as OperationRoutesOptions['actions'] });
    });
    if (operations === undefined) throw new Error('no operations were made');
    const operation = { id, kind: 'buildGateway', target: 'gw1', targetKey: 'gw1', requestedBy: 'ann' } as const;
    await operations.create({ ...operation, steps: [{ name: 'gateway', usualSeconds: 100 }] });
    return { ...opened, operations };
  }

  it('shows an operation to a reader', async () => {
    const { ask } = await openOperations();

    const answer = await ask('getOperation', { params, as: 'reader' });

    expect(answer).toMatchObject({
      status: 200,
      json: { id, kind: 'buildGateway', status: 'pending', target: 'gw1', percent: 0, remainingSeconds: 100 },
    });
    expect(answer.json).not.toHaveProperty('context');
  });

  it.each(['getOperation', 'getOperationResult', 'cancelOperation', 'resumeOperation', 'removeOperation'])(
    '%s says 404 for what is not there and 400 for what is no id',
    async (name) => {
      const { ask } = await openOperations();

      expect((await ask(name, { params: { id: `op-${'2'.repeat(32)}` } })).status).toBe(404);
      for (const bad of ['../x', '@entity@key', 'op-1', `op-${'1'.repeat(300)}`, "op-' or 1 eq 1"]) {
        expect((await ask(name, { params: { id: bad } })).status).toBe(400);
      }
    },
  );

  it('answers the result route with 202 until the end and with the result after', async () => {
    const { ask, operations } = await openOperations();

    const early = await ask('getOperationResult', { params });
    await operations.finish(id, { status: 'succeeded', result: { gatewayId: 'gw1' } });
    const late = await ask('getOperationResult', { params });

    expect(early).toMatchObject({
      status: 202,
      headers: { location: `/api/operations/${id}/result`, 'retry-after': '10' },
      json: { status: 'pending' },
    });
    expect(late).toMatchObject({ status: 200, json: { gatewayId: 'gw1' } });
  });

  it.each([
    [{ status: 'failed', problem: { code: 'ERR_AZURE_REFUSED', detail: 'No quota.' } }, 502, 'ERR_AZURE_REFUSED'],
    [{ status: 'failed', problem: { code: 'ERR_CONFLICT', detail: 'x', status: 410 } }, 410, 'ERR_CONFLICT'],
    [{ status: 'failed', problem: { code: 'AnotherCode', detail: 'x' } }, 500, 'AnotherCode'],
    [{ status: 'failed' }, 500, 'ERR_OPERATION_FAILED'],
    [{ status: 'canceled' }, 409, 'ERR_OPERATION_CANCELED'],
  ] as const)('answers the end %j as its own problem', async (ending, status, code) => {
    const { ask, operations } = await openOperations();
    await operations.finish(id, ending);

    const answer = await ask('getOperationResult', { params });

    expect(answer).toMatchObject({
      status,
      headers: { 'content-type': 'application/problem+json; charset=utf-8' },
      json: { status, code },
    });
    expect((await ask('getOperation', { params })).status).toBe(200);
  });

  it('cancels what runs and refuses what has ended', async () => {
    const { ask, operations } = await openOperations();

    expect((await ask('cancelOperation', { params, as: 'reader' })).status).toBe(403);
    expect(await ask('cancelOperation', { params })).toMatchObject({ status: 202, json: { cancelRequested: true } });
    await operations.finish(id, { status: 'canceled' });
    expect(await ask('cancelOperation', { params })).toMatchObject({ status: 409 });
  });

  it('resumes and removes what failed, through the actions of its kind', async () => {
    const calls: string[] = [];
    const act = (verb: string): OperationActions['remove']['gatewayOperations'] => {
      return async ({ operation, caller }) => {
        calls.push(`${verb} ${operation.id} ${caller.id}`);
        const view = await made.operations.view(operation.id);
        if (view === undefined) throw new Error('gone');
        return view;
      };
    };
    const made = await openOperations({
      resume: { gatewayOperations: act('resume'), procedures: act('resume on machines') },
      remove: { gatewayOperations: act('remove') },
    });

    expect(await made.ask('resumeOperation', { params })).toMatchObject({ status: 409 });
    await made.operations.finish(id, { status: 'failed' });
    expect(await made.ask('resumeOperation', { params })).toMatchObject({ status: 202 });
    const removed = await made.ask('removeOperation', { params, as: 'administrator' });
    expect(removed).toMatchObject({ status: 202, json: { id } });

    expect(calls).toEqual([`resume ${id} operator`, `remove ${id} administrator`]);
  });

  it('asks who may begin what the action begins: an operator builds, and removes nothing', async () => {
    const remove = jest.fn<never, []>();
    const made = await openOperations({ remove: { gatewayOperations: remove } });
    await made.operations.finish(id, { status: 'failed' });

    const answer = await made.ask('removeOperation', { params });

    expect(answer).toMatchObject({ status: 403, json: { detail: expect.stringContaining('administrator') as string } });
    expect(remove).not.toHaveBeenCalled();
    expect(made.api.tables.rows('Audit').map(({ columns }) => columns)).toContainEqual(
      expect.objectContaining({ action: 'operation.remove', status: 403, code: 'ERR_CALLER_NOT_ALLOWED' }),
    );
  });

  it.each([
    ['resumeOperation', 'failed'],
    ['removeOperation', 'failed'],
    ['cancelOperation', undefined],
  ] as const)('%s refuses an operation whose target is another one’s by now', async (route, status) => {
    const act = jest.fn<never, []>();
    const reason = 'Gateway gw1 is operation op-2’s by now.';
    const made = await openOperations(
      { resume: { gatewayOperations: act, procedures: act }, remove: { gatewayOperations: act } },
      () => Promise.resolve(reason),
    );
    if (status !== undefined) await made.operations.finish(id, { status });

    const answer = await made.ask(route, { params, as: 'administrator' });

    expect(answer).toMatchObject({ status: 409, json: { errors: [{ code: 'operationSuperseded', message: reason }] } });
    expect(act).not.toHaveBeenCalled();
    expect((await made.operations.get(id))?.cancelRequested).toBe(false);
  });

  it.each([
    ['cancelOperation', undefined],
    ['resumeOperation', undefined],
    ['removeOperation', undefined],
    ['approveOperation', {}],
    ['rejectOperation', {}],
  ])('%s is refused for a kind that nothing of it is for, and changes nothing', async (route, body) => {
    const { ask, operations } = await openOperations();
    const revocation = `op-${'5'.repeat(32)}`;
    const facts = { target: 'T', targetKey: 't', requestedBy: 'ann', steps: [{ name: 'gw1' }] };
    await operations.create({ id: revocation, kind: 'revokeCertificate', ...facts });

    const answer = await ask(route, { params: { id: revocation }, as: 'administrator', body });

    expect(answer).toMatchObject({
      status: 409,
      json: { detail: expect.stringContaining('revokeCertificate') as string },
    });
    expect(await operations.get(revocation)).toMatchObject({ status: 'pending', cancelRequested: false });
  });

  it('lists in pages whose links go on', async () => {
    const { ask, operations, api } = await openOperations();
    for (const digit of ['3', '4', '5', '6']) {
      api.clock.advance(1000);
      const other = { id: `op-${digit.repeat(32)}`, kind: 'trustRoot', target: 'gw1', targetKey: 'gw1' } as const;
      await operations.create({ ...other, requestedBy: 'ann', steps: [] });
    }
    const seen: string[] = [];
    let query: string | undefined = '?target=GW1&top=2';
    while (query !== undefined) {
      const answer: ApiAnswer = await ask('listOperations', { query });
      seen.push(...itemsOf(answer).map((item) => String(item['id'])[3] ?? ''));
      query = nextQuery(answer);
    }

    expect(seen).toEqual(['6', '5', '4', '3', '1']);
  });

  it.each([
    '?top=0',
    '?top=-1',
    '?top=1001',
    '?top=1e9',
    '?top=',
    '?status=done',
    '?kind=',
    '?other=1',
    '?continuation=!',
  ])('refuses the list query %s', async (query) => {
    const { ask } = await openOperations();

    expect((await ask('listOperations', { query })).status).toBe(400);
  });

  it('refuses a forged continuation', async () => {
    const { ask } = await openOperations();
    const forged = Buffer.from("x' or PartitionKey ne '").toString('base64url');

    expect((await ask('listOperations', { query: `?continuation=${forged}` })).status).toBe(400);
  });
});

describe('src/functions/requests/api-keys', () => {
  const openKeys = (): Promise<Open> => open(({ apiKeys }) => apiKeyRoutes({ apiKeys }));
  const ownKey = 'my own key'.padEnd(32, '.');
  const body = { role: 'requester', keyHash: sha256Hex(ownKey) };

  it('makes, lists and withdraws a key for an administrator', async () => {
    const { ask, api } = await openKeys();
    const params = { id: 'logic-app' };

    const made = await ask('putApiKey', { params, body, as: 'administrator' });
    expect(made).toMatchObject({
      status: 200,
      json: { id: 'logic-app', role: 'requester', createdBy: 'administrator' },
    });
    expect(made.text).not.toContain(body.keyHash);
    expect(await api.apiKeys.find(ownKey)).toMatchObject({ id: 'logic-app' });
    expect(itemsOf(await ask('listApiKeys', { as: 'administrator' }))).toHaveLength(5);

    expect((await ask('deleteApiKey', { params, as: 'administrator' })).status).toBe(204);
    expect((await ask('deleteApiKey', { params, as: 'administrator' })).status).toBe(404);
    expect(await api.apiKeys.find(ownKey)).toBeUndefined();
  });

  it.each([
    ['nothing, as when the command that makes a key has failed', ''],
    ['a line break', '\n'],
    ['two characters', 'k1'],
    ['a usual word', 'changeme\n'],
    ['one character again and again', '0'.repeat(64)],
  ])('takes no hash of %s', async (_what, key) => {
    const { ask } = await openKeys();
    const answer = await ask('putApiKey', {
      params: { id: 'dashboard' },
      body: { ...body, keyHash: sha256Hex(key) },
      as: 'administrator',
    });

    expect(answer.status).toBe(400);
    expect(answer.json['errors']).toMatchObject([{ path: '/keyHash', code: 'guessableKey' }]);
  });

  it('tells of a guessable key beside what else is wrong', async () => {
    const { ask } = await openKeys();
    const wrong = { keyHash: sha256Hex(''), role: 'king' };

    const answer = await ask('putApiKey', { params: { id: 'x' }, body: wrong, as: 'administrator' });

    expect(answer.json['errors']).toMatchObject([{ path: '/role' }, { path: '/keyHash', code: 'guessableKey' }]);
  });

  it.each(['putApiKey', 'listApiKeys', 'deleteApiKey'])('%s is closed to operators', async (name) => {
    const { ask } = await openKeys();

    expect((await ask(name, { params: { id: 'x' }, as: 'operator' })).status).toBe(403);
  });

  it('keeps the last administrator', async () => {
    const { ask } = await openKeys();

    expect((await ask('deleteApiKey', { params: { id: 'administrator' }, as: 'administrator' })).status).toBe(409);
  });

  it.each([
    ['a role that is none', { ...body, role: 'root' }],
    ['a key instead of its hash', { role: 'reader', keyHash: 'secret' }],
    ['an upper-case hash', { ...body, keyHash: body.keyHash.toUpperCase() }],
    ['a scope', { ...body, scope: '*' }],
  ])('refuses %s', async (_name, bad) => {
    const { ask } = await openKeys();

    expect((await ask('putApiKey', { params: { id: 'x' }, body: bad, as: 'administrator' })).status).toBe(400);
  });
});

describe('src/functions/certificates/owners', () => {
  const openOwners = (): Promise<Open> =>
    open(({ tables, clock }) =>
      ownerRoutes({ owners: createOwners({ stores: createStores(tables), now: clock.now }) }),
    );

  it('keeps an owner and when they were first known', async () => {
    const { ask, api } = await openOwners();
    const params = { id: 'kim' };
    await ask('putOwner', { params, body: { email: 'kim@contoso.com' }, as: 'requester' });
    api.clock.advance(1000);

    const full = {
      email: 'kim@contoso.com',
      deputy: 'lee',
      team: 'Nétwork',
      timeZone: 'Europe/Berlin',
      locale: 'de-DE',
    };
    await ask('putOwner', { params, body: full, as: 'requester' });

    expect((await ask('getOwner', { params, as: 'reader' })).json).toEqual({
      id: 'kim',
      ...full,
      createdBy: 'requester',
      createdAt: '2026-03-01T12:00:00.000Z',
      updatedAt: '2026-03-01T12:00:01.000Z',
    });
    expect((await ask('getOwner', { params: { id: 'lee' } })).status).toBe(404);
  });

  it('lets a requester change what they have made, and takes an operator for what others have', async () => {
    const { ask, api } = await openOwners();
    const put = async (id: string, email: string, as: Role): Promise<number> =>
      (await ask('putOwner', { params: { id }, body: { email }, as })).status;
    await put('kim', 'kim@contoso.com', 'operator');

    expect(await put('kim', 'mallory@contoso.com', 'requester')).toBe(403);
    expect(await put('lee', 'lee@contoso.com', 'requester')).toBe(200);
    expect(await put('lee', 'lee.new@contoso.com', 'requester')).toBe(200);
    expect(await put('lee', 'lee@fabrikam.com', 'operator')).toBe(200);
    expect(await put('lee', 'lee@contoso.com', 'requester')).toBe(200);

    expect((await ask('getOwner', { params: { id: 'kim' } })).json).toMatchObject({ email: 'kim@contoso.com' });
    expect(api.tables.rows('Audit').map(({ columns }) => columns)).toContainEqual(
      expect.objectContaining({ action: 'owner.put', who: 'requester', code: 'ERR_CALLER_NOT_ALLOWED' }),
    );
  });

  it('keeps an owner of whom nobody knows who made them to operators', async () => {
    const { ask, api } = await openOwners();
    const at = api.clock.now().toISOString();
    const columns = { id: 'kim', email: 'kim@contoso.com', createdAt: at, updatedAt: at };
    await api.tables.insert('Owners', { partitionKey: 'owner', rowKey: 'kim' }, columns);
    const request = { params: { id: 'kim' }, body: { email: 'mallory@contoso.com' } };

    expect((await ask('putOwner', { ...request, as: 'requester' })).status).toBe(403);
    expect((await ask('putOwner', { ...request, as: 'operator' })).status).toBe(200);
  });

  it('lists owners page by page in the order of their ids, whatever an id goes on with', async () => {
    const { ask } = await openOwners();
    for (const [id, team] of [
      ['kim', 'a'],
      ['kim-2', 'b'],
      ['kim2', 'a'],
      ['ann', 'a'],
    ] as const) {
      await ask('putOwner', { params: { id }, body: { email: `${id}@contoso.com`, principal: `${id}@corp`, team } });
    }

    const listed: unknown[] = [];
    let query = '?top=1&team=a';
    for (;;) {
      const { json } = await ask('listOwners', { query, as: 'reader' });
      listed.push(...(json['items'] as readonly { id: string; principal: string }[]).map((owner) => owner.principal));
      if (typeof json['nextLink'] !== 'string') break;
      query = json['nextLink'].replace('/api/owners', '');
    }

    expect(listed).toEqual(['ann@corp', 'kim@corp', 'kim2@corp']);
  });

  it('keeps that somebody left whatever is put, until an operator reopens them', async () => {
    const { ask, api } = await openOwners();
    const owners = createOwners({ stores: createStores(api.tables), now: api.clock.now });
    const at = api.clock.now().toISOString();
    const departure = { at, reason: 'left', by: 'operator', operationId: `op-${'0'.repeat(32)}` };
    const params = { id: 'kim' };
    await owners.depart('kim', departure);
    const idsOf = async (state: string): Promise<unknown> =>
      ((await ask('listOwners', { query: `?state=${state}` })).json['items'] as readonly { id: string }[]).map(
        ({ id }) => id,
      );

    await ask('putOwner', { params, body: { email: 'kim@contoso.com' }, as: 'operator' });
    expect((await ask('getOwner', { params })).json).toMatchObject({ email: 'kim@contoso.com', departure });
    expect([await idsOf('left'), await idsOf('present')]).toEqual([['kim'], []]);
    expect((await ask('reopenOwner', { params, as: 'requester' })).status).toBe(403);
    expect((await ask('reopenOwner', { params, as: 'operator' })).json).toMatchObject({
      departure: { ...departure, reopenedAt: at },
    });
    await owners.depart('kim', departure);

    expect([await idsOf('left'), await idsOf('present')]).toEqual([[], ['kim']]);
    expect((await ask('reopenOwner', { params: { id: 'lee' }, as: 'operator' })).status).toBe(404);
  });

  it.each([
    ['no address', { email: 'kim' }],
    ['a header in the address', { email: 'kim@contoso.com\r\nBcc: all@contoso.com' }],
    ['a time zone that is none', { email: 'kim@contoso.com', timeZone: 'Mars/Olympus' }],
    ['a language that is none', { email: 'kim@contoso.com', locale: '!!' }],
    ['a team that hides its direction', { email: 'kim@contoso.com', team: 'a\u202eb' }],
    ['a principal with a blank', { email: 'kim@contoso.com', principal: 'a b' }],
    ['a huge team', { email: 'kim@contoso.com', team: 'a'.repeat(101) }],
    ['its own id', { email: 'kim@contoso.com', id: 'lee' }],
  ])('refuses %s', async (_name, body) => {
    const { ask } = await openOwners();

    expect((await ask('putOwner', { params: { id: 'kim' }, body })).status).toBe(400);
  });

  it.each(['Kim', 'a/b', '..', '', 'a'.repeat(64), 'ki\u200em'])('refuses the id %j', async (id) => {
    const { ask } = await openOwners();

    expect((await ask('putOwner', { params: { id }, body: { email: 'kim@contoso.com' } })).status).toBe(400);
  });
});

describe('src/functions/operations/expiries', () => {
  const openExpiries = async (): Promise<Open> => {
    const opened = await open(({ tables }) =>
      expiryRoutes({ expiries: createExpiries({ tables }), describe: () => Promise.resolve({ state: 'issued' }) }),
    );
    const expiries = createExpiries({ tables: opened.api.tables });
    for (const day of ['02', '15', '31']) {
      await expiries.put({
        kind: 'certificate',
        id: `C${day}`,
        notAfter: `2026-03-${day}T11:00:00.000Z`,
        subject: 'CN=x',
      });
    }
    return opened;
  };

  it.each([
    ['', 3],
    ['?within=30d', 3],
    ['?within=P30D', 3],
    ['?within=P2W', 2],
    ['?within=1d', 1],
    ['?within=0d', 0],
    ['?within=400d', 3],
  ])('lists what ends within the time: %s', async (query, count) => {
    const { ask } = await openExpiries();

    const answer = await ask('listExpiries', { query, as: 'reader' });

    expect(answer.status).toBe(200);
    expect(itemsOf(answer)).toHaveLength(count);
  });

  it('goes on where a page ended', async () => {
    const { ask } = await openExpiries();

    const first = await ask('listExpiries', { query: '?within=40d&top=2' });
    const second = await ask('listExpiries', { query: nextQuery(first) ?? '' });

    expect([...itemsOf(first), ...itemsOf(second)].map((item) => item['id'])).toEqual(['C02', 'C15', 'C31']);
    expect(nextQuery(second)).toBeUndefined();
  });

  it.each(['30', '401d', 'P1Y', '-1d', '1e3d', 'P58W', '1 year', 'NaN'])('refuses within=%s', async (within) => {
    const { ask } = await openExpiries();

    expect((await ask('listExpiries', { query: `?within=${encodeURIComponent(within)}` })).status).toBe(400);
  });

  it('says in words how far ahead one may ask', async () => {
    const { ask } = await openExpiries();

    const answer = await ask('listExpiries', { query: '?within=100000d' });

    expect(answer.json['errors']).toEqual([
      expect.objectContaining({
        path: '/query/within',
        message: expect.stringContaining('at most 400 days') as string,
        fix: 'Ask for 400 days or less.',
      }),
    ]);
  });
});

describe('every route', () => {
  it('answers 503 while something is missing, and does nothing', async () => {
    const { ask, api } = await open(({ apiKeys }) => apiKeyRoutes({ apiKeys }));
    api.miss('administrator-key');

    for (const as of ['administrator', 'nobody'] as const) {
      const answer = await ask('listApiKeys', { as });
      expect(answer).toMatchObject({ status: 503, json: { code: 'ERR_NOT_READY', status: 503 } });
      expect(answer.headers).toMatchObject({
        'retry-after': '60',
        'content-type': expect.stringContaining('application/problem+json') as string,
      });
    }
    expect(api.tables.rows('Audit')).toEqual([]);
  });
});
