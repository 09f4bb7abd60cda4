import type { HttpRequest } from '@azure/functions';
import { z } from 'zod';
import type { AuditRow } from '../../desk/audit.ts';
import { sha256Hex } from '../../desk/digest.ts';
import type { Caller } from '../../domain/caller.ts';
import { countedAddress } from '../../domain/counted-address.ts';
import { sourceOf } from './caller-address.ts';
import type { HttpServices } from './http-services.ts';
import { problemMediaType } from './problem-answer.ts';
import type { RenderedAnswer } from './rendered-answer.ts';
import type { Route } from './route.ts';

/** What the audit is told about one request. Reads leave no trace unless the caller was turned away. */
export interface AuditTrail {
  /** Set as soon as it is known. */
  caller: Caller | undefined;
  idempotencyKeyHash: string | undefined;
  /** Nobody knows who asks, and what they showed opens nothing. */
  isTurnedAway: boolean;
  intent(): Promise<void>;
  outcome(answer: RenderedAnswer): Promise<void>;
}

export interface AuditTrailOptions {
  readonly route: Route;
  readonly services: Pick<HttpServices, 'audit' | 'turnedAway' | 'now'>;
  readonly request: Pick<HttpRequest, 'params' | 'headers'>;
  readonly requestId: string;
}

export function createAuditTrail({ route, services, request, requestId }: AuditTrailOptions): AuditTrail {
  const isChange = route.method !== 'GET';
  const source = sourceOf(request.headers);
  const trail: AuditTrail = {
    caller: undefined,
    idempotencyKeyHash: undefined,
    isTurnedAway: false,
    intent,
    outcome,
  };

  function row(phase: AuditRow['phase']): AuditRow {
    const { caller, idempotencyKeyHash } = trail;
    return {
      phase,
      requestId,
      at: services.now().toISOString(),
      action: route.action,
      target: targetOf(route, request.params),
      who: caller?.id ?? 'unknown',
      ...(caller === undefined ? {} : { role: caller.role }),
      ...(source === undefined ? {} : { source }),
      ...(idempotencyKeyHash === undefined ? {} : { idempotencyKeyHash }),
    };
  }

  async function intent(): Promise<void> {
    if (isChange && !trail.isTurnedAway) await services.audit.write(row('intent'));
  }

  async function outcome(answer: RenderedAnswer): Promise<void> {
    const { status } = answer;
    const outcomeRow = { ...row('outcome'), status, ...whyOf(answer) };
    if (trail.isTurnedAway) await services.turnedAway.write(outcomeRow, countedAddress(source));
    else if (isChange || status === 403) await services.audit.write(outcomeRow);
  }

  return trail;
}

const problemSchema = z.object({ code: z.string(), errors: z.array(z.object({ code: z.string() })).optional() });
const reasonsMax = 10;

/** Why it was refused, whether it is said for the first time or told again under an idempotency key. */
function whyOf({ headers, body }: RenderedAnswer): Pick<AuditRow, 'code' | 'reasons'> {
  if (headers['content-type'] !== problemMediaType || typeof body !== 'string') return {};
  const { code, errors = [] } = problemSchema.parse(JSON.parse(body));
  const reasons = [...new Set(errors.map((error) => error.code))].slice(0, reasonsMax);
  return { code, ...(reasons.length === 0 ? {} : { reasons }) };
}

/** What is acted on, from the path. A secret is shown by its hash: rows about one thing can still be told to be. */
function targetOf({ secretParams = [] }: Route, params: HttpRequest['params']): Record<string, string> {
  const entries = Object.entries(params);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, secretParams.includes(name) ? `sha256:${sha256Hex(value)}` : value]),
  );
}
