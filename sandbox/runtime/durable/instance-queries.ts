import type { HostRequest, HostResponse } from '../http/messages.ts';
import { empty, headerOf, json, text } from '../http/messages.ts';
import { isTerminal } from './history.ts';
import type { InstanceRecord } from './records.ts';
import { toStatusBody } from './status-view.ts';
import type { TaskHub } from './task-hub.ts';

interface InstanceFilter {
  readonly createdFromMs: number;
  readonly createdToMs: number;
  readonly statuses: readonly string[];
  readonly idPrefix: string;
}

const pageSizeMax = 1000;

/** Answers one page of instances, in the order of their ids; the continuation header is the last id of the page. */
export function listInstances(hub: TaskHub, request: HostRequest): HostResponse {
  const query = request.url.searchParams;
  const filter = readFilter(query);
  const limit = Math.min(Number(query.get('top') ?? pageSizeMax) || pageSizeMax, pageSizeMax);
  const after = fromContinuation(headerOf(request, 'x-ms-continuation-token'));
  const matching: InstanceRecord[] = [];
  for (const record of hub.listRecords()) {
    if (matches(record, filter) && record.instanceId > after) {
      matching.push(record);
    }
  }
  matching.sort((a, b) => (a.instanceId < b.instanceId ? -1 : 1));
  const page = matching.slice(0, limit);
  const continuation = matching.length > limit ? toContinuation(page.at(-1)?.instanceId ?? '') : '';
  const showInput = query.get('showInput')?.toLowerCase() !== 'false';
  return json(
    200,
    page.map((record) => toStatusBody(record, showInput)),
    { 'x-ms-continuation-token': continuation },
  );
}

/** Purges the terminal instances that match; 404 when there were none. */
export async function purgeInstances(hub: TaskHub, query: URLSearchParams): Promise<HostResponse> {
  if (query.get('createdTimeFrom') === null) {
    return text(400, "Please provide value for 'createdTimeFrom' parameter.");
  }
  const filter = readFilter(query);
  const ids: string[] = [];
  for (const record of hub.listRecords()) {
    if (matches(record, filter) && isTerminal(record.status)) {
      ids.push(record.instanceId);
    }
  }
  const outcomes = await Promise.all(ids.map((id) => hub.purge(id)));
  const instancesDeleted = outcomes.filter((outcome) => outcome === 'purged').length;
  return instancesDeleted === 0 ? empty(404) : json(200, { instancesDeleted });
}

function readFilter(query: URLSearchParams): InstanceFilter {
  const statuses = (query.get('runtimeStatus') ?? '').split(',').filter((status) => status !== '');
  return {
    createdFromMs: readTime(query.get('createdTimeFrom'), Number.NEGATIVE_INFINITY),
    createdToMs: readTime(query.get('createdTimeTo'), Number.POSITIVE_INFINITY),
    statuses: statuses.map((status) => status.toLowerCase()),
    idPrefix: query.get('instanceIdPrefix') ?? '',
  };
}

function readTime(text: string | null, otherwise: number): number {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? otherwise : time;
}

function matches(record: InstanceRecord, { createdFromMs, createdToMs, statuses, idPrefix }: InstanceFilter): boolean {
  const createdMs = Date.parse(record.createdAt);
  return (
    createdMs >= createdFromMs &&
    createdMs <= createdToMs &&
    (statuses.length === 0 || statuses.includes(record.status.toLowerCase())) &&
    record.instanceId.startsWith(idPrefix)
  );
}

function toContinuation(lastId: string): string {
  return Buffer.from(lastId).toString('base64');
}

function fromContinuation(token: string | undefined): string {
  return Buffer.from(token ?? '', 'base64').toString('utf8');
}
