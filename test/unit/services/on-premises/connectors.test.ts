import type { AppError } from '../../../../src/domain/app-error.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
import { given } from '../../../support/given.ts';
import type { MemoryTables } from '../../../support/memory-tables.ts';
import {
  aCloudBody,
  aConnectorRequest,
  aManualMachine,
  asked,
  aStack,
  connectorMachines,
  createOnPremisesServices,
  endOperation,
  failed,
  type OnPremisesServices,
  succeeded,
} from '../../../support/on-premises-services.ts';
import { anOperationId } from '../../../support/services-world.ts';

const keys = { partitionKey: 'connector', rowKey: 'wap' };
const file = {
  cloud: 'AzurePack_1',
  fileName: 'one.txt',
  sha256: 'a'.repeat(64),
  secretName: 'gatehouse-data-file-wap-1',
  realm: 'https://adfs.local',
  signingThumbprint: 'D'.repeat(40),
  notAfter: '2030-01-01T00:00:00.000Z',
};

async function services(tables?: MemoryTables): Promise<OnPremisesServices> {
  const made = createOnPremisesServices(tables);
  await aStack(made);
  await connectorMachines(made, 2);
  return made;
}

async function connected(tables?: MemoryTables): Promise<OnPremisesServices> {
  const made = await services(tables);
  await made.connectors.connect(aConnectorRequest(), asked(made, 'connect'));
  await made.connectors.bind('wap');
  await made.secrets.set(file.secretName, 'content');
  await made.stores.connectors.update(keys, (record) => ({ ...record, files: [file] }));
  await endOperation(made, 'connect', succeeded);
  return made;
}

const stateOf = async ({ connectors }: OnPremisesServices): Promise<string | undefined> =>
  (await connectors.get('wap'))?.state;

describe('src/services/on-premises/connectors', () => {
  it('notes the intent, shows the steps, starts the procedure', async () => {
    const made = await services();

    const operation = await made.connectors.connect(aConnectorRequest(), asked(made, 'connect'));

    expect(await made.connectors.get('wap')).toMatchObject({
      state: 'connecting',
      hostMachine: 'host',
      waspMachine: 'wasp',
    });
    expect(made.orchestrations.started).toMatchObject([{ name: 'connectClouds', instanceId: `${operation.id}-1` }]);
    expect(operation.steps.map(({ name }) => name)).toContain('W19 portal-1: Install the connector');
  });

  it('names every machine that is not registered, and notes nothing', async () => {
    const made = createOnPremisesServices();
    await aStack(made);

    await expect(made.connectors.connect(aConnectorRequest(), asked(made, 'connect'))).rejects.toMatchObject({
      code: 'ERR_REQUEST_INVALID',
      problems: [
        { path: '/checkMachines/0' },
        { path: '/clouds/0/portalMachines/0' },
        { path: '/clouds/0/apiMachines/0' },
      ],
    });
    expect(made.tables.rows('Connectors')).toEqual([]);
  });

  it('refuses a stack that there is not, or that names no AzS-WASP01', async () => {
    const made = await services();
    await made.stacks.put({ ...given(await made.stacks.get('poc')), id: 'bare', waspMachine: undefined });

    for (const [stackId, code] of [
      ['none', 'stackUnknown'],
      ['bare', 'noWaspMachine'],
    ] as const) {
      await expect(made.connectors.connect(aConnectorRequest({ stackId }), asked(made, stackId))).rejects.toMatchObject(
        { problems: [{ path: '/stackId', code }] },
      );
    }
  });

  it('gives a stack one connector, and a connector one stack', async () => {
    const made = await connected();
    await made.stacks.put({ ...given(await made.stacks.get('poc')), id: 'poc2' });

    await expect(
      made.connectors.connect(aConnectorRequest({ id: 'other' }), asked(made, 'other')),
    ).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    await expect(
      made.connectors.connect(aConnectorRequest({ stackId: 'poc2' }), asked(made, 'poc2')),
    ).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
  });

  it('lets one procedure at a time work on a stack’s connector, and leaves the stores as they were', async () => {
    const made = await services();
    await made.connectors.connect(aConnectorRequest(), asked(made, 'connect'));
    const before = await made.connectors.get('wap');

    for (const act of [
      () => made.connectors.connect(aConnectorRequest({ approvalDays: 1 }), asked(made, 'again')),
      () => made.connectors.verify('wap', asked(made, 'verify')),
      () => made.connectors.disconnect('wap', asked(made, 'disconnect')),
    ]) {
      await expect(act()).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    }

    expect(await made.connectors.get('wap')).toEqual(before);
    expect(made.orchestrations.started).toHaveLength(1);
    expect(made.tables.rows('Operations').map(({ rowKey }) => rowKey)).toEqual([asked(made, 'connect').operationId]);
  });

  it('keeps what is known when a further cloud is added', async () => {
    const made = await connected();

    await made.connectors.connect(aConnectorRequest({ clouds: [aCloudBody(1), aCloudBody(2)] }), asked(made, 'more'));

    expect(await made.connectors.get('wap')).toMatchObject({ state: 'connecting', files: [file] });
    expect(await made.connectors.plan('wap')).toMatchObject({
      outcome: 'ready',
      plan: { clouds: [{ name: 'AzurePack_1' }, { name: 'AzurePack_2' }] },
    });
  });

  it.each([
    ['is left out', [aCloudBody(2)], /cloud AzurePack_1\b/],
    ['has another name', [aCloudBody(1, { name: 'AzurePack_One' })], /cloud AzurePack_1\b/],
    [
      'has other portal machines',
      [aCloudBody(1, { portalMachines: ['portal-2'] })],
      /machine portal-1 \(portalMachines of cloud AzurePack_1\)/,
    ],
    [
      'has other API machines',
      [aCloudBody(1, { apiMachines: ['api-2'], trustMachine: 'api-2' })],
      /machine api-1 \(apiMachines of cloud AzurePack_1\)/,
    ],
    [
      'gave a machine to another cloud',
      [aCloudBody(1, { portalMachines: ['portal-2'] }), aCloudBody(2, { portalMachines: ['portal-1'] })],
      /machine portal-1 \(portalMachines of cloud AzurePack_1\)/,
    ],
  ])('refuses itself again where a cloud %s for which something may have been changed', async (_how, clouds, words) => {
    const made = await connected();
    const before = await made.connectors.get('wap');

    await expect(made.connectors.connect(aConnectorRequest({ clouds }), asked(made, 'again'))).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
      message: expect.stringMatching(words) as string,
    });

    expect(await made.connectors.get('wap')).toEqual(before);
    expect(made.orchestrations.started).toHaveLength(1);
  });

  it.each([
    ['was tried', ['AzurePack_1'], 'ERR_CONFLICT'],
    ['was not tried', [], undefined],
  ])('lets another machine establish a trust only where it %s before', async (_what, trustAttemptedClouds, code) => {
    const made = await connected();
    const apiMachines = ['api-1', 'api-2'];
    await made.stores.connectors.update(keys, (record) => ({ ...record, trustAttemptedClouds }));
    const clouds = [aCloudBody(1, { apiMachines, trustMachine: 'api-2' })];

    const error = await made.connectors
      .connect(aConnectorRequest({ clouds }), asked(made, 'again'))
      .then(() => undefined)
      .catch((thrown: unknown) => thrown as AppError);

    expect(error?.code).toBe(code);
    if (code !== undefined) expect(error?.message).toContain('machine api-1 (trustMachine of cloud AzurePack_1)');
  });

  it('refuses that also where the first one changed something only while the second was looked at', async () => {
    const made = await services();
    await made.connectors.connect(aConnectorRequest(), asked(made, 'connect'));
    await endOperation(made, 'connect', failed);
    // What the stores hold at the first look is from before: the connector is bound between that look and the intent.
    const require = made.machines.require.bind(made.machines);
    jest.spyOn(made.machines, 'require').mockImplementation(async (named) => {
      await require(named);
      await made.connectors.bind('wap');
    });

    await expect(
      made.connectors.connect(aConnectorRequest({ clouds: [aCloudBody(2)] }), asked(made, 'again')),
    ).rejects.toMatchObject({ code: 'ERR_CONFLICT', message: expect.stringContaining('AzurePack_1') as string });

    expect(await made.connectors.plan('wap')).toMatchObject({ plan: { clouds: [{ name: 'AzurePack_1' }] } });
  });

  it('takes another set of clouds while nothing was changed for any', async () => {
    const made = await services();
    await made.connectors.connect(aConnectorRequest(), asked(made, 'connect'));
    await endOperation(made, 'connect', failed);

    await made.connectors.connect(aConnectorRequest({ clouds: [aCloudBody(2)] }), asked(made, 'again'));

    expect(await made.connectors.plan('wap')).toMatchObject({ plan: { clouds: [{ name: 'AzurePack_2' }] } });
  });

  it('plans with the SQL server that was given rather than the one that was found', async () => {
    const made = await connected();
    await made.stores.connectors.update(keys, (record) => ({ ...record, sqlServers: { AzurePack_1: 'FOUND' } }));
    expect(await made.connectors.plan('wap')).toMatchObject({ plan: { clouds: [{ sqlServer: 'FOUND' }] } });

    await made.stores.connectors.update(keys, (record) => ({
      ...record,
      request: aConnectorRequest({ clouds: [aCloudBody(1, { sqlServer: 'GIVEN' })] }),
    }));

    expect(await made.connectors.plan('wap')).toMatchObject({ plan: { clouds: [{ sqlServer: 'GIVEN' }] } });
  });

  it.each([
    [{ approval: true }, 'approval'],
    [{ hookSecret: 'drain-hook-1' }, 'hook'],
    [undefined, undefined],
  ])('plans the drain %j without the name of its secret', async (drain, expected) => {
    const made = await connected();
    const change = drain === undefined ? {} : { drain };
    await made.stores.connectors.update(keys, (record) => ({
      ...record,
      request: aConnectorRequest({ clouds: [aCloudBody(1, change)] }),
    }));

    const answer = await made.connectors.plan('wap');

    expect(answer.outcome === 'ready' ? answer.plan.clouds[0]?.drain : 'none').toBe(expected);
  });

  it('refuses to look at or take back what is not there', async () => {
    const made = await services();

    await expect(made.connectors.verify('wap', asked(made, 'v'))).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
    await expect(made.connectors.disconnect('wap', asked(made, 'd'))).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
    expect(await made.connectors.plan('wap')).toMatchObject({ outcome: 'refused' });
  });

  it.each([
    [succeeded, 'connected', true],
    [failed, 'connected', false],
    [{ status: 'canceled' } as const, 'connected', undefined],
  ])('notes of a look that ends with %j', async (end, state, ok) => {
    const made = await connected();
    await made.connectors.verify('wap', asked(made, 'verify'));
    expect(await stateOf(made)).toBe('verifying');

    await endOperation(made, 'verify', end);

    expect(await stateOf(made)).toBe(state);
    expect((await made.connectors.get('wap'))?.lastVerified?.ok).toBe(ok);
  });

  it('does not call connected what never was because somebody looked', async () => {
    const made = await services();
    await made.connectors.connect(aConnectorRequest(), asked(made, 'connect'));
    await endOperation(made, 'connect', failed);

    await made.connectors.verify('wap', asked(made, 'verify'));
    await endOperation(made, 'verify', failed);

    expect(await stateOf(made)).toBe('failed');
  });

  it('forgets what it took back, with the files in Key Vault, and knows that files of before are of no use', async () => {
    const made = await connected();
    await made.connectors.disconnect('wap', asked(made, 'disconnect'));
    made.clock.advance(60_000);

    await endOperation(made, 'disconnect', succeeded);

    expect(await made.connectors.get('wap')).toBeUndefined();
    expect(await made.secrets.get(file.secretName)).toBeUndefined();
    expect((await made.stacks.get('poc'))?.connectorId).toBeUndefined();
    await made.connectors.connect(aConnectorRequest(), asked(made, 'again'));
    expect(await made.connectors.plan('wap')).toMatchObject({ plan: { filesSince: made.now().toISOString() } });
  });

  it('keeps all where taking back failed', async () => {
    const made = await connected();
    await made.connectors.disconnect('wap', asked(made, 'disconnect'));

    await endOperation(made, 'disconnect', failed);

    expect(await stateOf(made)).toBe('failed');
    expect(await made.secrets.get(file.secretName)).toBeDefined();
  });

  it('takes back as often as it takes, wherever it crashes', async () => {
    await atEveryCrash({
      setUp: async (tables) => {
        const made = await connected(tables);
        await made.connectors.disconnect('wap', asked(made, 'disconnect'));
        return made;
      },
      work: (made) => endOperation(made, 'disconnect', succeeded),
      check: async (made, _tables, place) => {
        expect([place, await made.connectors.get('wap')]).toEqual([place, undefined]);
        expect((await made.stacks.get('poc'))?.connectorId).toBeUndefined();
        expect(await made.claims.holder('connector:poc')).toBeUndefined();
        expect((await made.operations.get(anOperationId('disconnect')))?.status).toBe('succeeded');
      },
    });
  });

  it('connects as often as it takes, wherever it crashes', async () => {
    await atEveryCrash({
      setUp: (tables) => services(tables),
      work: (made) => made.connectors.connect(aConnectorRequest(), asked(made, 'connect')),
      check: async (made, _tables, place) => {
        expect([place, made.orchestrations.started.length]).toEqual([place, 1]);
        expect(await stateOf(made)).toBe('connecting');
      },
    });
  });

  it('becomes its stack’s as often as it takes, wherever it crashes', async () => {
    await atEveryCrash({
      setUp: async (tables) => {
        const made = await services(tables);
        await made.connectors.connect(aConnectorRequest(), asked(made, 'connect'));
        return made;
      },
      work: (made) => made.connectors.bind('wap'),
      check: async (made, _tables, place) => {
        expect([place, (await made.stacks.get('poc'))?.connectorId]).toEqual([place, 'wap']);
        expect(await made.connectors.plan('wap')).toMatchObject({ plan: { changedClouds: ['AzurePack_1'] } });
      },
    });
  });
});

describe('src/services/on-premises/connectors, where the preconditions did not hold', () => {
  async function neverBegun(): Promise<OnPremisesServices> {
    const made = await services();
    await made.connectors.connect(aConnectorRequest(), asked(made, 'connect'));
    await endOperation(made, 'connect', failed);
    return made;
  }

  it('is in the way of no other connector of the stack, and cannot go on once that one is the stack’s', async () => {
    const made = await neverBegun();

    await made.connectors.connect(aConnectorRequest({ id: 'other' }), asked(made, 'other'));
    expect(await made.connectors.bind('other')).toEqual({ outcome: 'bound' });

    expect(await made.connectors.bind('wap')).toMatchObject({
      outcome: 'refused',
      message: expect.stringContaining('connector other') as string,
    });
    expect((await made.stacks.get('poc'))?.connectorId).toBe('other');
  });

  it('is removed without a command on any machine, and leaves the stack as it was', async () => {
    const made = await neverBegun();
    const before = await made.stacks.get('poc');

    const operation = await made.connectors.disconnect('wap', asked(made, 'disconnect'));
    expect(operation.steps.map(({ name }) => name)).toEqual(['W34: Remove what was never begun']);
    await endOperation(made, 'disconnect', succeeded);

    expect(await made.connectors.get('wap')).toBeUndefined();
    expect(await made.stacks.get('poc')).toEqual(before);
    expect(await made.claims.holder('connector:poc')).toBeUndefined();
    await made.machines.remove('portal-1');
    await made.stacks.remove('poc');
  });

  it('takes back the clouds that were connected before, and leaves alone the one that never was', async () => {
    const made = await connected();
    const clouds = [aCloudBody(1), aCloudBody(2)];
    await made.connectors.connect(aConnectorRequest({ clouds }), asked(made, 'further'));
    await endOperation(made, 'further', failed);

    const { steps } = await made.connectors.disconnect('wap', asked(made, 'disconnect'));

    const names = steps.map(({ name }) => name);
    expect(names).toContain('W19 portal-1: Install the connector');
    expect(names.filter((name) => /portal-2|api-2|AzurePack_2/.test(name))).toEqual([]);
  });

  it('does not become the connector of a stack whose machines were changed meanwhile', async () => {
    const made = await neverBegun();
    await made.machines.put(aManualMachine('wasp2', 'wasp'));
    await made.stacks.put({ ...given(await made.stacks.get('poc')), waspMachine: 'wasp2' });

    expect(await made.connectors.bind('wap')).toMatchObject({
      outcome: 'refused',
      message: expect.stringContaining('other machines') as string,
    });
    expect((await made.stacks.get('poc'))?.connectorId).toBeUndefined();
  });
});

describe('src/services/on-premises/machines', () => {
  it('keeps when a machine was registered first', async () => {
    const made = createOnPremisesServices();
    const { createdAt } = await made.machines.put(aManualMachine('host'));
    made.clock.advance(1000);

    const again = await made.machines.put(aManualMachine('host', 'wasp'));

    expect(again).toMatchObject({ createdAt, role: 'wasp' });
    expect(again.updatedAt).not.toBe(createdAt);
  });

  it.each([
    ['itself', { id: 'nat', via: 'nat' }, 'machineUnknown'],
    ['one that is not registered', { id: 'nat', via: 'none' }, 'machineUnknown'],
    ['one that is itself reached through another', { id: 'far', via: 'nat' }, 'tooManyHops'],
    ['another though a third is reached through it', { id: 'host', via: 'wasp' }, 'tooManyHops'],
  ])('refuses a machine that is reached through %s', async (_what, { id, via }, code) => {
    const made = createOnPremisesServices();
    if (code === 'tooManyHops') await aStack(made);
    const way = { machineId: via, computerName: 'X', credentialSecret: 'c' };

    await expect(made.machines.put({ id, role: 'natvm', via: way })).rejects.toMatchObject({
      code: 'ERR_REQUEST_INVALID',
      problems: [{ path: '/via/machineId', code }],
    });
  });

  it('answers which machine is connected to', async () => {
    const made = await services();

    expect(await made.machines.route('nat')).toMatchObject({ machine: { id: 'nat' }, connection: { id: 'host' } });
    expect(await made.machines.route('host')).toMatchObject({ machine: { id: 'host' }, connection: { id: 'host' } });
    expect(await made.machines.route('none')).toBeUndefined();
  });

  it.each([
    ['host', 'machine nat, stack poc'],
    ['wasp', 'stack poc'],
    ['client', 'connector wap'],
    ['api-1', 'connector wap'],
  ])('keeps %s, which is needed by %s', async (id, users) => {
    const made = await connected();

    await expect(made.machines.remove(id)).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
      message: `Machine ${id} is needed by ${users}.`,
    });
  });

  it('forgets a machine that nothing needs, once', async () => {
    const made = await connected();

    await made.machines.remove('api-2');

    await expect(made.machines.remove('api-2')).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
  });
});

describe('src/services/on-premises/stacks', () => {
  it('names every machine that is not registered', async () => {
    const made = await services();
    const stack = { ...given(await made.stacks.get('poc')), hostMachine: 'a', natMachine: 'b', waspMachine: 'c' };

    await expect(made.stacks.put(stack)).rejects.toMatchObject({
      problems: [{ path: '/hostMachine' }, { path: '/natMachine' }, { path: '/waspMachine' }],
    });
  });

  it('keeps what a stack shares when its names change', async () => {
    const made = await connected();

    await made.stacks.put({ ...given(await made.stacks.get('poc')), portalFqdn: 'new.azurestack.local' });

    expect(await made.stacks.get('poc')).toMatchObject({ portalFqdn: 'new.azurestack.local', connectorId: 'wap' });
  });

  it('keeps a stack that has a connector', async () => {
    const made = await connected();

    await expect(made.stacks.remove('poc')).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    await expect(made.stacks.remove('none')).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
  });
});
