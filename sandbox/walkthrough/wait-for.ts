import { setTimeout as rest } from 'node:timers/promises';
import { z } from 'zod';
import { StackError } from '../supervisor/stack-error.ts';
import type { StackInfo } from '../supervisor/stack-info.ts';
import {
  type AppClient,
  createAppClient,
  operationSchema,
  type OperationView,
  problemSchema,
  problemText,
} from './app-client.ts';
import { reach } from './read-stack.ts';

const pollMs = 1000;
/** How far the clock is moved between two looks: far enough to be worth the call, and hardly beyond the end. */
const hurryBy = 'PT30S';
const stepEnds: readonly string[] = ['succeeded', 'failed', 'skipped', 'undone'];
const thumbprintPattern = /^[0-9A-Fa-f]{40}$/;

const revokedSchema = z.object({
  state: z.string(),
  revocations: z.array(z.object({ gatewayId: z.string(), state: z.string() })).default([]),
});

export interface WaitOptions {
  readonly stack: StackInfo;
  /** Moves the stack's clock between two looks; otherwise the clock goes its own pace. */
  readonly isHurried: boolean;
  readonly say: (line: string) => void;
}

/**
 * Waits for what `what` names: an operation by its id or as an answer of the app's has it (JSON), to its end or until
 * it waits for a person; a revoked certificate by its thumbprint, until every gateway has it proven out. There is no
 * time after which it gives up. Throws with the app's own words when the operation fails.
 */
export async function waitFor(what: string, options: WaitOptions): Promise<void> {
  const app = createAppClient(options.stack, new AbortController().signal);
  const pause = options.isHurried ? () => hurry(options.stack) : () => rest(pollMs);
  if (thumbprintPattern.test(what)) await waitUntilProven(app, what, pause, options.say);
  else await followOperation(app, what, pause, options.say);
}

async function followOperation(
  app: AppClient,
  what: string,
  pause: () => Promise<void>,
  say: (line: string) => void,
): Promise<void> {
  const started = what.startsWith('op-') ? (await app.call('GET', `/api/operations/${what}`)).body : readAnswer(what);
  let told: ReadonlySet<string> | undefined;
  const operation = await app.follow(started, {
    pause,
    isEnough: (current) => questionOf(current) !== undefined,
    onProgress: ({ status, steps }) => {
      const ended = steps.filter((step) => stepEnds.includes(step.status));
      // What had ended before was told to whoever waited for that, unless there is nothing else to tell.
      told ??= new Set(status === 'succeeded' || status === 'failed' ? [] : ended.map(({ name }) => name));
      for (const step of ended) {
        if (!told.has(step.name)) say(`  ${step.name}: ${[step.status, step.detail].filter(Boolean).join(', ')}`);
      }
      told = new Set([...told, ...ended.map(({ name }) => name)]);
    },
  });
  const { kind, target, status } = operation;
  say([`${kind} ${target}: ${status}`, questionOf(operation)].filter(Boolean).join(', '));
}

/** What the operation waits for a person to do, or undefined. */
function questionOf({ status, waitingFor, approvals = [] }: OperationView): string | undefined {
  if (status !== 'waiting' || waitingFor === undefined) return undefined;
  const names = approvals.filter(({ decision }) => decision === undefined).map(({ name }) => name);
  if (!['approval', 'manual'].includes(waitingFor.kind)) return undefined;
  return [`for ${waitingFor.kind} ${names.join(' and ')}`.trim(), waitingFor.detail].filter(Boolean).join(': ');
}

/** The operation in an answer of the app's; throws with the app's words when it refused. */
function readAnswer(text: string): OperationView {
  const answer = parseJson(text);
  const operation = operationSchema.safeParse(answer);
  if (operation.success) return operation.data;
  const problem = problemSchema.safeParse(answer);
  if (problem.success) throw new StackError(problemText(problem.data));
  throw new StackError(`No operation is in this answer: ${text.trim().slice(0, 500) || '(nothing)'}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

async function waitUntilProven(
  app: AppClient,
  thumbprint: string,
  pause: () => Promise<void>,
  say: (line: string) => void,
): Promise<void> {
  let told = '';
  for (;;) {
    const answer = await app.call('GET', `/api/certificates/${thumbprint}`);
    const { state, revocations } = revokedSchema.parse(answer.body);
    if (state !== 'revoked') throw new StackError(`Certificate ${thumbprint} is ${state}, not revoked.`);
    const states = revocations.map(({ gatewayId, state: reached }) => `${gatewayId} ${reached}`).join(', ');
    if (states !== told) say(`  ${states}`);
    told = states;
    if (revocations.every(({ state: reached }) => reached === 'proven')) return;
    await pause();
  }
}

async function hurry(stack: StackInfo): Promise<void> {
  const response = await reach(`${stack.control.url}/clock`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ advance: hurryBy }),
  });
  // 504: the stack is still at work, which is no reason to look less.
  if (!response.ok && response.status !== 504) {
    throw new StackError(`The clock does not move: ${await response.text()}`);
  }
}
