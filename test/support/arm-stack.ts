/**
 * ARM alone, spoken to over HTTPS by the real clients: no noise, no client retries, and a clock that jumps to the end
 * of an operation instead of waiting for it.
 */
import { request as httpsRequest } from 'node:https';
import { NetworkManagementClient } from '@azure/arm-network';
import { ResourceManagementClient } from '@azure/arm-resources';
import type { TokenCredential } from '@azure/core-auth';
import { type RunningArm, startArm } from '../../sandbox/arm/arm-service.ts';
import type { HybridMachines } from '../../sandbox/arm/hybrid-compute/hybrid-machines.ts';
import { startEventGrid } from '../../sandbox/eventgrid/event-grid.ts';
import type { RawAnswer as RawFault } from '../../sandbox/platform/faults.ts';
import type { ServiceHost } from '../../sandbox/platform/service-host.ts';
import { aPublicIp, aVirtualNetwork, location } from './builders/arm-bodies.ts';
import { createTestHost, type TestHost, type TestHostOptions } from './service-host.ts';

const apiVersions: Readonly<Record<string, string>> = {
  'Microsoft.Network': '2026-01-01',
  'Microsoft.HybridCompute': '2025-01-13',
};
const audience = 'https://management.azure.com/';
const hourMs = 3600 * 1000;
const yearMs = 365 * 24 * hourMs;

export interface ArmStackOptions extends Pick<TestHostOptions, 'speed' | 'standsStill'> {
  readonly eventGridUrl?: string;
  /** The machines that Arc knows. */
  readonly machines?: HybridMachines;
}

interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The parsed body, or an empty object. */
  readonly body: Readonly<Record<string, unknown>>;
}

interface RawRequest {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Another caller's token, or none. */
  readonly token?: string | undefined;
}

/** What a long-running operation of the real clients has in common. */
interface Submittable<T> {
  submitted(): Promise<void>;
  poll(): Promise<unknown>;
  readonly isDone: boolean;
  readonly result: T | undefined;
}

export interface ArmStack {
  readonly test: TestHost;
  arm: RunningArm;
  network: NetworkManagementClient;
  resources: ResourceManagementClient;
  readonly subscriptionId: string;
  /** Whose calls ARM takes: for clients other than `network` and `resources`, which also need `test.ca`. */
  readonly credential: TokenCredential;
  /**
   * The next calls that fit are answered with `answer` as it stands, and not carried out; `path` is a regular
   * expression.
   */
  answerNext(
    calls: { readonly method?: string; readonly path?: string; readonly times?: number },
    answer: RawFault,
  ): void;
  /** Path of something in the resource group `rg`, with the api-version that goes with it. */
  path(rest: string): string;
  /** A request that the clients would not send; carries a valid token unless told otherwise. */
  send(method: string, pathOrUrl: string, request?: RawRequest): Promise<RawAnswer>;
  /**
   * PUTs at `path(rest)`, jumps to the end of the operation and answers what GET says then. A refusal is answered as it
   * is.
   */
  put(rest: string, body: unknown): Promise<RawAnswer>;
  /** Makes the resource group `rg` with VNet1 and the public IP `pip`, ready for a gateway. */
  prepareNetwork(): Promise<void>;
  /** Id of the resource group. */
  readonly group: string;
  /** Sends an operation, jumps to its end and returns its result. */
  finish<T>(poller: Submittable<T>): Promise<T>;
  /** Ends the process and starts it again with the state it left. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export async function startArmStack(options: ArmStackOptions = {}): Promise<ArmStack> {
  const test = await createTestHost(options);
  const { subscriptionId } = test.host;
  const credential: TokenCredential = {
    // The clients keep a token by real time while the stack's clock jumps by hours: a year is enough for any test.
    getToken: () =>
      Promise.resolve({ token: test.tokenFor(audience, {}, yearMs), expiresOnTimestamp: Date.now() + hourMs }),
  };
  let eventGrid = startEventGrid(test.host, { url: options.eventGridUrl });
  const first = await start(test.host, 0);

  function start(host: ServiceHost, port: number): Promise<RunningArm> {
    return startArm(host, {
      port,
      machines: options.machines,
      publishEvent: (event) => {
        eventGrid.publish(event);
      },
    });
  }
  function stop(): Promise<void> {
    eventGrid.stop();
    eventGrid.flush();
    return stack.arm.close();
  }

  function clientsFor(url: string): Pick<ArmStack, 'network' | 'resources'> {
    const settings = { endpoint: url, tlsOptions: { ca: test.ca }, retryOptions: { maxRetries: 0 } };
    return {
      network: new NetworkManagementClient(credential, subscriptionId, settings),
      resources: new ResourceManagementClient(credential, subscriptionId, settings),
    };
  }

  const stack: ArmStack = {
    test,
    arm: first,
    ...clientsFor(first.url),
    subscriptionId,
    credential,
    answerNext({ times = 1, ...calls }, answer) {
      test.host.faults.add({ service: 'arm', ...calls, times, then: answer });
    },
    path(rest) {
      const version = apiVersions[/Microsoft\.\w+/.exec(rest)?.[0] ?? ''] ?? '2025-04-01';
      return `/subscriptions/${subscriptionId}/resourceGroups/rg${rest}?api-version=${version}`;
    },
    send: (method, pathOrUrl, request = {}) =>
      sendRaw(method, new URL(pathOrUrl, stack.arm.url), test.ca, {
        token: test.tokenFor(audience),
        ...request,
      }),
    group: `/subscriptions/${subscriptionId}/resourceGroups/rg`,
    async put(rest, body) {
      const answer = await stack.send('PUT', stack.path(rest), { body });
      if (answer.status >= 300) return answer;
      await test.advance(hourMs);
      return stack.send('GET', stack.path(rest));
    },
    async prepareNetwork() {
      await stack.put('', { location });
      await stack.put('/providers/Microsoft.Network/virtualNetworks/VNet1', aVirtualNetwork());
      await stack.put('/providers/Microsoft.Network/publicIPAddresses/pip', aPublicIp());
    },
    async finish<T>(poller: Submittable<T>) {
      await poller.submitted();
      await test.advance(hourMs);
      for (let tries = 0; !poller.isDone && tries < 5; tries += 1) await poller.poll();
      return poller.result as T;
    },
    async restart() {
      stack.arm.flush();
      const { port } = stack.arm;
      await stop();
      const host = test.restart();
      eventGrid = startEventGrid(host, { url: options.eventGridUrl });
      stack.arm = await start(host, port);
    },
    async close() {
      await stop();
      stack.arm.flush();
      test.close();
    },
  };
  return stack;
}

function sendRaw(method: string, url: URL, ca: string, request: RawRequest): Promise<RawAnswer> {
  const content = request.body === undefined ? undefined : JSON.stringify(request.body);
  return new Promise((resolve, reject) => {
    const headers = {
      ...(request.token === undefined ? {} : { authorization: `Bearer ${request.token}` }),
      ...(content === undefined ? {} : { 'content-type': 'application/json' }),
      ...request.headers,
    };
    const outgoing = httpsRequest(url, { method, ca, headers, agent: false }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const text = Buffer.concat(chunks).toString('latin1');
        const plain = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]);
        resolve({
          status: incoming.statusCode ?? 0,
          headers: Object.fromEntries(plain) as Record<string, string>,
          text,
          body: parse(text),
        });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(content);
  });
}

function parse(text: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
