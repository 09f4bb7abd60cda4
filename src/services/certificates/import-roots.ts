import { AppError, type Problem } from '../../domain/app-error.ts';
import type { Log } from '../../ports/log.ts';
import type { Outbox } from '../../stores/outbox.ts';
import { rootKeys, rootPartition, type RootRecord, rootThumbprintKind } from '../../stores/records/certificates.ts';
import type { Stores } from '../../stores/stores.ts';
import type { Unfinished } from '../../stores/unfinished.ts';
import type { Expiries } from '../operations/expiries.ts';
import { type ImportedAuthority, readIssuer, readRootImport, type RootImportReading } from './read-root-import.ts';

export interface RootImportsOptions {
  readonly stores: Pick<Stores, 'roots' | 'rootThumbprints'>;
  readonly unfinished: Unfinished;
  readonly outbox: Pick<Outbox, 'append'>;
  readonly expiries: Pick<Expiries, 'put'>;
  readonly log: Log;
  readonly now: () => Date;
}

/** Takes certificates of authorities that others run: gateways can trust them. */
export interface RootImports {
  /**
   * Answers what was taken, the root first and intermediates after their issuers. The same text under the same id goes
   * on from where an earlier call stopped.
   */
  importText(id: string, text: string): Promise<readonly RootRecord[]>;
  /** The record of an authority that is to issue here, its certificate judged; nothing is written. */
  judgeIssuer(id: string, certificateDer: Uint8Array): Promise<RootRecord>;
  /** Writes the record down, and answers it finished; the same again goes on from where an earlier call stopped. */
  take(record: RootRecord): Promise<RootRecord>;
  /** Goes on with one that a crash left half imported. */
  complete(record: RootRecord): Promise<RootRecord>;
}

const unfinishedKind = 'root';

export function createRootImports(options: RootImportsOptions): RootImports {
  const { stores, unfinished, now } = options;

  async function known(): Promise<readonly RootRecord[]> {
    return (await stores.roots.list(rootPartition)).map(({ record }) => record);
  }

  /** Of several imports of one certificate at one moment one stays: whichever writes the thumbprint down first. */
  async function claim({ id, thumbprint = '', commonName, key }: RootRecord): Promise<void> {
    const asked = { thumbprint, rootId: id };
    await stores.rootThumbprints.insert(asked);
    const holder = (await stores.rootThumbprints.get(rootThumbprintKind.keys(asked)))?.record.rootId ?? id;
    if (holder === id) return;
    const stored = await stores.roots.get(rootKeys(id));
    const isStillOurs = stored?.record.thumbprint === thumbprint;
    // Under its etag, for the id may be another import's by now: then the note is that one's as well.
    const isGone = isStillOurs ? await stores.roots.remove(stored.record, stored.etag) : stored === undefined;
    if (isGone) await unfinished.done(unfinishedKind, id);
    throw alreadyKnown([{ id: holder, commonName }], key === undefined ? '/import' : '/pfxSecret');
  }

  async function take(record: RootRecord): Promise<RootRecord> {
    // The note comes first: a crash after it leaves a note without a record, which the sweep drops.
    await unfinished.add(unfinishedKind, record.id);
    const isNew = await stores.roots.insert(record);
    const stored = isNew ? record : (await stores.roots.get(rootKeys(record.id)))?.record;
    if (stored?.thumbprint !== record.thumbprint) {
      if (stored?.state !== 'creating') await unfinished.done(unfinishedKind, record.id);
      throw idTaken(record.id);
    }
    return complete(stored ?? record);
  }

  async function complete(record: RootRecord): Promise<RootRecord> {
    if (record.state !== 'creating') {
      await close(record);
      return record;
    }
    await claim(record);
    const { id, notAfter, commonName } = record;
    await options.expiries.put({ kind: 'root', id, notAfter, subject: commonName });
    const done = await stores.roots.update(rootKeys(id), ({ draft, ...current }) => ({
      ...current,
      ...(draft === undefined ? {} : { certificate: draft }),
      state: 'active',
    }));
    const finished = done ?? record;
    const seconds = (now().getTime() - Date.parse(record.createdAt)) / 1000;
    options.log({ event: 'root.imported', outcome: 'imported', target: `roots/${id}`, seconds });
    await close(finished);
    return finished;
  }

  /** What follows: the event for whoever listens, then the note is removed. Both again after a crash in between. */
  async function close({ id, thumbprint, notAfter, createdAt }: RootRecord): Promise<void> {
    await options.outbox.append({
      // An id can come back after its root was removed.
      id: `root-${id}-imported-${Date.parse(createdAt)}`,
      type: 'gatehouse.root.imported.v1',
      subject: `roots/${id}`,
      data: { id, thumbprint, notAfter },
    });
    await unfinished.done(unfinishedKind, id);
  }

  /** What is to be taken, of what `read` finds: everything but what is here through something else. */
  async function judge(
    { id, path }: { readonly id: string; readonly path: string },
    read: (context: { readonly known: readonly RootRecord[]; readonly now: Date }) => RootImportReading,
  ): Promise<readonly RootRecord[]> {
    const roots = await known();
    const reading = read({ known: roots.filter((root) => root.certificate !== undefined), now: now() });
    if (!reading.ok) throw rootRefused(reading.problems);
    const records = toRecords(id, reading.chain, roots, now());
    const elsewhere = records.filter((record) => isElsewhere(record, roots, id));
    if (elsewhere.length === records.length) throw alreadyKnown(elsewhere, path);
    return records.filter((record) => !elsewhere.includes(record));
  }

  return {
    complete,
    take,

    judgeIssuer: async (id, certificateDer) => {
      const [record] = await judge({ id, path: '/pfxSecret' }, (context) => readIssuer(certificateDer, context));
      if (record === undefined) throw new Error('Of an authority with its key nothing was to be taken.');
      if (record.id !== id) throw idTaken(id);
      return record;
    },

    importText: async (id, text) => {
      const taken: RootRecord[] = [];
      const records = await judge({ id, path: '/import' }, (context) => readRootImport(text, context));
      for (const record of records) taken.push(await take(record));
      return taken;
    },
  };
}

export function rootRefused(problems: readonly Problem[]): AppError {
  return new AppError('ERR_REQUEST_INVALID', 'The root cannot be imported; errors lists everything found.', {
    problems,
  });
}

/** Whether the certificate is here through something else than an import of this id. */
function isElsewhere({ thumbprint }: RootRecord, roots: readonly RootRecord[], id: string): boolean {
  const stored = roots.find((root) => root.thumbprint === thumbprint);
  return stored !== undefined && (stored.importId ?? stored.id) !== id;
}

/**
 * The first that is new gets the id; those under it get it with a number, from 2 on, that no other root has. What is
 * there keeps its own. Refuses an id that is another root's.
 */
function toRecords(
  id: string,
  chain: readonly ImportedAuthority[],
  roots: readonly RootRecord[],
  now: Date,
): readonly RootRecord[] {
  const ids = new Map(
    roots.flatMap(({ id: rootId, thumbprint }): [string, string][] =>
      thumbprint === undefined ? [] : [[thumbprint, rootId]],
    ),
  );
  const sent = new Set(chain.map(({ authority }) => ids.get(authority.thumbprint)));
  const used = new Set(roots.map((root) => root.id));
  const nextId = (): string => {
    if (used.has(id) && !sent.has(id)) throw idTaken(id);
    for (let count = 1; ; count += 1) {
      const free = count === 1 ? id : `${id.slice(0, 60)}-${count}`;
      if (used.has(free)) continue;
      used.add(free);
      sent.add(free);
      return free;
    }
  };
  return chain.map((item): RootRecord => {
    const { authority, issuerThumbprint = '' } = item;
    const own = ids.get(authority.thumbprint) ?? nextId();
    ids.set(authority.thumbprint, own);
    const issuerRootId = ids.get(issuerThumbprint);
    return { ...toRecord(own, item, now), importId: id, ...(issuerRootId === undefined ? {} : { issuerRootId }) };
  });
}

function toRecord(id: string, { authority, warnings }: ImportedAuthority, now: Date): RootRecord {
  return {
    id,
    commonName: authority.commonName,
    subject: { commonName: authority.commonName },
    distinguishedName: authority.subject,
    kind: 'imported',
    state: 'creating',
    keyType: authority.keyType,
    hsm: false,
    serialNumber: authority.serialNumber,
    notBefore: authority.notBefore.toISOString(),
    notAfter: authority.notAfter.toISOString(),
    draft: Buffer.from(authority.der).toString('base64'),
    thumbprint: authority.thumbprint,
    ...(warnings.length === 0 ? {} : { warnings: [...warnings] }),
    createdAt: now.toISOString(),
  };
}

function alreadyKnown(known: readonly Pick<RootRecord, 'id' | 'commonName'>[], path: string): AppError {
  const problems = known.map(({ id, commonName }): Problem => {
    const message = `${commonName} is there already, as root ${id}.`;
    return { path, code: 'rootKnown', message, fix: `Use ${id}: GET /api/roots/${id}.` };
  });
  return new AppError('ERR_CONFLICT', problems.map(({ message }) => message).join(' '), { problems });
}

export function idTaken(id: string): AppError {
  const message = `Root id ${id} is taken.`;
  return new AppError('ERR_CONFLICT', message, {
    problems: [{ path: '/id', code: 'idTaken', message, fix: `Use ${id.slice(0, 58)}-2.` }],
  });
}
