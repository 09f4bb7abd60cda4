import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import type { StackInfo } from '../supervisor/stack-info.ts';
import { reach } from './read-stack.ts';

const pollMs = 1000;
const retriesMax = 5;

export const problemSchema = z.object({
  code: z.string(),
  detail: z.string().optional(),
  errors: z.array(z.object({ path: z.string(), code: z.string(), message: z.string(), fix: z.string() })).default([]),
});

export const operationSchema = z.object({
  id: z.string(),
  kind: z.string(),
  target: z.string().optional(),
  status: z.enum(['pending', 'running', 'waiting', 'succeeded', 'failed', 'canceled']),
  percent: z.number(),
  steps: z.array(z.object({ name: z.string(), status: z.string(), detail: z.string().optional() })),
  waitingFor: z.object({ kind: z.string(), detail: z.string().optional() }).optional(),
  approvals: z.array(z.object({ name: z.string(), decision: z.string().optional() })).optional(),
  problem: problemSchema.optional(),
});
export type OperationView = z.infer<typeof operationSchema>;

export interface FollowOptions {
  readonly onProgress: (operation: OperationView) => void;
  /** What is done between two looks; a second's rest if not given. */
  readonly pause?: (() => Promise<void>) | undefined;
  /** Whether to look no further although it has not ended: at its end only, if not given. */
  readonly isEnough?: (operation: OperationView) => boolean;
}

export interface AppAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** The app's public routes, as an administrator calls them. */
export interface AppClient {
  /** Any answer that is no error; with `mayBeMissing` also a 404. Throws with the app's own words. */
  call(method: string, path: string, body?: unknown, options?: { readonly mayBeMissing: boolean }): Promise<AppAnswer>;
  /**
   * Waits for the operation that a call has answered with; throws when it fails, or when the answer is no operation.
   */
  follow(operation: unknown, options: FollowOptions): Promise<OperationView>;
}

/** A client of the app of this stack; its waits end when `signal` does. */
export function createAppClient(stack: StackInfo, signal: AbortSignal): AppClient {
  async function send(method: string, path: string, body: unknown): Promise<Response> {
    return await reach(`${stack.app.url}${path}`, {
      method,
      signal,
      headers: { 'x-api-key': stack.app.apiKey, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  async function retryWhileThrottled(method: string, path: string, body: unknown): Promise<Response> {
    for (let retry = 0; ; retry += 1) {
      const response = await send(method, path, body);
      if (![429, 503].includes(response.status) || retry >= retriesMax) return response;
      await wait(Number(response.headers.get('retry-after') ?? '1') * 1000, undefined, { signal });
    }
  }

  const call: AppClient['call'] = async (method, path, body, options = { mayBeMissing: false }) => {
    const response = await retryWhileThrottled(method, path, body);
    const answer = { status: response.status, body: await response.json() };
    if (response.ok || (options.mayBeMissing && response.status === 404)) return answer;
    const problem = problemSchema.safeParse(answer.body).data;
    throw new Error(
      [`${method} ${path} answered ${response.status}`, problem && problemText(problem)].filter(Boolean).join(' '),
    );
  };

  const rest = (): Promise<void> => wait(pollMs, undefined, { signal });
  const follow: AppClient['follow'] = async (started, { onProgress, pause = rest, isEnough = () => false }) => {
    let operation = operationSchema.parse(started);
    for (;;) {
      onProgress(operation);
      if (operation.status === 'succeeded' || isEnough(operation)) return operation;
      if (operation.status === 'failed' || operation.status === 'canceled') throw failed(operation);
      await pause();
      operation = operationSchema.parse((await call('GET', `/api/operations/${operation.id}`)).body);
    }
  };

  return { call, follow };
}

function failed({ id, status, problem }: OperationView): Error {
  return new Error(`Operation ${id} ${status}: ${problem === undefined ? 'without a reason' : problemText(problem)}`);
}

/** A problem in the app's own words: what it is, and a line for each thing that is wrong. */
export function problemText({ code, detail, errors }: z.infer<typeof problemSchema>): string {
  const lines = errors.map(
    (error) => `  ${[error.path, `${error.code}:`, error.message, error.fix].filter(Boolean).join(' ')}`,
  );
  return [`${code}: ${detail ?? 'refused'}`, ...lines].join('\n');
}
