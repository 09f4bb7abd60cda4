import type { DurableClient, DurableOrchestrationStatus } from 'durable-functions';
import { createDurableOrchestrations } from '../../../../src/functions/http/durable-orchestrations.ts';

type ClientCalls = Pick<DurableClient, 'startNew' | 'getStatus' | 'raiseEvent'>;

const notFound =
  'DurableClient error: Durable Functions extension replied with HTTP 404 response. This usually means ...';

/** A hub that holds one instance in this status, or none; `onStart` may refuse a start and change the status. */
function aHub(
  status: string | undefined,
  onStart: (hub: Hub) => void = () => undefined,
): Hub & { readonly client: ClientCalls } {
  const hub: Hub = { status, started: [], raised: [] };
  return Object.assign(hub, {
    client: {
      getStatus: () =>
        hub.status === undefined
          ? Promise.reject(new Error(notFound))
          : Promise.resolve({ runtimeStatus: hub.status } as unknown as DurableOrchestrationStatus),
      startNew: (name: string, options?: { readonly instanceId?: string }) => {
        onStart(hub);
        hub.started.push(`${name} ${options?.instanceId ?? ''}`);
        return Promise.resolve('');
      },
      raiseEvent: (instanceId: string, eventName: string) => {
        onStart(hub);
        hub.raised.push(`${instanceId} ${eventName}`);
        return Promise.resolve();
      },
    },
  });
}

interface Hub {
  status: string | undefined;
  readonly started: string[];
  readonly raised: string[];
}

describe('src/functions/http/durable-orchestrations', () => {
  it.each([
    ['Pending', 'live'],
    ['Running', 'live'],
    ['ContinuedAsNew', 'live'],
    ['Suspended', 'live'],
    ['Completed', 'ended'],
    ['Failed', 'ended'],
    ['Terminated', 'ended'],
    ['Canceled', 'ended'],
    [undefined, 'absent'],
  ])('says of %s that it is %s', async (status, expected) => {
    const { client } = aHub(status);

    expect(await createDurableOrchestrations(client).state('op-1-1')).toBe(expected);
  });

  it('starts what is not there and leaves alone what is, ended or not', async () => {
    for (const status of [undefined, 'Running', 'Completed']) {
      const hub = aHub(status);

      await createDurableOrchestrations(hub.client).start('buildGateway', 'op-1-1', {});

      expect(hub.started).toEqual(status === undefined ? ['buildGateway op-1-1'] : []);
    }
  });

  it.each([
    'unexpected status code: 409',
    'unexpected status code: 500. Details: {"ExceptionMessage":"... already exists."}',
  ])('takes a start that somebody else made first for a success: %s', async (message) => {
    const hub = aHub(undefined, (raced) => {
      raced.status = 'Pending';
      throw new Error(message);
    });

    await expect(createDurableOrchestrations(hub.client).start('x', 'op-1-1', {})).resolves.toBeUndefined();
  });

  it('throws when a start failed and nothing was started', async () => {
    const hub = aHub(undefined, () => {
      throw new Error('unexpected status code: 400');
    });

    await expect(createDurableOrchestrations(hub.client).start('x', 'op-1-1', {})).rejects.toThrow('400');
  });

  it('throws when the hub does not answer', async () => {
    const client = { ...aHub('Running').client, getStatus: () => Promise.reject(new Error('connect ECONNREFUSED')) };

    await expect(createDurableOrchestrations(client).state('op-1-1')).rejects.toThrow('ECONNREFUSED');
  });

  it('raises an event at an instance that still lives', async () => {
    const hub = aHub('Running');

    await createDurableOrchestrations(hub.client).raise('op-1-1', 'decided');

    expect(hub.raised).toEqual(['op-1-1 decided']);
  });

  it.each(['Completed', undefined])('raises nothing at an instance that is %s', async (status) => {
    const hub = aHub(status);

    await createDurableOrchestrations(hub.client).raise('op-1-1', 'decided');

    expect(hub.raised).toEqual([]);
  });

  it('takes an instance that ended while the event was on its way for one that does not mind', async () => {
    const hub = aHub('Running', (ended) => {
      ended.status = 'Completed';
      throw new Error('replied with HTTP 410 response');
    });

    await expect(createDurableOrchestrations(hub.client).raise('op-1-1', 'decided')).resolves.toBeUndefined();
  });

  it('throws when the event did not reach an instance that lives', async () => {
    const hub = aHub('Running', () => {
      throw new Error('connect ECONNREFUSED');
    });

    await expect(createDurableOrchestrations(hub.client).raise('op-1-1', 'decided')).rejects.toThrow('ECONNREFUSED');
  });
});
