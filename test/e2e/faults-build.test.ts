/** Builds on a bad day of Azure's: throttling, lost answers, operations that fail, a person who changes his mind. */
import { type RunningTestStack, startStack, waitUntil } from '../support/stack.ts';
import { networkPath, readResource } from './support/azure.ts';
import { endByClock, followByClock } from './support/by-clock.ts';
import { askForFault, throttled, unavailable } from './support/faults.ts';
import {
  acceptedOperation,
  examplePlan,
  expectStatus,
  getOperation,
  type JsonObject,
  putCountOf,
  readJournal,
} from './support/line.ts';

const timeoutMs = 600_000;

/** A plan of its own: no two share a resource, except the group. */
function planOf(name: string): JsonObject {
  const plan = examplePlan('vnet1-powershell');
  return {
    ...plan,
    name,
    virtualNetwork: { ...(plan['virtualNetwork'] as JsonObject), name: `${name}-vnet` },
    publicIp: { name: `${name}-ip` },
  };
}

const kinds = [
  { step: 'virtualNetwork', type: 'virtualNetworks', suffix: '-vnet' },
  { step: 'publicIp', type: 'publicIPAddresses', suffix: '-ip' },
  { step: 'gateway', type: 'virtualNetworkGateways', suffix: '' },
] as const;

describe('src/orchestrations/gateways/build-gateway, against faults', () => {
  let stack: RunningTestStack;

  beforeAll(async () => {
    stack = await startStack({ speed: 600, noise: 0 });
  }, timeoutMs);

  afterAll(async () => {
    await stack.stop();
  }, timeoutMs);

  async function build(name: string): Promise<string> {
    return acceptedOperation(await stack.api('POST', '/api/gateways', planOf(name))).id;
  }

  /** Accepted PUTs of each of the gateway's resources. */
  async function putCounts(name: string): Promise<readonly number[]> {
    const journal = await readJournal(stack, { service: 'arm' });
    return kinds.map(({ type, suffix }) => putCountOf(journal, `/${type}/${name}${suffix}`));
  }

  async function present(name: string): Promise<readonly boolean[]> {
    const found = kinds.map(({ type, suffix }) => readResource(stack, networkPath(stack, `${type}/${name}${suffix}`)));
    return (await Promise.all(found)).map((resource) => resource !== undefined);
  }

  it(
    'waits out storms of throttling at every part, and writes each resource once',
    async () => {
      for (const path of ['resourcegroups/', '/virtualNetworks/', '/publicIPAddresses/', '/virtualNetworkGateways/']) {
        await askForFault(stack, { service: 'arm', path, times: 20 }, throttled);
        await askForFault(stack, { service: 'arm', path, times: 5 }, unavailable);
      }

      const operation = await endByClock(stack, await build('storm'));

      expect(operation.problem).toBeUndefined();
      expect(operation.status).toBe('succeeded');
      expect(await putCounts('storm')).toEqual([1, 1, 1]);
    },
    timeoutMs,
  );

  it(
    'makes nothing twice when every answer to a write is lost',
    async () => {
      for (const path of ['/virtualNetworks/', '/publicIPAddresses/', '/virtualNetworkGateways/[^/]+[?]']) {
        await askForFault(stack, { service: 'arm', method: 'PUT', path, times: 1 }, { applyThenDrop: true });
      }
      await askForFault(
        stack,
        { service: 'arm', method: 'POST', path: 'vpnprofile', times: 1 },
        { applyThenDrop: true },
      );

      const operation = await endByClock(stack, await build('dropped'));

      expect(operation.status).toBe('succeeded');
      expect(await putCounts('dropped')).toEqual([1, 1, 1]);
    },
    timeoutMs,
  );

  it(
    'waits for answers that take long',
    async () => {
      await askForFault(stack, { service: 'arm', times: 6 }, { hangMs: 1500 });

      const operation = await endByClock(stack, await build('slow'));

      expect(operation.status).toBe('succeeded');
      expect(await putCounts('slow')).toEqual([1, 1, 1]);
    },
    timeoutMs,
  );

  it.each(kinds)(
    'fails with Azure’s words when Azure fails the $step, and a resume ends with one of each',
    async ({ step, type }) => {
      const name = `failed-${step.toLowerCase()}`;
      const fault = { service: 'arm', method: 'PUT', path: `/${type}/${name}`, times: 1 } as const;
      await askForFault(stack, fault, { failOperation: 'InternalServerError' });

      const failed = await endByClock(stack, await build(name));
      const resumed = await followByClock(stack, await stack.api('POST', `/api/operations/${failed.id}/resume`));

      expect(failed.status).toBe('failed');
      expect(failed.steps.find((candidate) => candidate.status === 'failed')?.name).toBe(step);
      expect(failed.problem?.detail).toMatch(/InternalServerError: The operation failed/);
      expect(failed.problem?.detail).toMatch(new RegExp(`Left behind: .*/${type}/${name}`));
      expect(resumed.status).toBe('succeeded');
      expect(await present(name)).toEqual([true, true, true]);
      expect(await putCounts(name)).toEqual(kinds.map((kind) => (kind.step === step ? 2 : 1)));
    },
    timeoutMs,
  );

  it(
    'removes what it made, and nothing else, after a failure',
    async () => {
      const fault = { service: 'arm', method: 'PUT', path: '/virtualNetworkGateways/undone', times: 1 } as const;
      await askForFault(stack, fault, { failOperation: 'InternalServerError' });
      const failed = await endByClock(stack, await build('undone'));
      expect(failed.status).toBe('failed');
      expect(await present('undone')).toEqual([true, true, true]);

      const removed = await followByClock(stack, await stack.api('POST', `/api/operations/${failed.id}/remove`));

      expect(removed.status).toBe('succeeded');
      expect(await present('undone')).toEqual([false, false, false]);
      expect(await present('storm')).toEqual([true, true, true]);
      expectStatus(await stack.api('GET', '/api/gateways/undone'), 404);
    },
    timeoutMs,
  );

  it(
    'lets Azure finish the gateway when it is canceled meanwhile, then stops and says what exists',
    async () => {
      const id = await build('canceled');
      await waitUntil(async () => {
        const { steps } = await getOperation(stack, id);
        return steps.some(({ name, status }) => name === 'gateway' && status === 'waiting');
      }, timeoutMs);

      const asked = await stack.api('POST', `/api/operations/${id}/cancel`);
      const canceled = await endByClock(stack, id);

      expect(asked.status).toBeLessThan(300);
      expect(canceled.status).toBe('canceled');
      expect(canceled.steps.map(({ status }) => status)).toEqual([
        ...Array.from({ length: 4 }, () => 'succeeded'),
        ...Array.from({ length: 3 }, () => 'pending'),
      ]);
      expect(canceled.result).toMatchObject({
        leftBehind: expect.arrayContaining([
          { resourceId: networkPath(stack, 'virtualNetworkGateways/canceled'), state: 'Succeeded' },
        ]) as unknown,
        notLookedAt: [],
      });
      expect((await followByClock(stack, await stack.api('POST', `/api/operations/${id}/resume`))).status).toBe(
        'succeeded',
      );
    },
    timeoutMs,
  );
});
