import { createHash } from 'node:crypto';
import { comparableName } from '../../domain/session-name.ts';
import type { Thumbprint } from '../../domain/thumbprint.ts';
import {
  type CertificateIndexRow,
  certificateKeys,
  type CertificateRecord,
  isInUse,
} from '../../stores/records/certificates.ts';
import type { Store } from '../../stores/store.ts';
import type { Stores } from '../../stores/stores.ts';

export interface CertificateQuery {
  readonly owner?: string | undefined;
  readonly rootId?: string | undefined;
  readonly state?: CertificateRecord['state'] | undefined;
  /** ISO 8601. */
  readonly expiresBefore?: string | undefined;
  readonly thumbprint?: Thumbprint | undefined;
  /** As `comparableSerial` writes it. */
  readonly serialNumber?: string | undefined;
  /** Common name; names compare as `comparableName` has them. */
  readonly name?: string | undefined;
  readonly top: number;
  /** Key of the record after which the page begins; every page is in the order of keys. */
  readonly after?: string | undefined;
}

export interface CertificatePage {
  readonly items: readonly CertificateRecord[];
  /** Key after which the next page begins; a page may be shorter than asked for although more follows. */
  readonly next?: string;
}

/** Rows that are read for one page at most, however few of them are meant. */
const rowsReadMax = 2000;

interface Part {
  readonly records: readonly (CertificateRecord | undefined)[];
  /** Key of the last row; undefined where there are no more. */
  readonly last: string | undefined;
}

/**
 * Lists certificates by whatever is given: one thumbprint or serial number by its index; else those of a name, an owner
 * or a root by their lists; else all. What else is given narrows that down. No more is held than one page.
 */
export function createListCertificates({
  stores,
  now,
}: {
  readonly stores: Pick<
    Stores,
    'certificates' | 'byThumbprint' | 'byOwner' | 'byRoot' | 'byCommonName' | 'bySerialNumber'
  >;
  readonly now: () => Date;
}): (query: CertificateQuery) => Promise<CertificatePage> {
  async function read(key: string): Promise<CertificateRecord | undefined> {
    const record = (await stores.certificates.get(certificateKeys(key)))?.record;
    return record && judged(record, now());
  }

  /** The few that such a thing can be said of; undefined where nothing of the kind is asked. */
  async function exactly({ thumbprint, serialNumber }: CertificateQuery): Promise<CertificateRecord[] | undefined> {
    if (thumbprint !== undefined) {
      const row = await stores.byThumbprint.get({ partitionKey: thumbprint.slice(0, 2), rowKey: thumbprint });
      const record = row && (await read(row.record.serialNumber));
      return record === undefined ? [] : [record];
    }
    if (serialNumber === undefined) return undefined;
    const rows = await stores.bySerialNumber.list(serialNumber);
    const own = /^[0-9a-f]{32}$/.test(serialNumber) ? [serialNumber] : [];
    const records = await Promise.all([...own, ...rows.map(({ record }) => record.serialNumber)].map(read));
    return records.filter((record) => record !== undefined);
  }

  /** The list that is the shortest, as far as one can know. */
  function listOf({
    name,
    owner,
    rootId,
  }: CertificateQuery): readonly [Store<CertificateIndexRow>, string] | undefined {
    if (name !== undefined) return [stores.byCommonName, commonNameGroup(name)];
    if (owner !== undefined) return [stores.byOwner, owner];
    return rootId === undefined ? undefined : [stores.byRoot, rootId];
  }

  async function partOf(query: CertificateQuery, after: string | undefined, top: number): Promise<Part> {
    const from = after === undefined ? {} : { from: `${after}~` };
    const list = listOf(query);
    if (list !== undefined) {
      const [index, group] = list;
      const rows = await index.list(group, { top, ...from });
      const records = await Promise.all(rows.map(({ record }) => read(record.serialNumber)));
      return { records, last: rows.length < top ? undefined : rows.at(-1)?.record.serialNumber };
    }
    const shard = after?.slice(-2);
    const begun = shard === undefined ? [] : await stores.certificates.list(shard, { top, ...from });
    const range = { from: shard === undefined ? '' : `${shard}~`, to: 'g', top: top - begun.length };
    const rows = begun.length < top ? [...begun, ...(await stores.certificates.listPartitions(range))] : begun;
    const last = rows.length < top ? undefined : rows.at(-1)?.record.serialNumber;
    return { records: rows.map(({ record }) => judged(record, now())), last };
  }

  return async (query) => {
    const few = await exactly(query);
    if (few !== undefined) return pageOf(few, query);
    const items: CertificateRecord[] = [];
    let after = query.after;
    for (let rowsRead = 0; rowsRead < rowsReadMax; rowsRead += query.top) {
      const { records, last } = await partOf(query, after, query.top);
      for (const record of records) {
        if (record === undefined || !matches(record, query)) continue;
        items.push(record);
        if (items.length === query.top) return { items, next: record.serialNumber };
      }
      if (last === undefined) return { items };
      after = last;
    }
    return { items, ...(after === undefined ? {} : { next: after }) };
  };
}

function pageOf(few: readonly CertificateRecord[], query: CertificateQuery): CertificatePage {
  const { after = '', top } = query;
  const left = few
    .filter((record) => matches(record, query) && record.serialNumber > after)
    .toSorted((a, b) => (a.serialNumber < b.serialNumber ? -1 : 1));
  const items = left.slice(0, top);
  const last = items.at(-1);
  return last === undefined || left.length === items.length ? { items } : { items, next: last.serialNumber };
}

/** Time alone makes a certificate expire, so the state is judged when it is read: no stored row can be late. */
export function judged(record: CertificateRecord, now: Date): CertificateRecord {
  const isOver = isInUse(record) && Date.parse(record.notAfter) <= now.getTime();
  return isOver ? { ...record, state: 'expired' } : record;
}

/** Names hold characters that table keys cannot. */
export function commonNameGroup(commonName: string): string {
  return createHash('sha256').update(comparableName(commonName)).digest('hex');
}

/**
 * A serial number as certificates are found by it: hexadecimal, without what tools put between and before the digits.
 */
export function comparableSerial(text: string): string {
  const digits = text.toLowerCase().replaceAll(/[^0-9a-f]/g, '');
  return digits.replace(/^(?:00)+(?=..)/, '');
}

function matches(record: CertificateRecord, query: CertificateQuery): boolean {
  return (
    // Of two that were registered at one moment for two owners both have an index row.
    (query.owner === undefined || record.owner === query.owner) &&
    (query.rootId === undefined || record.rootId === query.rootId) &&
    (query.state === undefined || record.state === query.state) &&
    (query.expiresBefore === undefined || record.notAfter < query.expiresBefore) &&
    (query.thumbprint === undefined || record.thumbprint === query.thumbprint) &&
    (query.name === undefined || comparableName(record.commonName) === comparableName(query.name)) &&
    (query.serialNumber === undefined ||
      comparableSerial(record.registered?.serialNumber ?? record.serialNumber) === query.serialNumber)
  );
}
