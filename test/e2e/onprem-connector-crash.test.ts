/**
 * A connector under kill -9: the runtime is killed at every step of connecting a cloud and of taking it back, in the
 * middle of its work. What is to be done once is done once, every question is asked once, and the machines end as they
 * should.
 */
import type { OperationView } from '../../src/domain/operation.ts';
import { type RunningTestStack, startStack, waitUntil } from '../support/stack.ts';
import { aConnectorRequest, anExpressCloud, openApprovals, seeAsTenant } from './support/connector-line.ts';
import { anExpressWorld, defineWorld, machineOf, seeWorld, writeAccounts } from './support/connector-world.ts';
import type { JournalEntry, JsonObject } from './support/line.ts';
import { machineSpeed, readChanges } from './support/onprem-line.ts';
import { createPatientCaller, type PatientCaller } from './support/patient-caller.ts';
import { readTable } from './support/read-tables.ts';
import { startStepKiller, type StepKiller } from './support/step-killer.ts';

const minuteMs = 60_000;
const wap = 'wapcomputer1';
/** A command begins: it goes on while the runtime is away. Of steps that change nothing, the look is all there is. */
const begins = /\/(W[0-9]+\/(apply|undo)|W(2|7|12|15|16|20|23|28)\/probe)$/;
/** What must not happen twice has happened, and nobody has heard of it. */
const ends = /\/W(13|19|27|31)\/(apply|undo)$/;

describe('src/orchestrations/on-premises/connect-clouds, killed at every step', () => {
  let stack: RunningTestStack;
  let caller: PatientCaller;
  let killer: StepKiller;

  beforeAll(async () => {
    stack = await startStack({ speed: machineSpeed, with: ['windows'] });
    await writeAccounts(stack);
    await defineWorld(stack, await anExpressWorld());
    caller = createPatientCaller(stack);
    killer = startStepKiller(stack);
  }, 5 * minuteMs);

  afterAll(async () => {
    await stack.stop();
  }, 5 * minuteMs);

  /** Takes a part to its end under fire; answers what people were asked. The clock waits for a runtime that is away. */
  async function part(name: string, method: string, path: string, body?: JsonObject): Promise<readonly string[]> {
    killer.enter(name, isMachineStep);
    const request = { method, path, key: `key-of-${name}`, ...(body === undefined ? {} : { body }) };
    const { id } = (await caller.call(request)).body as { readonly id: string };
    let seen: OperationView | undefined;
    await waitUntil(async () => {
      await stack.control('POST', '/clock', { advance: 'PT10S' });
      seen = (await caller.call({ method: 'GET', path: `/api/operations/${id}` })).body as OperationView;
      for (const { name: gate } of openApprovals(seen)) await approve(id, gate);
      return ['succeeded', 'failed', 'canceled'].includes(seen.status);
    }, 10 * minuteMs);
    if (seen?.status !== 'succeeded') throw new Error(`${name}: ${JSON.stringify(seen)}`);
    return seen.approvals?.map((approval) => approval.name) ?? [];
  }

  async function approve(id: string, name: string): Promise<void> {
    const path = `/api/operations/${id}/approve`;
    const { status } = await caller.call({ method: 'POST', path, body: { name }, key: `approve-${id}-${name}` });
    expect(status).toBe(202);
  }

  it(
    'connects once, and takes everything back',
    async () => {
      const before = await seeWorld(stack);
      const request = aConnectorRequest({ clouds: [anExpressCloud(1)] });

      const asked = await part('connect', 'POST', '/api/connectors', request);
      expect(asked).toEqual([
        'enable-multi-cloud',
        'portal-shows-clouds',
        'update-api-azurepack-1',
        'trust-azurepack-1',
        'tenant-sees-machines',
      ]);
      await expectConnectedOnce();
      const connected = (await readChanges(stack)).length;

      await part('disconnect', 'DELETE', '/api/connectors/wap');
      await killer.stop();
      await caller.untilQuiet();

      expect(killer.kills().length).toBeGreaterThan(25);
      expect((await readChanges(stack)).slice(connected)).toEqual(
        ['W13', 'W31', 'W27', 'W26', 'W22', 'W19', 'W18', 'W8', 'W8', 'W11'].map((step) => `${step} undo`),
      );
      const after = await seeWorld(stack);
      expect(after.connector.multiCloud).toMatchObject({ isOn: false, disableCount: 1 });
      expect(machineOf(after, wap).azurePack.sites).toEqual(machineOf(before, wap).azurePack.sites);
      expect(machineOf(after, wap).products).toEqual(machineOf(before, wap).products);
      expect(after.connector.violations).toEqual([]);
      expect(await readTable(stack, 'Claims')).toEqual([]);
      expect(await readTable(stack, 'Unfinished')).toEqual([]);
    },
    20 * minuteMs,
  );

  async function expectConnectedOnce(): Promise<void> {
    expect(await seeAsTenant(stack, 'AzurePack_1')).toMatchObject({ errors: [], virtualMachines: [`${wap}-vm1`] });
    const { connector, machines } = await seeWorld(stack);
    expect(connector.multiCloud.addCount).toBe(1);
    expect(Object.values(connector.sqlServers[wap]?.trustRuns ?? {})).toEqual([1]);
    expect(machines.every(({ azurePack }) => azurePack.tenantApi?.isWebConfigProtected !== false)).toBe(true);
    expect((await readChanges(stack)).map((change) => change.replace(' apply', ''))).toEqual(
      'W8 W8 W11 W13 W18 W19 W21 W22 W26 W27 W30 W31'.split(' '),
    );
  }
});

function isMachineStep({ service, path, method }: JournalEntry): boolean {
  return service === 'windows' && (method === 'START' ? begins : ends).test(path);
}
