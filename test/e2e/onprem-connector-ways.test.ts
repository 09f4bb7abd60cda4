/** A cloud of several portals and tenant APIs by Azure Arc, and a small one whose machine only a person reaches. */
import type { HistoryEntry } from '../../sandbox/windows/world/state.ts';
import type { OperationView } from '../../src/domain/operation.ts';
import { type RunningTestStack, startStack } from '../support/stack.ts';
import { cloudAdmin, domainAdmin, sqlAdmin, sqlAdminPassword } from '../support/windows/connector-world.ts';
import { readSecret } from './support/azure.ts';
import {
  aConnectorRequest,
  anExpressCloud,
  aWideCloud,
  followToSuccess,
  seeAsTenant,
} from './support/connector-line.ts';
import {
  anExpressWorld,
  aWideWorld,
  defineWorld,
  secretNames,
  seeWorld,
  writeAccounts,
} from './support/connector-world.ts';
import { machineSpeed, readHistory } from './support/onprem-line.ts';
import { type Known, type ShownCommand, workAt } from './support/onprem-person.ts';

jest.setTimeout(600_000);

let stack: RunningTestStack;

beforeAll(async () => {
  stack = await startStack({ speed: machineSpeed, with: ['windows'] });
  await writeAccounts(stack);
});

afterAll(async () => {
  await stack.stop();
});

/** The most of these commands that ran at one moment. */
function mostAtOnce(entries: readonly HistoryEntry[]): number {
  const running = (at: string): number => entries.filter(({ begun, ended = '' }) => begun <= at && at < ended).length;
  return Math.max(0, ...entries.map(({ begun }) => running(begun)));
}

/**
 * The most machines that were between their first and their last of these commands at one moment. Order alone counts,
 * not how long a command took or whether two of them happened to run at once.
 */
function mostMachinesAtWork(entries: readonly HistoryEntry[]): number {
  const spans = [...new Set(entries.map(({ machine }) => machine))].map((machine) => {
    const times = entries.filter((entry) => entry.machine === machine).map(({ begun }) => begun);
    return { first: times.toSorted()[0] ?? '', last: times.toSorted().at(-1) ?? '' };
  });
  const atWork = (at: string): number => spans.filter(({ first, last }) => first <= at && at <= last).length;
  return Math.max(0, ...spans.map(({ first }) => atWork(first)));
}

describe('src/orchestrations/on-premises/connect-clouds, by Azure Arc', () => {
  let connected: OperationView;
  let history: readonly HistoryEntry[];

  beforeAll(async () => {
    await defineWorld(stack, await aWideWorld(), 'arc');
    const request = aConnectorRequest({ clouds: [aWideCloud({ drain: { approval: true } })] });
    connected = await followToSuccess(stack, await stack.api('POST', '/api/connectors', request));
    history = await readHistory(stack);
  });

  it("shows a tenant the cloud's virtual machines", async () => {
    expect(await seeAsTenant(stack, 'Wide')).toEqual({
      isListed: true,
      errors: [],
      virtualMachines: ['wide-vm1', 'wide-vm2'],
    });
    expect(new Set(history.map(({ transport }) => transport))).toEqual(new Set(['arc']));
  });

  // That three begin at once is shown where time does not count (unit test of the orchestration): how many meet here is
  // chance.
  it('works on every portal, and never on more than three at once', () => {
    const installed = history.filter(({ step, changed }) => step === 'W19' && changed === true);
    // The checks before look at all machines at once.
    const onPortals = history.filter(
      ({ machine, step }) => machine.startsWith('portal') && ['W18', 'W19', 'W21', 'W22'].includes(step),
    );

    expect(installed.map(({ machine }) => machine).toSorted()).toEqual(['portal1', 'portal2', 'portal3', 'portal4']);
    expect(mostMachinesAtWork(onPortals)).toBeLessThanOrEqual(3);
  });

  it('has one command on a machine at a time, whatever it is', () => {
    for (const machine of new Set(history.map(({ connectedTo }) => connectedTo))) {
      expect(mostAtOnce(history.filter(({ connectedTo }) => connectedTo === machine))).toBe(1);
    }
  });

  it('updates one tenant API after the other, each out of its balancer meanwhile', () => {
    const asked = connected.approvals?.map(({ name }) => name).filter((name) => /drain|update|trust/.test(name));
    const updates = history.filter(({ step, changed }) => step === 'W27' && changed === true);

    expect(asked).toEqual([
      'update-api-wide',
      'drain-api1',
      'undrain-api1',
      'drain-api2',
      'undrain-api2',
      'trust-wide',
    ]);
    expect(updates.map(({ machine }) => machine)).toEqual(['api1', 'api2']);
    expect(mostAtOnce(updates)).toBe(1);
  });

  it('establishes the trust once, from the one machine that is named', async () => {
    const trusts = history.filter(({ step, changed }) => step === 'W31' && changed === true);
    const { connector } = await seeWorld(stack);

    expect(trusts.map(({ machine }) => machine)).toEqual(['api1']);
    expect(connector.sqlServers['sql1']).toMatchObject({ isCorrupt: false, hasStore: true });
    expect(connector.violations).toEqual([]);
  });

  it('takes it all back', async () => {
    const request = stack.api('DELETE', '/api/connectors/wap');
    await followToSuccess(stack, await request);

    const { connector, machines } = await seeWorld(stack);
    expect(connector.multiCloud.isOn).toBe(false);
    expect(
      machines.flatMap(({ azurePack }) => azurePack.sites).filter(({ name }) => name.includes('Connector')),
    ).toEqual([]);
  });
});

describe('src/orchestrations/on-premises/connect-clouds, by hand', () => {
  const accounts: Known = {
    [secretNames.cloudAdmin]: cloudAdmin,
    [secretNames.domainAdmin]: domainAdmin,
    [secretNames.sqlAdmin]: { username: sqlAdmin, password: sqlAdminPassword },
  };

  /** What a person is asked for beside the accounts is the data file, which Key Vault has. */
  async function remember({ commandLine }: ShownCommand): Promise<Known> {
    const invocation = Buffer.from(commandLine.split(' -Invocation ')[1] ?? '', 'base64url').toString();
    const { secrets } = JSON.parse(invocation) as { readonly secrets: Readonly<Record<string, { name: string }>> };
    const known: Record<string, Known[string]> = { ...accounts };
    for (const { name } of Object.values(secrets)) known[name] ??= (await readSecret(stack, name)) ?? '';
    return known;
  }

  it('connects a cloud whose computer a person sits at, and takes it back', async () => {
    await defineWorld(stack, await anExpressWorld(), (id) => (id === 'wapcomputer1' ? 'manual' : 'ssh'));
    const done: string[] = [];
    const follow = {
      stepMinutes: 1,
      onLook: async () => {
        done.push(...(await workAt(stack, 'wapcomputer1', remember)));
      },
    };
    const request = aConnectorRequest({ clouds: [anExpressCloud(1)] });
    await followToSuccess(stack, await stack.api('POST', '/api/connectors', request), follow);

    expect(await seeAsTenant(stack, 'AzurePack_1')).toMatchObject({
      errors: [],
      virtualMachines: ['wapcomputer1-vm1'],
    });
    for (const step of ['W18', 'W19', 'W21', 'W22', 'W26', 'W27', 'W30', 'W31']) {
      expect(done.filter((each) => each === `${step} apply`)).toHaveLength(1);
    }

    await followToSuccess(stack, await stack.api('DELETE', '/api/connectors/wap'), follow);

    const { connector } = await seeWorld(stack);
    expect(connector.multiCloud.isOn).toBe(false);
    expect(connector.sqlServers['wapcomputer1']?.trusts).toEqual([]);
    expect(connector.violations).toEqual([]);
  });
});
