import { parseSerialNumber } from '../../domain/serial-number.ts';
import { assembleCertificate, digestForSigning } from '../../pki/assemble-certificate.ts';
import { type LintedCertificate, passClientCertificate } from '../../pki/linted-certificate.ts';
import { readCertificate } from '../../pki/read-certificate.ts';
import type { CertificateRequest } from '../../pki/read-certificate-request.ts';
import type { Log } from '../../ports/log.ts';
import type { RootKeys } from '../../ports/root-keys.ts';
import { sha256Hex } from '../../stores/digest.ts';
import type { Outbox } from '../../stores/outbox.ts';
import { certificateKeys, type CertificateRecord, rootKeys } from '../../stores/records/certificates.ts';
import { ownerKeys } from '../../stores/records/owners.ts';
import type { Stored } from '../../stores/store.ts';
import type { Stores } from '../../stores/stores.ts';
import type { Unfinished } from '../../stores/unfinished.ts';
import type { Expiries } from '../operations/expiries.ts';
import { findBlock, withhold } from './blocked-keys.ts';
import { type CertificateLookup, thumbprintGroup } from './certificate-lookup.ts';
import { requireNotRemoving, type SigningRoot } from './issuer-chain.ts';
import { fromKeyStore } from './key-answers.ts';
import { faultOfOwner } from './owner-faults.ts';
import { isNameTaken } from './shared-names.ts';
import { supersede, takePlace } from './supersede.ts';

/** Names told of in a warning: more say nothing more. */
const looksLikeMax = 5;

/** Notes of certificates that are not yet issued and announced, or withheld. */
export const unfinishedCertificate = 'certificate';

export interface ReleaseOptions {
  readonly stores: Stores;
  readonly lookup: CertificateLookup;
  readonly rootKeys: RootKeys;
  readonly expiries: Pick<Expiries, 'put'>;
  readonly outbox: Pick<Outbox, 'append'>;
  readonly unfinished: Unfinished;
  readonly keyFiles: KeyFiles;
  readonly follow: Follow;
  readonly log: Log;
  readonly now: () => Date;
}

/**
 * Does what follows the answer to whoever ordered: waited for or not. A note stays until it is done, so that the sweep
 * does what is left.
 */
export type Follow = (work: () => Promise<void>) => Promise<void>;

/** The files that hold keys which were made here, by the serial number of their certificate. */
export interface KeyFiles {
  holds(serialNumber: string): Promise<boolean>;
  withdraw(serialNumber: string): Promise<void>;
}

/** A key that was made for one order. The private part is known to nobody else, and nowhere but in memory. */
export interface MadeKey {
  readonly request: CertificateRequest;
  /**
   * Puts the key away for whoever asked, with the finished certificate. Before that is released: nobody is to have one
   * without a key.
   */
  keep(certificate: LintedCertificate, record: CertificateRecord, root: SigningRoot): Promise<void>;
}

/**
 * Brings the record of a certificate to its end: signed and released, or withheld. Safe to repeat, from wherever it
 * stands.
 */
type ContinueIssuing = (
  record: CertificateRecord,
  root: SigningRoot | undefined,
  madeKey?: MadeKey,
) => Promise<CertificateRecord>;

export function createContinueIssuing(options: ReleaseOptions): ContinueIssuing {
  const { stores, unfinished, log, now } = options;

  /**
   * From the stored bytes to the released certificate. RSA PKCS #1 v1.5 is deterministic: a second run gives the same
   * one.
   */
  async function release(
    record: CertificateRecord,
    root: SigningRoot | undefined,
    madeKey: MadeKey | undefined,
  ): Promise<CertificateRecord> {
    // Of one name or look, read once for both questions.
    const alike = options.lookup.alike(record.commonName, record.serialNumber, now());
    const namesakes = { named: async () => (await alike).named };
    const [seen, stored, block, owner, isTaken, { lookingLike }] = await Promise.all([
      stores.certificates.get(certificateKeys(record.serialNumber)),
      // Whoever removes the root marks it, then looks for certificates: this record was written before this look.
      stores.roots.get(rootKeys(record.rootId)),
      // Likewise the key: whoever blocks it writes the block, then looks for certificates; the record was written
      // before this look.
      findBlock(stores, record.publicKeyHash),
      // Likewise the owner: whoever notes that they have left, or takes an address from them, notes it, then looks for
      // what is theirs.
      stores.owners.get(ownerKeys(record.owner)),
      // Likewise the name, now that others see this record: of two requests for one name at one moment neither slips
      // through.
      record.allowSharedName === true ? false : isNameTaken(stores, namesakes, record),
      alike,
    ]);
    // It may stay, and then the order goes on.
    requireNotRemoving(stored?.record);
    if (root === undefined || stored?.record.certificate !== root.certificate) {
      return withheld(record, root, 'rootGone');
    }
    if (root.key === undefined) throw new Error(`Root ${root.id} has no signing key.`);
    if (block !== undefined) return withheld(record, root, block.reason);
    const ownerFault = faultOfOwner(record, owner?.record, now());
    if (ownerFault !== undefined) return withheld(record, root, ownerFault);
    if (isTaken) return withheld(record, root, 'nameTaken');
    const isKeyGone =
      record.isKeyMadeHere === true && madeKey === undefined && !(await options.keyFiles.holds(record.serialNumber));
    if (isKeyGone) return withheld(record, root, 'keyNotKept');
    const placeFault = await takePlace(stores, record);
    if (placeFault !== undefined) return withheld(record, root, placeFault);
    const tbs = Buffer.from(record.tbs, 'base64');

    // Step 1: signed in Key Vault, checked before anybody gets it.
    const signature = fromKeyStore(await options.rootKeys.sign(root.key.signingKeyId, digestForSigning(tbs)));
    const certificate = requireClean(record, root, assembleCertificate(tbs, signature));
    await keep(madeKey, certificate, record, root);
    const looksLike = [...new Set(lookingLike.map(({ commonName }) => commonName))].slice(0, looksLikeMax);
    return publish(record, root, certificate, { looksLike, seen });
  }

  /** Whoever asked may ask again at once: a certificate without its key is not to hold a name or a place till then. */
  async function keep(
    madeKey: MadeKey | undefined,
    certificate: LintedCertificate,
    record: CertificateRecord,
    root: SigningRoot,
  ): Promise<void> {
    try {
      await madeKey?.keep(certificate, record, root);
    } catch (error: unknown) {
      // The sweep does it where this fails as well.
      await withheld(record, root, 'keyNotKept').catch(() => undefined);
      throw error;
    }
  }

  /** The way out for a certificate, open only to one that the lint has passed. */
  async function publish(
    record: CertificateRecord,
    root: SigningRoot,
    { thumbprint, oneLineBase64 }: LintedCertificate,
    { looksLike, seen }: { readonly looksLike: string[]; readonly seen: Stored<CertificateRecord> | undefined },
  ): Promise<CertificateRecord> {
    // Step 2: findable in every way before it is released; a crash leaves at most an index row too many. By root,
    // owner, key and name it is found since it was noted.
    const { serialNumber } = record;
    await Promise.all([
      stores.byThumbprint.upsert({ group: thumbprintGroup(thumbprint), key: thumbprint, serialNumber }),
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
    const alike = looksLike.length === 0 ? {} : { looksLike };
    const issued = await stores.certificates.update(
      certificateKeys(serialNumber),
      (current) => {
        made.isOurs = current.state === 'issuing';
        return made.isOurs
          ? { ...current, ...alike, state: 'issued', certificate: oneLineBase64, thumbprint, issuedAt }
          : undefined;
      },
      seen,
    );
    if (made.isOurs) {
      const seconds = (Date.parse(issuedAt) - Date.parse(record.createdAt)) / 1000;
      log({ event: 'certificate.issued', outcome: 'issued', target: `certificates/${thumbprint}`, seconds });
    }
    return continueIssuing(required(issued), root);
  }

  async function withheld(
    record: CertificateRecord,
    root: SigningRoot | undefined,
    reason: Parameters<typeof withhold>[2],
  ): Promise<CertificateRecord> {
    const current = required(await withhold(stores, record, reason, now()));
    if (current.certificate === undefined) {
      const target = `roots/${record.rootId}`;
      log({ event: 'certificate.refused', outcome: 'withheld', target, code: reason });
    }
    return continueIssuing(current, root);
  }

  /**
   * What follows a release: the place of another is taken, and then, after the answer if need be, the event for whoever
   * listens is written and the note removed. All of it again after a crash in between.
   */
  async function close(record: CertificateRecord): Promise<void> {
    const { serialNumber, thumbprint = '', rootId, owner, commonName, notAfter, looksLike } = record;
    await supersede(stores, record, now());
    await options.follow(async () => {
      await options.outbox.append({
        id: `certificate-${serialNumber}-issued`,
        type: 'gatehouse.certificate.issued.v1',
        subject: `certificates/${thumbprint}`,
        data: { thumbprint, rootId, owner, commonName, notAfter, ...(looksLike === undefined ? {} : { looksLike }) },
      });
      await unfinished.done(unfinishedCertificate, serialNumber);
    });
  }

  /**
   * To the end, from wherever a record stands: to be signed, to be announced, or withheld because its key was blocked.
   */
  async function continueIssuing(
    record: CertificateRecord,
    root: SigningRoot | undefined,
    madeKey?: MadeKey,
  ): Promise<CertificateRecord> {
    if (record.state === 'issuing') return release(record, root, madeKey);
    if (record.certificate !== undefined) {
      await close(record);
    } else {
      if (record.isKeyMadeHere === true) await options.keyFiles.withdraw(record.serialNumber);
      await unfinished.done(unfinishedCertificate, record.serialNumber);
    }
    return record;
  }

  return continueIssuing;
}

function required(record: CertificateRecord | undefined): CertificateRecord {
  if (record === undefined) throw new Error('The record of a certificate that is being issued is gone.');
  return record;
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
