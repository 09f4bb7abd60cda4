import type { RunningTestStack, StackAnswer } from '../../support/stack.ts';
import { readTable } from './read-tables.ts';

/** Says only that something hangs: a busy machine takes long to start a runtime that is killed all the time. */
const deadlineMs = 900_000;
const pauseMs = 50;

export interface PatientRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  /** Idempotency-Key of every attempt. A read has none. */
  readonly key?: string;
}

/**
 * Calls as a Logic App does: an answer that is lost, or says "later", is followed by the same request with the same
 * key.
 */
export interface PatientCaller {
  /** The first answer that is no passing failure. */
  call(request: PatientRequest): Promise<StackAnswer>;
  /** The operation's last state; throws unless it succeeded. */
  follow(operationId: string): Promise<Record<string, unknown>>;
  /** Moves the stack's clock, minute by minute, until nothing is unfinished and no gateway is being written. */
  untilQuiet(): Promise<void>;
}

export function createPatientCaller(stack: RunningTestStack): PatientCaller {
  async function send({ method, path, body, key }: PatientRequest): Promise<StackAnswer | undefined> {
    try {
      return await stack.api(method, path, body, key === undefined ? {} : { 'idempotency-key': key });
    } catch {
      return undefined;
    }
  }

  async function call(request: PatientRequest): Promise<StackAnswer> {
    const endMs = Date.now() + deadlineMs;
    for (;;) {
      const answer = await send(request);
      if (answer !== undefined && !isPassing(answer)) return answer;
      if (Date.now() > endMs) {
        throw new Error(`${request.method} ${request.path} was never answered: ${JSON.stringify(answer?.body)}`);
      }
      // An attempt that died counts as running for two minutes: the stack's clock passes them.
      if (isInProgress(answer)) await stack.control('POST', '/clock', { advance: 'PT1M' });
      else await pause();
    }
  }

  async function follow(operationId: string): Promise<Record<string, unknown>> {
    const endMs = Date.now() + deadlineMs;
    for (;;) {
      const { body } = await call({ method: 'GET', path: `/api/operations/${operationId}` });
      const operation = body as Record<string, unknown>;
      if (operation['status'] === 'succeeded') return operation;
      if (['failed', 'canceled'].includes(String(operation['status'])) || Date.now() > endMs) {
        throw new Error(`operation did not succeed: ${JSON.stringify(operation)}`);
      }
      await pause();
    }
  }

  /** An operation ends before its writer gives the gateway back. */
  async function isAtWork(): Promise<boolean> {
    const gateways = await readTable(stack, 'Gateways');
    return (await readTable(stack, 'Unfinished')).length > 0 || gateways.some((row) => 'writerJson' in row);
  }

  async function untilQuiet(): Promise<void> {
    const endMs = Date.now() + deadlineMs;
    while (await isAtWork()) {
      if (Date.now() > endMs) throw new Error('there is still something unfinished');
      await stack.advance('PT1M');
    }
  }

  return { call, follow, untilQuiet };
}

async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, pauseMs));
}

function isPassing(answer: StackAnswer): boolean {
  return answer.status >= 500 || answer.status === 429 || isInProgress(answer);
}

function isInProgress(answer: StackAnswer | undefined): boolean {
  return answer?.status === 409 && (answer.body as { readonly code?: string }).code === 'ERR_IN_PROGRESS';
}
