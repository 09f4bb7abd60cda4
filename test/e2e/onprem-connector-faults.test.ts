/** What goes wrong with machines, endpoint, files and people while clouds are connected; and how it goes on. */
import type { WorldDefinition } from '../../sandbox/windows/world/records.ts';
import type { OperationView } from '../../src/domain/operation.ts';
import { type RunningTestStack, startStack } from '../support/stack.ts';
import { writeSecret } from './support/azure.ts';
import {
  aConnectorRequest,
  anExpressCloud,
  followOperation,
  followToSuccess,
  seeAsTenant,
} from './support/connector-line.ts';
import {
  anExpressWorld,
  changeWorld,
  type ConnectorDefinition,
  defineWorld,
  machineOf,
  secretNames,
  seeWorld,
  writeAccounts,
} from './support/connector-world.ts';
import { acceptedOperation, expectStatus, type JsonObject } from './support/line.ts';
import { breakMachine, decide, machineSpeed, readChanges, readHistory, untilAsked } from './support/onprem-line.ts';

jest.setTimeout(600_000);

type EndpointDefinition = NonNullable<NonNullable<WorldDefinition['connector']>['privilegedEndpoint']>;
const wap = 'wapcomputer1';
let stack: RunningTestStack;
let world: ConnectorDefinition;
let count = 0;

beforeAll(async () => {
  stack = await startStack({ speed: machineSpeed, with: ['windows'] });
  world = await anExpressWorld();
});

afterAll(async () => {
  await stack.stop();
});

/** A request for one cloud, of an Azure Stack that nobody has connected yet. */
async function begin(endpoint: EndpointDefinition = {}): Promise<JsonObject> {
  count += 1;
  await writeAccounts(stack);
  const connector = { ...world.connector, privilegedEndpoint: endpoint };
  await defineWorld(stack, { ...world, connector }, 'ssh', `poc-${count}`);
  return aConnectorRequest({ id: `wap-${count}`, stackId: `poc-${count}`, clouds: [anExpressCloud(1)] });
}

function connect(request: JsonObject): ReturnType<RunningTestStack['api']> {
  return stack.api('POST', '/api/connectors', request);
}

async function resume({ id }: OperationView): Promise<string> {
  expectStatus(await stack.api('POST', `/api/operations/${id}/resume`), 202);
  return id;
}

/** From now on the endpoint makes such files; the ones that it made are gone. */
async function giveDataFiles(faults: NonNullable<EndpointDefinition['dataFileFaults']>): Promise<void> {
  await changeWorld(stack, ({ connector }) => {
    connector.privilegedEndpoint.dataFileFaults = faults;
    connector.outputFiles = [];
  });
}

async function expectConnected(): Promise<void> {
  expect(await seeAsTenant(stack, 'AzurePack_1')).toMatchObject({ errors: [], virtualMachines: ['wapcomputer1-vm1'] });
  const { connector, machines } = await seeWorld(stack);
  expect(connector.multiCloud.addCount).toBe(1);
  expect(Object.values(connector.sqlServers[wap]?.trustRuns ?? {})).toEqual([1]);
  expect(machines.every(({ azurePack }) => azurePack.tenantApi?.isWebConfigProtected !== false)).toBe(true);
  expect(connector.violations).toEqual([]);
}

function problemOf({ status, problem }: OperationView): string {
  expect(status).toBe('failed');
  return problem?.detail ?? '';
}

describe('src/orchestrations/on-premises/connect-clouds, on a bad day', () => {
  it('gets past what passes by itself or by a person: lost answers, other installations, restarts, unknown words', async () => {
    const request = await begin({ nextTranscripts: ['unknownWords'] });
    await breakMachine(stack, { machine: wap, times: 3, then: { kind: 'dropAfter' } });
    await breakMachine(stack, { machine: wap, step: 'W18', mode: 'apply', then: { kind: 'olderFirst' } });
    await breakMachine(stack, { machine: wap, then: { kind: 'busy' } });
    await breakMachine(stack, { machine: wap, then: { kind: 'reboot' } });
    await breakMachine(stack, { machine: wap, step: 'W21', mode: 'apply', then: { kind: 'noAnswer' } });
    await breakMachine(stack, { machine: wap, step: 'W22', mode: 'apply', then: { kind: 'wrongLine' } });
    await breakMachine(stack, { machine: wap, step: 'W26', mode: 'apply', then: { kind: 'slow', factor: 10 } });

    const { approvals } = await followToSuccess(stack, await connect(request));

    await expectConnected();
    expect(approvals?.map(({ name }) => name)).toContain(`restart-${wap}-w19`);
    const busy = (await readHistory(stack)).filter(({ code }) => code === 'Busy');
    expect(busy.map(({ step }) => step)).toEqual(['W19']);
    const enabled = (await readHistory(stack)).find(({ step, mode }) => step === 'W13' && mode === 'apply');
    // The loop that lingers after Success takes five minutes: nobody waits for it.
    const seconds = (Date.parse(enabled?.ended ?? '') - Date.parse(enabled?.begun ?? '')) / 1000;
    expect(seconds * machineSpeed).toBeLessThan(900 + 200);
  });

  it('stops where the endpoint or a machine fails it, says why, leaves no Web.config in clear, and goes on from there', async () => {
    const request = await begin({ nextTranscripts: ['error', 'brokenBeforeSuccess'] });
    await breakMachine(stack, { machine: wap, step: 'W19', mode: 'apply', then: { kind: 'die', seconds: 60 } });
    await breakMachine(stack, { machine: wap, step: 'W30', mode: 'apply', then: { kind: 'die', seconds: 60 } });

    const first = await followOperation(stack, await connect(request));
    expect(problemOf(first)).toContain('W13: Enable multi-cloud mode');
    const second = await followOperation(stack, await resume(first));
    expect(problemOf(second)).toMatch(/W13: Enable multi-cloud mode.*timedOut/);
    // What the endpoint goes on with alone is found.
    await stack.advance('PT10M');
    const third = await followOperation(stack, await resume(second));
    expect(problemOf(third)).toContain(`W19 ${wap}`);
    const fourth = await followOperation(stack, await resume(third));
    expect(problemOf(fourth)).toContain('W30 AzurePack_1');
    expect(machineOf(await seeWorld(stack), wap).azurePack.tenantApi?.isWebConfigProtected).toBe(true);
    await followToSuccess(stack, await resume(fourth));

    await expectConnected();
  });

  it('tries a wrong password of CloudAdmin exactly once', async () => {
    const request = await begin();
    await writeSecret(
      stack,
      secretNames.cloudAdmin,
      JSON.stringify({ username: 'cloudadmin@azurestack.local', password: 'wrong' }),
    );

    const failed = await followOperation(stack, await connect(request));

    expect(problemOf(failed)).toMatch(/W12: .*authFailed/);
    // No look at the network would explain that.
    expect(failed.problem?.errors ?? []).toEqual([]);
    const { accounts = [] } =
      (await seeWorld(stack)).domains.find(({ netBiosName }) => netBiosName === 'AZURESTACK') ?? {};
    expect(accounts.find(({ name }) => name === 'CloudAdmin')).toMatchObject({ badLogons: 1, isLockedOut: false });
  });

  it('refuses data files that are empty, a page, huge, and of another cloud, and takes good ones when asked again', async () => {
    const request = await begin({ dataFileFaults: { AzurePack_1: 'empty', AzurePack_2: 'html' } });
    const both = { ...request, clouds: [anExpressCloud(1), anExpressCloud(2)] };

    const first = await followOperation(stack, await connect(both));
    expect(problemOf(first)).toMatch(/W1[36]: /);
    expect(await readChanges(stack)).toEqual(['W8', 'W8', 'W11', 'W13'].map((step) => `${step} apply`));
    await giveDataFiles({ AzurePack_1: 'huge', AzurePack_2: 'otherCloud' });
    const second = await followOperation(stack, await resume(first));
    expect(problemOf(second)).toMatch(/W1[36]: /);
    // Since other files were given.
    expect(await readChanges(stack)).toEqual(['W13 apply']);

    await giveDataFiles({});
    const asked = await followOperation(stack, await resume(second), {
      judge: ({ name }) => (name === 'portal-shows-clouds' ? 'reject' : 'approve'),
    });
    expect(asked.steps.find(({ name }) => name === 'W16: Collect a data file')?.status).toBe('succeeded');
  });

  it('attaches what the network says to a step that fails for it, as a user machine sees it', async () => {
    const request = await begin();
    await changeWorld(stack, ({ network }) => {
      network.blocked.push({ from: 'client', to: wap, port: 40_005 });
    });

    const failed = await followOperation(stack, await connect(request));

    expect(problemOf(failed)).toContain(`W23 ${wap}`);
    expect(failed.problem?.errors).toEqual([
      expect.objectContaining({
        code: 'portClosed',
        message: `Seen from client, ${wap}.contoso.com:40005: the port is closed.`,
      }),
    ]);
  });
});

describe('src/orchestrations/operations/ask-people, for a connector', () => {
  it('stops with nothing changed where a gate is rejected, and between two steps when it is canceled', async () => {
    const request = await begin();
    const { id } = acceptedOperation(await connect(request));
    expectStatus(await connect({ ...request, id: `${String(request['id'])}-b` }), 409);
    expectStatus(await connect(request), 409);

    const rejected = await followOperation(stack, id, { judge: () => 'reject' });
    expect(problemOf(rejected)).toMatch(/W13: Approve: multi-cloud mode.*notApproved: It was rejected/);
    expect((await seeWorld(stack)).connector.multiCloud).toMatchObject({ isOn: false, addCount: 0 });

    await resume(rejected);
    await untilAsked(stack, id);
    await decide(stack, id, 'approve', { name: 'enable-multi-cloud' });
    expectStatus(await stack.api('POST', `/api/operations/${id}/cancel`), 202);
    const canceled = await followOperation(stack, id);
    expect(canceled.status).toBe('canceled');
    const state = (await seeWorld(stack)).connector.multiCloud;
    expect(state.addCount).toBe(state.isOn ? 1 : 0);
    expect((await readHistory(stack)).filter(({ ended }) => ended === undefined)).toEqual([]);

    await followToSuccess(stack, await resume(canceled));
    await expectConnected();
  });
});
