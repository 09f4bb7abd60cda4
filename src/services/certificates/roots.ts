import { AppError, type Problem } from '../../domain/app-error.ts';
import { checkSubjectName, type SubjectName } from '../../domain/distinguished-name.ts';
import type { RootPolicy } from '../../domain/root-policy.ts';
import { parseSerialNumber } from '../../domain/serial-number.ts';
import { assembleCertificate, digestForSigning } from '../../pki/assemble-certificate.ts';
import { buildRootTbs } from '../../pki/build-root-certificate.ts';
import { createSerialNumber } from '../../pki/create-serial-number.ts';
import { type LintedCertificate, passRootCertificate } from '../../pki/linted-certificate.ts';
import { readCertificate } from '../../pki/read-certificate.ts';
import type { Log } from '../../ports/log.ts';
import type { RootKeyPolicy, RootKeys, RootKeyVersion } from '../../ports/root-keys.ts';
import { canonicalJson } from '../../stores/digest.ts';
import type { Outbox } from '../../stores/outbox.ts';
import { rootKeys, type RootRecord } from '../../stores/records/certificates.ts';
import type { Stores } from '../../stores/stores.ts';
import type { Unfinished } from '../../stores/unfinished.ts';
import type { Expiries } from '../operations/expiries.ts';
import type { RootImports } from './import-roots.ts';
import { fromKeyStore } from './key-answers.ts';
import type { RootRemovals } from './remove-root.ts';

export interface NewRoot {
  readonly id: string;
  readonly subject: SubjectName;
  readonly keyType: 'RSA-2048' | 'RSA-3072' | 'RSA-4096';
  readonly hsm: boolean;
  readonly validityDays: number;
  readonly policy?: RootPolicy | undefined;
}

export interface RootsOptions {
  readonly stores: Stores;
  readonly rootKeys: RootKeys;
  readonly unfinished: Unfinished;
  readonly outbox: Pick<Outbox, 'append'>;
  readonly expiries: Pick<Expiries, 'put'>;
  readonly log: Log;
  readonly now: () => Date;
  readonly imports: Pick<RootImports, 'complete'>;
  readonly removals: Pick<RootRemovals, 'complete'>;
}

/** Creates root certificates whose keys are made in Key Vault and stay there. */
export interface Roots {
  /** Answers the finished root. The same id with the same content goes on from where an earlier call stopped. */
  create(root: NewRoot, random: (label: string, length: number) => Uint8Array): Promise<RootRecord>;
  /** Goes on with a root that a crash left half made. For the sweep. */
  complete(id: string): Promise<RootRecord | undefined>;
}

/** A client's clock may be a little behind; a root that is not valid yet opens nothing. */
const backdateMs = 5 * 60 * 1000;
const dayMs = 24 * 60 * 60 * 1000;
const unfinishedKind = 'root';

export function createRoots(options: RootsOptions): Roots {
  const { stores, unfinished, now } = options;
  const vault = options.rootKeys;

  function newRecord(root: NewRoot, random: (label: string, length: number) => Uint8Array): RootRecord {
    const begun = Math.floor(now().getTime() / 1000) * 1000;
    return {
      id: root.id,
      commonName: root.subject.commonName,
      subject: { ...root.subject },
      kind: 'created',
      state: 'creating',
      keyType: root.keyType,
      hsm: root.hsm,
      serialNumber: createSerialNumber((length, draw) => random(`serial-${draw}`, length)),
      notBefore: new Date(begun - backdateMs).toISOString(),
      notAfter: new Date(begun + root.validityDays * dayMs).toISOString(),
      ...(root.policy === undefined ? {} : { policy: root.policy }),
      createdAt: now().toISOString(),
    };
  }

  /**
   * Key Vault makes a key with a certificate only: the first version, self-signed and not a CA, is never trusted by
   * anybody.
   */
  async function makeKey(name: string, policy: RootKeyPolicy): Promise<RootKeyVersion> {
    return fromKeyStore(await vault.ensureSelfSigned(name, policy));
  }

  async function complete(record: RootRecord): Promise<RootRecord> {
    const name = `root-${record.id}`;
    const policy = policyOf(record);

    // Step 1: the key, under a first certificate that Key Vault signs itself.
    const first = await makeKey(name, policy);

    // Step 2: the certificate, kept as it is to be signed. The first version of the key signs it: Key Vault does not
    // sign with the key of a pending certificate.
    const linted =
      record.draft === undefined
        ? await draft(record, first)
        : requireClean(record, Buffer.from(record.draft, 'base64'), first);

    // Step 3: a second version on the same key takes the certificate, and the first is put out of use.
    const installed = fromKeyStore(await vault.install(name, policy, linted.der));
    fromKeyStore(await vault.disableVersion(first.certificateId));
    return finish(record, linted, installed);
  }

  async function draft(record: RootRecord, first: RootKeyVersion): Promise<LintedCertificate> {
    const tbs = Buffer.from(record.tbs ?? (await storeTbs(record, first)), 'base64');
    const der = assembleCertificate(tbs, fromKeyStore(await vault.sign(first.keyId, digestForSigning(tbs))));
    const linted = requireClean(record, der, first);
    await stores.roots.update(rootKeys(record.id), (current) => ({
      ...current,
      draft: linted.oneLineBase64,
    }));
    return linted;
  }

  async function storeTbs(record: RootRecord, first: RootKeyVersion): Promise<string> {
    const { tbs } = buildRootTbs({
      subject: toSubject(record),
      publicKeySpki: publicKeyOf(first),
      serialNumber: requireSerial(record),
      notBefore: new Date(record.notBefore),
      notAfter: new Date(record.notAfter),
    });
    const text = Buffer.from(tbs).toString('base64');
    const stored = await stores.roots.update(rootKeys(record.id), (current) =>
      current.tbs === undefined ? { ...current, tbs: text } : undefined,
    );
    return stored?.tbs ?? text;
  }

  async function finish(
    record: RootRecord,
    { oneLineBase64, thumbprint }: LintedCertificate,
    installed: RootKeyVersion,
  ): Promise<RootRecord> {
    await options.expiries.put({ kind: 'root', id: record.id, notAfter: record.notAfter, subject: record.commonName });
    const done = await stores.roots.update(rootKeys(record.id), ({ draft: _used, ...current }) => ({
      ...current,
      state: 'active',
      certificate: oneLineBase64,
      thumbprint,
      key: { name: `root-${record.id}`, signingKeyId: installed.keyId, versions: [installed.certificateId] },
    }));
    const finished = done ?? record;
    const seconds = (options.now().getTime() - Date.parse(record.createdAt)) / 1000;
    options.log({ event: 'root.created', outcome: 'created', target: `roots/${record.id}`, seconds });
    await close(finished);
    return finished;
  }

  /**
   * What follows a finished root: the event for whoever listens, then the note is removed. Both again after a crash in
   * between.
   */
  async function close({ id, thumbprint, notAfter }: RootRecord): Promise<void> {
    await options.outbox.append({
      id: `root-${id}-created`,
      type: 'gatehouse.root.created.v1',
      subject: `roots/${id}`,
      data: { id, thumbprint, notAfter },
    });
    await unfinished.done(unfinishedKind, id);
  }

  async function continueMaking(record: RootRecord): Promise<RootRecord> {
    if (record.state === 'removing') {
      await options.removals.complete(record);
      return record;
    }
    if (record.kind === 'imported') return options.imports.complete(record);
    if (record.state === 'creating') return complete(record);
    await close(record);
    return record;
  }

  return {
    create: async (root, random) => {
      requireName(root.subject);
      await unfinished.add(unfinishedKind, root.id);
      const fresh = newRecord(root, random);
      const isNew = await stores.roots.insert(fresh);
      const record = isNew ? fresh : (await stores.roots.get(rootKeys(root.id)))?.record;
      if (record === undefined) throw new AppError('ERR_CONFLICT', `Root ${root.id} is being removed.`);
      if (record.serialNumber !== fresh.serialNumber && !isSameIntent(record, fresh)) {
        throw new AppError('ERR_CONFLICT', `Root id ${root.id} is taken.`, {
          problems: [
            {
              path: '/id',
              code: 'idTaken',
              message: `Root id ${root.id} is taken.`,
              fix: `Use ${root.id.slice(0, 58)}-2.`,
            },
          ],
        });
      }
      return continueMaking(record);
    },

    complete: async (id) => {
      const record = (await stores.roots.get(rootKeys(id)))?.record;
      return record && continueMaking(record);
    },
  };
}

/** A root that is not finished is continued by whoever asks for the same again. */
function isSameIntent(record: RootRecord, asked: RootRecord): boolean {
  return (
    record.kind === 'created' &&
    record.state === 'creating' &&
    record.keyType === asked.keyType &&
    record.hsm === asked.hsm &&
    canonicalJson(record.policy ?? {}) === canonicalJson(asked.policy ?? {}) &&
    canonicalJson(record.subject) === canonicalJson(asked.subject)
  );
}

function policyOf(record: RootRecord): RootKeyPolicy {
  const months = Math.ceil((Date.parse(record.notAfter) - Date.parse(record.notBefore)) / (30 * dayMs));
  return {
    commonName: record.commonName,
    keySizeBits: Number(record.keyType.slice('RSA-'.length)) as RootKeyPolicy['keySizeBits'],
    hsm: record.hsm,
    validityMonths: Math.max(1, months),
  };
}

function requireName(subject: SubjectName): void {
  const problems: Problem[] = checkSubjectName(subject, '/subject').map((problem) => ({ ...problem }));
  if (problems.length > 0) {
    throw new AppError('ERR_REQUEST_INVALID', 'The subject of the root cannot be used.', { problems });
  }
}

function toSubject({ subject }: RootRecord): SubjectName {
  const { commonName, organization, organizationalUnit, country } = subject;
  return {
    commonName,
    ...(organization === undefined ? {} : { organization }),
    ...(organizationalUnit === undefined ? {} : { organizationalUnit }),
    ...(country === undefined ? {} : { country }),
  };
}

function publicKeyOf(version: RootKeyVersion): Uint8Array {
  const reading = readCertificate(version.certificateDer);
  if (!reading.ok) throw new Error('Key Vault answered a certificate that cannot be read.');
  return reading.certificate.publicKeySpki;
}

function requireSerial(record: RootRecord): NonNullable<ReturnType<typeof parseSerialNumber>> {
  const serialNumber = parseSerialNumber(record.serialNumber);
  if (serialNumber === undefined) throw new Error(`Root ${record.id} has an unusable serial number.`);
  return serialNumber;
}

function requireClean(record: RootRecord, der: Uint8Array, first: RootKeyVersion): LintedCertificate {
  const answer = passRootCertificate(der, {
    expected: {
      subject: toSubject(record),
      serialNumber: requireSerial(record),
      notBefore: new Date(record.notBefore),
      notAfter: new Date(record.notAfter),
      subjectPublicKeyInfo: publicKeyOf(first),
    },
  });
  if (answer.ok) return answer.certificate;
  throw new Error(
    `The certificate of root ${record.id} is not what it should be: ${answer.problems.map(({ code }) => code).join(', ')}.`,
  );
}
