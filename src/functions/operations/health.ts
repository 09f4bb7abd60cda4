import { z } from 'zod';
import { healthItemNames, healthStatuses } from '../../domain/health-items.ts';
import type { HealthItem, HealthReport } from '../../services/operations/watch-dependencies.ts';
import { defineRoute } from '../http/define-route.ts';
import type { Route } from '../http/route.ts';

export interface HealthRoutesOptions {
  readonly version: string;
  /** The last look at what the service stands on: one row. */
  readonly lastReport: () => Promise<HealthReport | undefined>;
  /** What this process has not got: such a one cannot serve, whatever the last look says. */
  readonly missing: () => Promise<readonly string[]>;
}

const statuses = ['healthy', 'unhealthy'] as const;

const healthSchema = z
  .object({
    status: z.enum(statuses),
    version: z.string().optional(),
    time: z.iso.datetime().optional(),
    missing: z.array(z.string()).optional().meta({
      description: 'Settings and secrets that are missing or unusable: nothing else is answered until they are there.',
    }),
    lookedAt: z.iso.datetime().optional().meta({ description: 'When the items were looked at; once a minute.' }),
    ageSeconds: z.int().optional(),
    items: z
      .array(
        z.object({
          name: z.enum(healthItemNames),
          status: z.enum(healthStatuses),
          since: z.iso.datetime().optional(),
          detail: z.string().optional(),
        }),
      )
      .optional(),
  })
  .meta({ id: 'Health', description: 'Without a key, `status` and nothing else.' });

/** A look that is older says nothing of now: the timer has missed several. */
const lookOldMs = 5 * 60 * 1000;

type ShownItem = Omit<HealthItem, 'since'> & { readonly since?: string };

/** Whether the service can do its work, for load balancers; with a key of any role, what it cannot do and why. */
export function healthRoutes({ version, lastReport, missing }: HealthRoutesOptions): readonly Route[] {
  const getHealth = defineRoute({
    name: 'getHealth',
    method: 'GET',
    path: 'health',
    action: 'health.read',
    role: 'keyless',
    readsCaller: true,
    summary: 'Shows whether the service can do its work; with a key, also the state of everything that it depends on.',
    tags: ['Service'],
    answersUnready: true,
    responses: { 200: healthSchema, 503: healthSchema },
    handler: async ({ now, isKnownCaller }) => {
      const names = await missing();
      const report = await reportOrNothing(lastReport);
      const items = shownItems(report, now);
      const isHealthy = names.length === 0 && items.every((item) => item.status === 'ok');
      const status = isHealthy ? 'healthy' : 'unhealthy';
      const httpStatus = isHealthy ? 200 : 503;
      if (!isKnownCaller) return { status: httpStatus, body: { status } };
      return {
        status: httpStatus,
        body: {
          status,
          version,
          time: now.toISOString(),
          ...(names.length === 0 ? {} : { missing: names }),
          ...(report === undefined ? {} : { lookedAt: report.lookedAt, ageSeconds: ageMs(report, now) / 1000 }),
          items,
        },
      };
    },
  });
  return [getHealth];
}

async function reportOrNothing(lastReport: HealthRoutesOptions['lastReport']): Promise<HealthReport | undefined> {
  try {
    return await lastReport();
  } catch {
    // Storage that does not answer is the one thing that this route finds out by itself.
    return undefined;
  }
}

/** Of an old look only its age is known. */
function shownItems(report: HealthReport | undefined, now: Date): readonly ShownItem[] {
  const known = new Map<string, ShownItem>((report?.items ?? []).map((item) => [item.name, item]));
  const isOld = report === undefined || ageMs(report, now) > lookOldMs;
  return healthItemNames.map((name) => {
    if (name === 'look') return lookItem(report, isOld);
    const item = known.get(name);
    if (item === undefined) return { name, status: 'unknown', detail: 'It was not checked.' };
    return isOld
      ? { name, status: 'unknown', detail: `At the last check: ${item.status}. ${item.detail ?? ''}`.trim() }
      : item;
  });
}

function lookItem(report: HealthReport | undefined, isOld: boolean): ShownItem {
  if (report === undefined) {
    return {
      name: 'look',
      status: 'unknown',
      detail: 'There is no health report that can be read: storage does not answer, or the first minute is not over.',
    };
  }
  return isOld
    ? { name: 'look', status: 'late', detail: `The last check was at ${report.lookedAt}.` }
    : { name: 'look', status: 'ok' };
}

/** Whole seconds, in milliseconds. A clock that went back makes no look younger than new. */
function ageMs({ lookedAt }: HealthReport, now: Date): number {
  return Math.max(Math.floor((now.getTime() - Date.parse(lookedAt)) / 1000), 0) * 1000;
}
