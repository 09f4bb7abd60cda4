import type { HttpRequest } from '@azure/functions';
import type { AuditRow } from '../../desk/audit.ts';
import { sha256Hex } from '../../desk/digest.ts';
import type { Caller } from '../../domain/caller.ts';
import type { HttpServices } from './http-services.ts';
import type { RenderedAnswer } from './rendered-answer.ts';
import type { Route } from './route.ts';

/** What the audit is told about one request. Reads leave no trace unless the caller was turned away. */
export interface AuditTrail {
  /** Set as soon as it is known. */
  caller: Caller | undefined;
  idempotencyKeyHash: string | undefined;
  intent(): Promise<void>;
  outcome(answer: RenderedAnswer): Promise<void>;
}

export interface AuditTrailOptions {
  readonly route: Route;
  readonly services: Pick<HttpServices, 'audit' | 'now'>;
  readonly request: Pick<HttpRequest, 'params' | 'headers'>;
  readonly requestId: string;
}

export function createAuditTrail({ route, services, request, requestId }: AuditTrailOptions): AuditTrail {
  const isChange = route.method !== 'GET';
  const source = sourceOf(request.headers);
  const trail: AuditTrail = { caller: undefined, idempotencyKeyHash: undefined, intent, outcome };

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
    if (isChange) await services.audit.write(row('intent'));
  }

  async function outcome({ status, code }: RenderedAnswer): Promise<void> {
    if (!isChange && status !== 401 && status !== 403) return;
    await services.audit.write({ ...row('outcome'), status, ...(code === undefined ? {} : { code }) });
  }

  return trail;
}

/** What is acted on, from the path. A secret is shown by its hash: rows about one thing can still be told to be. */
function targetOf({ secretParams = [] }: Route, params: HttpRequest['params']): Record<string, string> {
  const entries = Object.entries(params);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, secretParams.includes(name) ? `sha256:${sha256Hex(value)}` : value]),
  );
}

/** The last hop is the one that the platform's own front end wrote; those before it are whatever the caller sent. */
function sourceOf(headers: Pick<Headers, 'get'>): string | undefined {
  const hops = headers.get('x-forwarded-for')?.split(',') ?? [];
  const last = hops.at(-1)?.trim();
  return last === undefined || last === '' ? undefined : last;
}
