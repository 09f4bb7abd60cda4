import { z } from 'zod';
import { type AppError, invalidField } from '../../domain/app-error.ts';
import { addDays, dayMs, dayOf } from '../../domain/days.ts';
import { parseThumbprint } from '../../domain/thumbprint.ts';
import { type Audit, type AuditRow, auditRowSchema } from '../../services/requests/audit.ts';
import { type AuditFinding, auditFindings } from '../../services/requests/audit-findings.ts';
import { searchAudit } from '../../services/requests/search-audit.ts';
import type { AuditVerification, VerifyAuditRequest } from '../../services/requests/verify-audit.ts';
import { formatSchema, listFormat } from '../http/answer-format.ts';
import { defineRoute } from '../http/define-route.ts';
import { type CsvColumns, listAnswer } from '../http/list-answer.ts';
import { continuationSchema, pageSchema, readContinuation, toPage, topSchema } from '../http/list-query.ts';
import type { Route } from '../http/route.ts';

export interface AuditRoutesOptions {
  readonly audit: Pick<Audit, 'listPart' | 'listDays' | 'firstDay'>;
  readonly verify: (request: VerifyAuditRequest) => Promise<AuditVerification>;
}

const timePattern = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;
const hourPattern = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):00:00\.000Z$/;
/** Rows of another instance, whose clock is ahead, may be from later than now; nothing is from later than this. */
const clockSkewMs = 10 * 60 * 1000;
const textSchema = z.string().min(1).max(256);

/** A UTC day, or a time in any offset; answers a time. */
const momentSchema = z.union([
  z.iso.date().transform((day) => `${day}T00:00:00.000Z`),
  z.iso.datetime({ offset: true }).transform((time) => new Date(time).toISOString()),
]);

/** The last moment before which rows are asked for: a day counts whole. */
const untilSchema = z.union([
  z.iso.date().transform((day) => new Date(Date.parse(day) + dayMs).toISOString()),
  z.iso.datetime({ offset: true }).transform((time) => new Date(time).toISOString()),
]);

const querySchema = z
  .strictObject({
    from: momentSchema
      .optional()
      .meta({ description: 'First time or UTC day; the beginning of the audit if not given.' }),
    to: untilSchema
      .optional()
      .meta({ description: 'Up to this time, or to the end of this UTC day; now if not given.' }),
    who: textSchema.optional().meta({ description: "Caller's id; `gatehouse` for what the service did by itself." }),
    action: textSchema.optional().meta({ description: '`certificate.revoke`, or `certificate` for all of the group.' }),
    target: textSchema.optional().meta({ description: 'An id or name that the row is about, an operation too.' }),
    thumbprint: textSchema
      .refine((text) => parseThumbprint(text) !== undefined, {
        error: 'Not a thumbprint: send 40 hexadecimal digits.',
        params: { code: 'wrongFormat', fix: 'Spaces, colons and letter case do not count.' },
      })
      .transform((text) => parseThumbprint(text))
      .optional()
      .meta({ description: 'Of a certificate, in any usual writing.' }),
    reason: textSchema.optional().meta({ description: 'Reason that was given, or code of why it was refused.' }),
    format: formatSchema,
    top: topSchema,
    continuation: continuationSchema,
  })
  // A day as `to` is the beginning of the next: a range of no time at all is one of days that are the wrong way round.
  .refine(({ from, to }) => from === undefined || to === undefined || Date.parse(from) < Date.parse(to), {
    path: ['from'],
    error: '`from` is not before `to`.',
    params: { code: 'fromAfterTo', fix: 'Send an earlier `from`, or a later `to`.' },
  });

const verificationQuerySchema = z
  .strictObject({
    from: z.iso.date().optional().meta({ description: 'First UTC day; 30 days before `to` if not given.' }),
    to: z.iso.date().optional().meta({ description: 'Last UTC day; today if not given.' }),
    hour: z.iso.datetime().optional().meta({ description: 'Hour of a seal that was kept elsewhere; with `hash`.' }),
    hash: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional()
      .meta({ description: 'Hash of that seal, from an event `gatehouse.audit.sealed.v1` or an earlier answer.' }),
    continuation: continuationSchema,
  })
  .refine(({ hour, hash }) => (hour === undefined) === (hash === undefined), {
    error: 'A known seal is an hour and a hash.',
    params: { code: 'missingField', fix: 'Send both `hour` and `hash`, or neither.' },
  });

const verificationSchema = z
  .object({
    status: z.enum(['intact', 'violated', 'nothingChecked']).meta({
      description:
        '`intact`: every row of the hours that were checked is as it was when its hour was sealed, none is missing, none was added. `nothingChecked`: no hour from `from` to `to` has a seal to be held against.',
    }),
    from: z.iso.date().meta({
      description: 'First day that was looked at. Between it and the one that was asked for there is nothing.',
    }),
    to: z.iso.date().meta({ description: 'Last day that was looked at; `nextLink` goes on where it is not done.' }),
    hoursChecked: z.int(),
    rowsChecked: z.int(),
    findings: z.array(
      z.object({
        finding: z.enum(auditFindings),
        hour: z.string(),
        row: z.string().optional().meta({ description: 'The row, by time, request and phase.' }),
        message: z.string(),
      }),
    ),
    lastSeal: z.object({ hour: z.string(), hash: z.string() }).optional(),
    limits: z.array(z.string()).meta({ description: 'What these findings do not prove.' }),
    nextLink: z.string().optional(),
  })
  .meta({ id: 'AuditVerification' });

const limits = [
  'An hour is sealed up to 70 minutes after it ended: what was changed before that is not seen here.',
  'Whoever may write to the tables can make the rows and the whole chain of seals anew. Only a seal that was kept elsewhere shows that: send it as hour and hash.',
];

export function auditRoutes(options: AuditRoutesOptions): readonly Route[] {
  return [listAudit(options), verifyAuditRoute(options)];
}

function listAudit({ audit }: AuditRoutesOptions): Route {
  return defineRoute({
    name: 'listAudit',
    method: 'GET',
    path: 'audit',
    action: 'audit.list',
    role: 'operator',
    summary: 'Searches who did what, when, to what and why; newest first. Also as CSV or JSON lines.',
    tags: ['Audit'],
    request: { query: querySchema },
    responses: { 200: pageSchema(auditRowSchema) },
    handler: async ({ query, headers, now }) => {
      const { format, continuation, ...asked } = query;
      const firstDay = (await audit.firstDay()) ?? addDays(dayOf(now), -1);
      const fromMs = Math.max(
        Date.parse(`${firstDay}T00:00:00.000Z`),
        asked.from === undefined ? 0 : Date.parse(asked.from),
      );
      // Whatever is written from now on comes before the first page: what is asked for stays the same while it is read.
      const upToMs = asked.to === undefined ? now.getTime() + 1 : Date.parse(asked.to);
      const from = new Date(fromMs).toISOString();
      const upTo = new Date(Math.min(upToMs, now.getTime() + clockSkewMs)).toISOString();
      const to = readContinuation(continuation, timePattern) ?? upTo;
      const { rows, before } = await searchAudit(audit, { ...asked, from, to });
      const page = toPage(rows, { path: 'audit', query: { ...asked, from, to: upTo, format }, continuation: before });
      return listAnswer(page, listFormat(format, headers), { fileStem: 'gatehouse-audit', columns });
    },
  });
}

function verifyAuditRoute({ verify }: AuditRoutesOptions): Route {
  return defineRoute({
    name: 'verifyAudit',
    method: 'GET',
    path: 'audit/verification',
    action: 'audit.verify',
    role: 'operator',
    summary: 'Verifies the audit against its seals: lists rows that were changed, removed or added.',
    tags: ['Audit'],
    request: { query: verificationQuerySchema },
    responses: { 200: verificationSchema },
    handler: async ({ query: { continuation, ...query }, now }) => {
      const toDay = query.to ?? dayOf(now);
      const fromDay = query.from ?? addDays(toDay, -30);
      if (fromDay > toDay) throw fromAfterTo();
      const { hour, hash } = query;
      const known = hour === undefined || hash === undefined ? undefined : { hour: toTime(hour), hash };
      const fromHour = readContinuation(continuation, hourPattern) ?? `${fromDay}T00:00:00.000Z`;
      const { findings, firstDay, nextHour, ...counts } = await verify({ fromHour, toDay, known });
      const asked = { ...query, from: fromDay, to: toDay };
      const { nextLink } = toPage([], { path: 'audit/verification', query: asked, continuation: nextHour });
      return {
        status: 200,
        body: {
          status: statusOf(findings, counts.hoursChecked),
          from: firstDay ?? fromDay,
          to: nextHour === undefined ? toDay : dayOf(new Date(Date.parse(nextHour) - 1)),
          ...counts,
          findings,
          limits,
          ...(nextLink === undefined ? {} : { nextLink }),
        },
      };
    },
  });
}

function fromAfterTo(): AppError {
  const message = '`from` is later than `to`, which is today where it is not given.';
  return invalidField('/query/from', 'fromAfterTo', message, 'Send an earlier `from`, or a later `to`.');
}

function statusOf(findings: readonly AuditFinding[], hoursChecked: number): 'intact' | 'violated' | 'nothingChecked' {
  if (findings.length > 0) return 'violated';
  return hoursChecked === 0 ? 'nothingChecked' : 'intact';
}

/** In the one form that times are stored in. */
function toTime(time: string): string {
  return new Date(time).toISOString();
}

/** One column for each thing that people sort and filter by; what else a row is about stands in `target`. */
const columns: CsvColumns<AuditRow> = {
  at: ({ at }) => at,
  requestId: ({ requestId }) => requestId,
  phase: ({ phase }) => phase,
  who: ({ who }) => who,
  role: ({ role }) => role,
  action: ({ action }) => action,
  thumbprint: ({ target }) => target['thumbprint'],
  target: ({ target }) =>
    Object.entries(target)
      .map(([name, value]) => `${name}=${value}`)
      .join('; '),
  operationId: ({ operationId }) => operationId,
  approvedBy: ({ approvedBy }) => approvedBy,
  reason: ({ reason }) => reason,
  status: ({ status }) => status,
  code: ({ code }) => code,
  reasons: ({ reasons = [] }) => reasons.join('; '),
  source: ({ source }) => source,
  count: ({ count }) => count,
  idempotencyKeyHash: ({ idempotencyKeyHash }) => idempotencyKeyHash,
};
