/** Faults of the emulators, asked for at the control API. */
import type { RunningTestStack } from '../../support/stack.ts';
import { expectStatus } from './line.ts';

export type FaultAction =
  | { readonly status: number; readonly code: string; readonly retryAfter?: number }
  | { readonly hangMs: number }
  | { readonly applyThenDrop: true }
  | { readonly failOperation: string }
  | RawAnswer;

/** An answer that is sent as it stands; the service never sees the request. */
export interface RawAnswer {
  /** 200 to 599. */
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string is sent as it is, everything else as JSON, `null` too; none when it is left out. */
  readonly body?: unknown;
}

export interface FaultRequest {
  readonly service: 'arm' | 'keyvault' | 'appvault';
  readonly method?: string;
  /** Regular expression on path and query. */
  readonly path?: string;
  readonly times: number;
}

export async function askForFault(stack: RunningTestStack, request: FaultRequest, then: FaultAction): Promise<void> {
  expectStatus(await stack.control('POST', '/faults', { ...request, then }), 200);
}

/** Takes back what nothing met yet. */
export async function takeFaultsBack(stack: RunningTestStack): Promise<void> {
  expectStatus(await stack.control('DELETE', '/faults'), 200);
}

export const throttled = { status: 429, code: 'TooManyRequests', retryAfter: 1 } as const;
export const unavailable = { status: 503, code: 'ServiceUnavailable' } as const;
