import { AppError } from '../../domain/app-error.ts';
import { dayMs } from '../../domain/days.ts';
import { isProblemCode } from '../../domain/problem-codes.ts';
import { parseSerialNumber, type SerialNumber } from '../../domain/serial-number.ts';
import { assembleCertificate, digestForSigning } from '../../pki/assemble-certificate.ts';
import { buildClientTbs } from '../../pki/build-client-certificate.ts';
import { createSerialNumber } from '../../pki/create-serial-number.ts';
import { lintClientTbs } from '../../pki/lint-certificate.ts';
import { type LintedCertificate, passClientCertificate } from '../../pki/linted-certificate.ts';
import { readCertificate } from '../../pki/read-certificate.ts';
import { type CertificateRequest, readCertificateRequest } from '../../pki/read-certificate-request.ts';
import type { Log } from '../../ports/log.ts';
import type { RootKeys } from '../../ports/root-keys.ts';
import { sha256Hex } from '../../stores/digest.ts';
import type { Outbox } from '../../stores/outbox.ts';
import {
  certificateKeys,
  type CertificateRecord,
  rootKeys,
  type RootRecord,
} from '../../stores/records/certificates.ts';
import type { Stores } from '../../stores/stores.ts';
import type { Unfinished } from '../../stores/unfinished.ts';
import type { Expiries } from '../operations/expiries.ts';
import { findBlock, keyBlockedProblem, withhold } from './blocked-keys.ts';
import { type CertificateLookup, commonNameGroup, lookGroups, thumbprintGroup } from './certificate-lookup.ts';
import { orderRefused, ownNameOf, readOrder, type SigningRoot } from './check-order.ts';
import { findDeparture, leftReason, ownerLeftProblem } from './departures.ts';
import { fromKeyStore } from './key-answers.ts';
import type { Owners } from './owners.ts';
import { commonNameTakenProblem, isNameTaken } from './shared-names.ts';

export interface CertificateOrder {
  readonly rootId: string;
  /** Owner id, or an e-mail address: then the owner is registered under the address's slug. */
  readonly owner: string;
  readonly csr: string;
  readonly validityDays?: number | undefined;
  readonly commonName?: string | undefined;
  /** Lets the name be that of another live certificate, whose sessions can then no longer be told from this one's. */
  readonly allowSharedName?: boolean | undefined;
  readonly requestedBy: string;
}

export interface IssuedCertificate {
  readonly record: CertificateRecord;
  readonly root: RootRecord;
  /** What the request asked for beyond its key, and did not get. */
  readonly ignored: readonly string[];
}

export interface CertificatesOptions {
  readonly stores: Stores;
  readonly lookup: CertificateLookup;
  readonly owners: Owners;
  readonly rootKeys: RootKeys;
  readonly expiries: Pick<Expiries, 'put'>;
  readonly outbox: Pick<Outbox, 'append'>;
  readonly unfinished: Unfinished;
  readonly log: Log;
  readonly now: () => Date;
}

export interface Certificates {
  /** Issues, or goes on with what an earlier call of the same request (the same random bytes) has begun. */
  issue(order: CertificateOrder, random: (label: string, length: number) => Uint8Array): Promise<IssuedCertificate>;
  /** Signs and releases a certificate whose record a crash left behind. For the sweep. */
  complete(serialNumber: string): Promise<CertificateRecord | undefined>;
}

const backdateMs = 5 * 60 * 1000;
const usualValidityDays = 365;
const unfinishedKind = 'certificate';
/** Names told of in a warning: more say nothing more. */
const looksLikeMax = 5;

export function createCertificates(options: CertificatesOptions): Certificates {
  const { stores, unfinished, log, now } = options;

  async function signingRoot(id: string): Promise<SigningRoot> {
    const root = (await stores.roots.get(rootKeys(id)))?.record;
    if (root?.certificate === undefined) throw new Error(`Root ${id} of a certificate that is being issued is gone.`);
    return { ...root, certificate: root.certificate };
  }

  function requireActive(root: SigningRoot): void {
    if (root.state === 'retired') {
      throw new AppError('ERR_CONFLICT', `Root ${root.id} is retired and issues nothing more.`);
    }
    if (Date.parse(root.notAfter) <= now().getTime()) {
      throw new AppError('ERR_CONFLICT', `Root ${root.id} expired on ${root.notAfter}.`);
    }
  }

  function prepare(
    order: CertificateOrder,
    root: SigningRoot,
    request: CertificateRequest,
    named: { readonly commonName: string; readonly owner: string; readonly serialNumber: SerialNumber },
  ): CertificateRecord {
    const begun = Math.floor(now().getTime() / 1000) * 1000;
    const notAfter = new Date(begun + (order.validityDays ?? usualValidityDays) * dayMs);
    const isBeyondRoot = notAfter.getTime() > Date.parse(root.notAfter);
    const fields = {
      commonName: named.commonName,
      subjectPublicKeyInfo: request.subjectPublicKeyInfo,
      serialNumber: named.serialNumber,
      notBefore: new Date(begun - backdateMs),
      notAfter: isBeyondRoot ? new Date(root.notAfter) : notAfter,
    };
    const rootDer = Buffer.from(root.certificate, 'base64');
    const { tbs } = buildClientTbs({ ...fields, root: { certificateDer: rootDer } });
    const faults = lintClientTbs(tbs, { root: rootDer, expected: fields });
    if (faults.length > 0) {
      const problems = faults.map(({ code, message }) => ({
        path: pathOfFault(code, order),
        code: isProblemCode(code) ? code : ('certificateUnfit' as const),
        message,
        fix: 'Send another key or name.',
      }));
      throw orderRefused(problems);
    }
    return {
      serialNumber: named.serialNumber,
      rootId: root.id,
      owner: named.owner,
      commonName: named.commonName,
      publicKeyHash: request.publicKeyHash,
      notBefore: fields.notBefore.toISOString(),
      notAfter: fields.notAfter.toISOString(),
      tbs: Buffer.from(tbs).toString('base64'),
      state: 'issuing',
      ...(order.allowSharedName === true ? { allowSharedName: true } : {}),
      requestedBy: order.requestedBy,
      createdAt: now().toISOString(),
    };
  }

  /** From the stored bytes to the released certificate. RSA PKCS #1 v1.5 is deterministic: a second run gives the same one. */
  async function release(record: CertificateRecord, root: SigningRoot): Promise<CertificateRecord> {
    if (root.key === undefined) throw new Error(`Root ${root.id} has no signing key.`);
    // Whoever blocks the key writes the block, then looks for certificates; the record was written before this look.
    const block = await findBlock(stores, record.publicKeyHash);
    if (block !== undefined) return withheld(record, root, block.reason);
    // Likewise the owner: whoever notes that they have left notes it, then looks for what is theirs.
    if ((await findDeparture(stores, record.owner)) !== undefined) return withheld(record, root, leftReason);
    // Likewise the name, now that others see this record: of two requests for one name at one moment neither slips through.
    if (record.allowSharedName !== true && (await isNameTaken(stores, options.lookup, record))) {
      return withheld(record, root, 'nameTaken');
    }
    const tbs = Buffer.from(record.tbs, 'base64');

    // Step 1: signed in Key Vault, checked before anybody gets it.
    const signature = fromKeyStore(await options.rootKeys.sign(root.key.signingKeyId, digestForSigning(tbs)));
    return publish(record, root, requireClean(record, root, assembleCertificate(tbs, signature)));
  }

  /** The way out for a certificate, open only to one that the lint has passed. */
  async function publish(
    record: CertificateRecord,
    root: SigningRoot,
    { thumbprint, oneLineBase64 }: LintedCertificate,
  ): Promise<CertificateRecord> {
    // Step 2: findable in every way before it is released; a crash leaves at most an index row too many.
    const { serialNumber } = record;
    await Promise.all([
      stores.byThumbprint.upsert({ group: thumbprintGroup(thumbprint), key: thumbprint, serialNumber }),
      stores.byRoot.upsert({ group: record.rootId, key: serialNumber, serialNumber }),
      options.expiries.put({
        kind: 'certificate',
        id: thumbprint,
        notAfter: record.notAfter,
        subject: record.commonName,
        owner: record.owner,
      }),
    ]);

    // Step 3: released.
    const issuedAt = now().toISOString();
    const made = { isOurs: false };
    const issued = await stores.certificates.update(certificateKeys(serialNumber), (current) => {
      made.isOurs = current.state === 'issuing';
      return made.isOurs
        ? { ...current, state: 'issued', certificate: oneLineBase64, thumbprint, issuedAt }
        : undefined;
    });
    if (made.isOurs) {
      const seconds = (Date.parse(issuedAt) - Date.parse(record.createdAt)) / 1000;
      log({ event: 'certificate.issued', outcome: 'issued', target: `certificates/${thumbprint}`, seconds });
    }
    return continueIssuing(required(issued), root);
  }

  async function withheld(
    record: CertificateRecord,
    root: SigningRoot,
    reason: Parameters<typeof withhold>[2],
  ): Promise<CertificateRecord> {
    const current = required(await withhold(stores, record, reason, now()));
    if (current.certificate === undefined) {
      const target = `roots/${record.rootId}`;
      log({ event: 'certificate.refused', outcome: 'withheld', target, code: reason });
    }
    return continueIssuing(current, root);
  }

  /** What follows a release: the event for whoever listens, then the note is removed. Both again after a crash in between. */
  async function close(record: CertificateRecord): Promise<void> {
    const { serialNumber, thumbprint = '', rootId, owner, commonName, notAfter, looksLike } = record;
    await options.outbox.append({
      id: `certificate-${serialNumber}-issued`,
      type: 'gatehouse.certificate.issued.v1',
      subject: `certificates/${thumbprint}`,
      data: { thumbprint, rootId, owner, commonName, notAfter, ...(looksLike === undefined ? {} : { looksLike }) },
    });
    await unfinished.done(unfinishedKind, serialNumber);
  }

  /** To the end, from wherever a record stands: to be signed, to be announced, or withheld because its key was blocked. */
  async function continueIssuing(record: CertificateRecord, root: SigningRoot): Promise<CertificateRecord> {
    if (record.state === 'issuing') return release(record, root);
    if (record.certificate === undefined) await unfinished.done(unfinishedKind, record.serialNumber);
    else await close(record);
    return record;
  }

  async function requireReleased(record: CertificateRecord): Promise<CertificateRecord> {
    if (record.certificate !== undefined) return record;
    const block = await findBlock(stores, record.publicKeyHash);
    if (block !== undefined) throw orderRefused([keyBlockedProblem(block)]);
    const { owner, commonName, revocationReason, revokedAt: at = '' } = record;
    const hasLeft = revocationReason === leftReason;
    throw orderRefused([hasLeft ? ownerLeftProblem(owner, { at }) : commonNameTakenProblem(commonName)]);
  }

  async function issue(
    order: CertificateOrder,
    random: (label: string, length: number) => Uint8Array,
  ): Promise<IssuedCertificate> {
    const serialNumber = createSerialNumber((length, draw) => random(`serial-${draw}`, length));
    const started = (await stores.certificates.get(certificateKeys(serialNumber)))?.record;
    if (started !== undefined) {
      const root = await signingRoot(started.rootId);
      return { record: await requireReleased(await continueIssuing(started, root)), root, ignored: ignoredOf(order) };
    }
    const { root, request, owner, problems } = await readOrder(options, order);
    if (problems.length > 0 || root === undefined || request === undefined || owner === undefined) {
      throw orderRefused(problems);
    }
    requireActive(root);
    const commonName = order.commonName ?? ownNameOf(owner, Buffer.from(random('name', 4)).toString('hex')) ?? '';
    const prepared = prepare(order, root, request, { commonName, owner: owner.id, serialNumber });

    if (owner.isNew && owner.email !== undefined) {
      await options.owners.register({ id: owner.id, email: owner.email }, order.requestedBy);
    }
    // The record is made before the signature, so that no certificate can exist that nobody knows of.
    await unfinished.add(unfinishedKind, serialNumber);
    // Found by key, owner and name before it is there: whoever blocks one of them finds it, or it sees the block.
    await stores.byPublicKey.upsert({ group: request.publicKeyHash, key: serialNumber, serialNumber });
    await stores.byOwner.upsert({ group: owner.id, key: serialNumber, serialNumber });
    for (const group of [commonNameGroup(commonName), ...lookGroups(commonName)]) {
      await stores.byCommonName.upsert({ group, key: serialNumber, serialNumber });
    }
    const alike = await options.lookup.lookingLike(commonName, now());
    const looksLike = [...new Set(alike.map((record) => record.commonName))].slice(0, looksLikeMax);
    const record: CertificateRecord = { ...prepared, ...(looksLike.length === 0 ? {} : { looksLike }) };
    if (!(await stores.certificates.insert(record))) {
      throw new AppError('ERR_IN_PROGRESS', 'The same request is still running.', { retryAfterSeconds: 2 });
    }
    return { record: await requireReleased(await continueIssuing(record, root)), root, ignored: request.ignored };
  }

  /** What a later try may get past is not a refusal: the same order goes on then. */
  function tellRefusal({ rootId }: CertificateOrder, { code, problems, retryAfterSeconds }: AppError): void {
    if (retryAfterSeconds !== undefined) return;
    const [problem] = problems;
    log({ event: 'certificate.refused', outcome: 'refused', target: `roots/${rootId}`, code: problem?.code ?? code });
  }

  return {
    issue: async (order, random) => {
      try {
        return await issue(order, random);
      } catch (error: unknown) {
        if (error instanceof AppError) tellRefusal(order, error);
        throw error;
      }
    },

    complete: async (serialNumber) => {
      const record = (await stores.certificates.get(certificateKeys(serialNumber)))?.record;
      if (record !== undefined) return continueIssuing(record, await signingRoot(record.rootId));
      await unfinished.done(unfinishedKind, serialNumber);
      return record;
    },
  };
}

/** What a request that was read before asked for beyond its key. */
function ignoredOf({ csr }: CertificateOrder): readonly string[] {
  const reading = readCertificateRequest(csr);
  return reading.ok ? reading.request.ignored : [];
}

function required(record: CertificateRecord | undefined): CertificateRecord {
  if (record === undefined) throw new Error('The record of a certificate that is being issued is gone.');
  return record;
}

/** A fault of the name belongs to the field that the name was made of; every other one to the key that was sent. */
function pathOfFault(code: string, order: CertificateOrder): string {
  if (!code.startsWith('name') && code !== 'subjectIsIssuer') return '/csr';
  return order.commonName === undefined ? '/owner' : '/commonName';
}

function requireClean(
  record: CertificateRecord,
  root: { readonly certificate: string },
  der: Uint8Array,
): LintedCertificate {
  const serialNumber = parseSerialNumber(record.serialNumber);
  const reading = readCertificate(der);
  if (serialNumber === undefined || !reading.ok) {
    throw new Error(`Certificate ${record.serialNumber} cannot be read back.`);
  }
  // The key is that of the request which was read and proven, and not whatever the certificate says it is.
  if (sha256Hex(reading.certificate.publicKeySpki) !== record.publicKeyHash) {
    throw new Error(`Certificate ${record.serialNumber} does not hold the key of its request.`);
  }
  const answer = passClientCertificate(der, {
    root: Buffer.from(root.certificate, 'base64'),
    expected: {
      commonName: record.commonName,
      serialNumber,
      notBefore: new Date(record.notBefore),
      notAfter: new Date(record.notAfter),
      subjectPublicKeyInfo: reading.certificate.publicKeySpki,
    },
  });
  if (answer.ok) return answer.certificate;
  throw new Error(
    `Certificate ${record.serialNumber} is not what it should be: ${answer.problems.map(({ code }) => code).join(', ')}.`,
  );
}
