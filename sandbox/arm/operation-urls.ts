import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ArmState, StoredOperation } from './arm-state.ts';

/** Each provider has its own URLs, with its own words. */
const networkUrls = { namespace: 'Microsoft.Network', apiVersion: '2026-01-01', statusPart: 'operations' };
const hybridUrls = { namespace: 'Microsoft.HybridCompute', apiVersion: '2025-01-13', statusPart: 'operationStatus' };

/** The URLs of one operation, absolute. */
export interface OperationUrls {
  readonly status: string;
  readonly result: string;
}

/**
 * URLs as long and as opaque as Azure's, about 3.5 kB: a caller that shortens, rebuilds or truncates them must fail
 * here and not in production.
 */
export function operationUrls(state: ArmState, operation: StoredOperation, origin: string): OperationUrls {
  const { namespace, apiVersion, statusPart } = urlsOf(operation);
  const base = `${origin}/subscriptions/${subscriptionOf(operation)}/providers/${namespace}/locations/${operation.location}`;
  const query = new URLSearchParams({
    'api-version': apiVersion,
    t: String(operation.dueMs * 10_000),
    c: state.opaque,
    s: sign(state, operation.id),
    h: sign(state, `${operation.id}:hash`).slice(0, 43),
  });
  return {
    status: `${base}/${statusPart}/${operation.id}?${query.toString()}`,
    result: `${base}/operationResults/${operation.id}?${query.toString()}`,
  };
}

/** Whether a request's query is the one that was handed out for this operation. */
export function isSignedFor(state: ArmState, operationId: string, query: URLSearchParams): boolean {
  const expected = Buffer.from(sign(state, operationId));
  const given = Buffer.from(query.get('s') ?? '');
  return given.length === expected.length && timingSafeEqual(given, expected) && query.get('c') === state.opaque;
}

function sign(state: ArmState, text: string): string {
  return createHmac('sha256', state.signingKey).update(text).digest('base64url');
}

function urlsOf(operation: StoredOperation): typeof networkUrls {
  return /\/Microsoft\.HybridCompute\//i.test(operation.targetId) ? hybridUrls : networkUrls;
}

function subscriptionOf(operation: StoredOperation): string {
  return operation.targetId.split('/')[2] ?? '';
}
