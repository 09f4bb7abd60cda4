/** The whole stack stopped, or killed, in the middle of a build: the second start goes on and ends with one of each. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endProcess, type RunningTestStack, startStack, waitUntil, waitUntilGone } from '../support/stack.ts';
import {
  acceptedOperation,
  examplePlan,
  getOperation,
  putCountOf,
  readJournal,
  waitForOperation,
} from './support/line.ts';

const timeoutMs = 600_000;
const buildMs = 180_000;
const start = { speed: 4000, noise: 0 };

describe('sandbox/supervisor/run-stack, stopped in the middle of a build', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'gatehouse-stack-'));
  });

  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  it(
    'goes on after SIGTERM where it was',
    async () => {
      const first = await startStack({ ...start, directory });
      const id = await buildUntil(first, 'publicIp');

      first.supervisor.kill('SIGTERM');
      expect(await endProcess(first.supervisor)).toBe(0);
      await waitUntilGone(Object.values(first.info.processes));

      await expectBuildEnds(await startStack({ ...start, directory }), id);
    },
    timeoutMs,
  );

  it(
    'leaves no process after kill -9 of the supervisor, and goes on where it was',
    async () => {
      const first = await startStack({ ...start, directory });
      const id = await buildUntil(first, 'gateway');

      first.supervisor.kill('SIGKILL');
      await waitUntilGone(Object.values(first.info.processes));

      await expectBuildEnds(await startStack({ ...start, directory }), id);
    },
    timeoutMs,
  );
});

/** Starts a build and answers its operation once the step has begun. */
async function buildUntil(stack: RunningTestStack, step: string): Promise<string> {
  const { id } = acceptedOperation(await stack.api('POST', '/api/gateways', examplePlan('vnet1-powershell')));
  await waitUntil(async () => {
    const { steps } = await getOperation(stack, id);
    return steps.some(({ name, status }) => name === step && status !== 'pending');
  }, buildMs);
  return id;
}

async function expectBuildEnds(stack: RunningTestStack, id: string): Promise<void> {
  try {
    await waitForOperation(stack, id, { timeoutMs: buildMs });
    const journal = await readJournal(stack, { service: 'arm' });
    const resources = ['/virtualNetworks/VNet1', '/publicIPAddresses/VNet1GWpip', '/virtualNetworkGateways/VNet1GW'];
    expect(resources.map((resource) => putCountOf(journal, resource))).toEqual([1, 1, 1]);
  } finally {
    await stack.stop();
  }
}
