import { looksOf } from '../../domain/look-alike-names.ts';
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
import {
  type CertificatePage,
  type CertificateQuery,
  commonNameGroup,
  createListCertificates,
  judged,
} from './list-certificates.ts';

const pageSize = 100;

/** Finds certificates by point reads and by lists. */
export interface CertificateLookup {
  byThumbprint(thumbprint: Thumbprint): Promise<CertificateRecord | undefined>;
  list(query: CertificateQuery): Promise<CertificatePage>;
  /**
   * Every certificate of this public key, whatever its state and root; the hash is SHA-256 of the SubjectPublicKeyInfo.
   */
  ofPublicKey(publicKeyHash: string): Promise<readonly CertificateRecord[]>;
  /**
   * Every certificate that was ever given this name, in whatever state, but for the one with the serial number
   * `except`; names compare as `comparableName` has them. A name in Azure's session list tells whose session it is only
   * while nobody else has it, so this is asked each time that matters and never kept.
   */
  named(commonName: string, except?: string): Promise<readonly CertificateRecord[]>;
  /**
   * The first that is meant of those whose name is not known here: registered by their thumbprint alone, or without a
   * name. A session of whatever name may be theirs.
   */
  firstNameless(
    isMeant: (record: CertificateRecord) => boolean | Promise<boolean>,
  ): Promise<CertificateRecord | undefined>;
  /** The same, and live certificates whose names can be taken for this one by their look, though they are others. */
  alike(commonName: string, except: string, now: Date): Promise<AlikeCertificates>;
  /** Certificates of this root that may open a gateway now, or are being issued, at most `max` of them. */
  live(rootId: string, now: Date, max: number): Promise<readonly CertificateRecord[]>;
}

export interface AlikeCertificates {
  readonly named: readonly CertificateRecord[];
  readonly lookingLike: readonly CertificateRecord[];
}

export function thumbprintGroup(thumbprint: string): string {
  return thumbprint.slice(0, 2);
}

/** Where a certificate is found by its name: in the group of that, and of each other name that it looks like. */
export function nameGroups(commonName: string): readonly string[] {
  return [...new Set([comparableName(commonName), ...looksOf(commonName)])].map(commonNameGroup);
}

export function createCertificateLookup({
  stores,
  now,
}: {
  readonly stores: Stores;
  readonly now: () => Date;
}): CertificateLookup {
  async function read(serialNumber: string): Promise<CertificateRecord | undefined> {
    const record = (await stores.certificates.get(certificateKeys(serialNumber)))?.record;
    return record && judged(record, now());
  }

  async function inGroups(groups: readonly string[], except?: string): Promise<readonly CertificateRecord[]> {
    const rows = await Promise.all(groups.map((group) => stores.byCommonName.list(group)));
    const serialNumbers = new Set(rows.flat().map(({ record }) => record.serialNumber));
    const others = [...serialNumbers].filter((serialNumber) => serialNumber !== except);
    return (await Promise.all(others.map(read))).filter((record) => record !== undefined);
  }

  async function named(commonName: string, except?: string): Promise<readonly CertificateRecord[]> {
    const records = await inGroups([commonNameGroup(commonName)], except);
    // Others only look like it, and a registered one may have been said to have another name until it was sent.
    return records.filter((record) => isNamed(record, commonName));
  }

  /** All of a group that are still in it, in the order of their keys, read page by page. */
  async function* recordsOf(
    index: Pick<Store<CertificateIndexRow>, 'list'>,
    group: string,
    isOfGroup: (record: CertificateRecord) => boolean,
  ): AsyncGenerator<CertificateRecord> {
    let from: string | undefined;
    for (;;) {
      const rows = await index.list(group, { top: pageSize, ...(from === undefined ? {} : { from }) });
      const records = await Promise.all(rows.map(({ record }) => read(record.serialNumber)));
      yield* records.filter((record) => record !== undefined).filter(isOfGroup);
      const last = rows.at(-1)?.record;
      if (last === undefined || rows.length < pageSize) return;
      from = `${last.serialNumber}~`;
    }
  }

  return {
    named,

    alike: async (commonName, except, at) => {
      const records = await inGroups(nameGroups(commonName), except);
      return {
        named: records.filter((record) => isNamed(record, commonName)),
        lookingLike: records.filter((record) => isLive(record, at) && !isNamed(record, commonName)),
      };
    },

    byThumbprint: async (thumbprint) => {
      const keys = { partitionKey: thumbprintGroup(thumbprint), rowKey: thumbprint };
      const row = (await stores.byThumbprint.get(keys))?.record;
      return row === undefined ? undefined : read(row.serialNumber);
    },

    list: createListCertificates({ stores, now }),

    ofPublicKey: async (publicKeyHash) => {
      const rows = await stores.byPublicKey.list(publicKeyHash);
      const records = await Promise.all(rows.map(({ record }) => read(record.serialNumber)));
      return records.filter((record) => record !== undefined);
    },

    live: async (rootId, at, max) => {
      const found: CertificateRecord[] = [];
      for await (const record of recordsOf(stores.byRoot, rootId, (one) => one.rootId === rootId)) {
        if (found.length >= max) break;
        if (record.state === 'issuing' || isLive(record, at)) found.push(record);
      }
      return found;
    },

    firstNameless: async (isMeant) => {
      const group = commonNameGroup('');
      for await (const record of recordsOf(stores.byCommonName, group, ({ commonName }) => commonName === '')) {
        if (await isMeant(record)) return record;
      }
      return undefined;
    },
  };
}

function isNamed(record: CertificateRecord, commonName: string): boolean {
  return comparableName(record.commonName) === comparableName(commonName);
}

function isLive(record: CertificateRecord, now: Date): boolean {
  return isInUse(record) && Date.parse(record.notAfter) > now.getTime();
}
