import { isOperationEnd, type OperationStatus, type OperationView } from '../../domain/operation.ts';
import { mapInGroups } from '../../stores/map-in-groups.ts';
import { type OperationIndex, operationPosition } from './operation-index.ts';
import { type OperationRecord, toOperationView } from './operation-record.ts';

export interface OperationQuery {
  readonly kind?: string | undefined;
  readonly status?: OperationStatus | undefined;
  /** Letter case does not count. */
  readonly target?: string | undefined;
  /** At most so many; a page may hold fewer and still go on. */
  readonly top: number;
  readonly continuation?: string | undefined;
}

export interface OperationPage {
  readonly items: readonly OperationView[];
  readonly continuation?: string;
}

interface Sources {
  readonly index: OperationIndex;
  readonly get: (id: string) => Promise<OperationRecord | undefined>;
  readonly openIds: () => Promise<readonly string[]>;
  readonly now: () => Date;
}

/**
 * Index rows that one request reads at most; a page that found fewer matches by then is short and says where to go on.
 */
const indexRowsMax = 1000;
const readsAtOnce = 20;

/**
 * One page of operations, newest first. What is still open is found from the notes of unfinished work, not by search.
 */
export async function listOperations(sources: Sources, query: OperationQuery): Promise<OperationPage> {
  const { status } = query;
  return status === undefined || isOperationEnd(status) ? listByIndex(sources, query) : listOpen(sources, query);
}

async function listOpen(sources: Sources, query: OperationQuery): Promise<OperationPage> {
  const records = await readAll(sources, await sources.openIds());
  const matching = records
    .map((record) => ({ position: operationPosition(record), view: toOperationView(record, sources.now()), record }))
    .filter(({ record, view }) => isMatch(record, view, query))
    .filter(({ position }) => query.continuation === undefined || position > query.continuation)
    .sort((a, b) => (a.position < b.position ? -1 : 1));
  return toPage(matching.slice(0, query.top), matching.length > query.top);
}

async function listByIndex(sources: Sources, query: OperationQuery): Promise<OperationPage> {
  const top = indexRowsMax;
  const filter = { kind: query.kind, targetKey: query.target?.toLowerCase() };
  const found: { readonly position: string; readonly view: OperationView }[] = [];
  const rows = await sources.index.page(filter, { top, continuation: query.continuation });
  for (let start = 0; start < rows.length; start += readsAtOnce) {
    const part = rows.slice(start, start + readsAtOnce);
    for (const record of await readAll(
      sources,
      part.map(({ operationId }) => operationId),
    )) {
      const view = toOperationView(record, sources.now());
      if (!isMatch(record, view, query)) continue;
      if (found.length === query.top) return toPage(found, true);
      found.push({ position: operationPosition(record), view });
    }
  }
  if (rows.length < top) return toPage(found, false);
  return { items: found.map(({ view }) => view), continuation: rows.at(-1)?.position ?? '' };
}

async function readAll(sources: Sources, ids: readonly string[]): Promise<readonly OperationRecord[]> {
  const records = await mapInGroups(ids, readsAtOnce, (id) => sources.get(id));
  return records.filter((record) => record !== undefined);
}

function isMatch(record: OperationRecord, view: OperationView, { kind, status, target }: OperationQuery): boolean {
  return (
    (kind === undefined || record.kind === kind) &&
    (status === undefined || view.status === status) &&
    (target === undefined || record.targetKey === target.toLowerCase())
  );
}

function toPage(
  found: readonly { readonly position: string; readonly view: OperationView }[],
  hasMore: boolean,
): OperationPage {
  const last = found.at(-1);
  const items = found.map(({ view }) => view);
  return hasMore && last !== undefined ? { items, continuation: last.position } : { items };
}
