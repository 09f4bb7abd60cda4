/** Starts and watches orchestrations of a fixture app through the management API, as outside tools do. */
import type { RuntimeProcess } from './runtime-process.ts';
import { keys } from './runtime-process.ts';

export interface InstanceStatus {
  readonly name: string;
  readonly version: string | null;
  readonly instanceId: string;
  readonly runtimeStatus: string;
  readonly input: unknown;
  readonly output: unknown;
  readonly customStatus: unknown;
  readonly historyEvents?: readonly Readonly<Record<string, unknown>>[];
}

const base = '/runtime/webhooks/durabletask';
const pollMs = 10;
const endMaxMs = 60_000;

/** Sends one request to the management API with the system key. */
export async function manage(runtime: RuntimeProcess, method: string, path: string, body?: unknown): Promise<Response> {
  const code = `${path.includes('?') ? '&' : '?'}code=${keys.durable}`;
  const content = { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  return runtime.request(method, `${base}/${path}${code}`, body === undefined ? {} : content);
}

/** Starts an orchestration and gives its id. */
export async function start(
  runtime: RuntimeProcess,
  name: string,
  input: unknown = {},
  id?: string,
  version?: string,
): Promise<string> {
  const instance = id === undefined ? '' : `/${encodeURIComponent(id)}`;
  const path = `orchestrators/${name}${instance}${version === undefined ? '' : `?version=${version}`}`;
  const response = await manage(runtime, 'POST', path, input);
  if (response.status !== 202) {
    throw new Error(`Start of ${name} was answered ${response.status}: ${await response.text()}`);
  }
  return ((await response.json()) as { readonly id: string }).id;
}

export async function readStatus(runtime: RuntimeProcess, id: string, query = ''): Promise<InstanceStatus | undefined> {
  const response = await manage(runtime, 'GET', `instances/${encodeURIComponent(id)}?${query}`);
  return response.status === 404 ? undefined : ((await response.json()) as InstanceStatus);
}

/** Waits until the status is as wanted; fails with what it is by then. */
export async function until(
  runtime: RuntimeProcess,
  id: string,
  isWanted: (status: InstanceStatus) => boolean,
): Promise<InstanceStatus> {
  let last: InstanceStatus | undefined;
  return eventuallySome(
    async () => {
      last = await readStatus(runtime, id);
      return last !== undefined && isWanted(last) ? last : undefined;
    },
    () => `${id} is ${JSON.stringify(last)}; logs: ${runtime.logs().slice(-2000)}`,
  );
}

/** Waits for the end of an instance. */
export async function end(runtime: RuntimeProcess, id: string): Promise<InstanceStatus> {
  return until(runtime, id, ({ runtimeStatus }) => ['Completed', 'Failed', 'Terminated'].includes(runtimeStatus));
}

/** Starts an orchestration and waits for its end. */
export async function run(
  runtime: RuntimeProcess,
  name: string,
  input: unknown = {},
  id?: string,
): Promise<InstanceStatus> {
  return end(runtime, await start(runtime, name, input, id));
}

export async function raise(runtime: RuntimeProcess, id: string, name: string, value: unknown): Promise<number> {
  return (await manage(runtime, 'POST', `instances/${encodeURIComponent(id)}/raiseEvent/${name}`, value)).status;
}

/** Polls a condition until it holds or the deadline passes. */
export async function eventually(condition: () => Promise<boolean> | boolean, describe: () => string): Promise<void> {
  await eventuallySome(async () => ((await condition()) ? true : undefined), describe);
}

/** Polls until there is something to give, or the deadline passes. */
async function eventuallySome<T>(read: () => Promise<T | undefined>, describe: () => string): Promise<T> {
  const deadline = performance.now() + endMaxMs;
  for (;;) {
    const found = await read();
    if (found !== undefined) {
      return found;
    }
    if (performance.now() > deadline) {
      throw new Error(`Not in time: ${describe()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

/** The clock route of the runtime. */
export async function clock(runtime: RuntimeProcess): Promise<{
  readonly offsetMs: number;
  readonly now: string;
  readonly nextDue: string | null;
  readonly idle: boolean;
}> {
  const response = await runtime.request('GET', '/sandbox/clock', { headers: { 'x-sandbox-key': keys.control } });
  return (await response.json()) as Awaited<ReturnType<typeof clock>>;
}

export async function moveClock(runtime: RuntimeProcess, offsetMs: number): Promise<Response> {
  return runtime.request('PUT', '/sandbox/clock', { headers: { 'x-sandbox-key': keys.control }, body: { offsetMs } });
}

/** Waits until nothing runs and nothing is due. */
export async function settled(runtime: RuntimeProcess): Promise<void> {
  await eventually(
    async () => (await clock(runtime)).idle,
    () => runtime.logs().slice(-2000),
  );
}
