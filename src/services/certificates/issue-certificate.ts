import { AppError } from '../../domain/app-error.ts';
import { type CertificateRequest, readCertificateRequest } from '../../pki/read-certificate-request.ts';
import { certificateKeys, type CertificateRecord, rootKeys } from '../../stores/records/certificates.ts';
import { findBlock, keyBlockedProblem } from './blocked-keys.ts';
import { nameGroups } from './certificate-lookup.ts';
import { orderRefused, readOrder } from './check-order.ts';
import { leftReason, ownerLeftProblem } from './departures.ts';
import { type SigningRoot, signingRootOf } from './issuer-chain.ts';
import { judgeOrder, requireApproval } from './judge-order.ts';
import { changedReason, ownerChangedOnIssue } from './owner-faults.ts';
import type { Owners } from './owners.ts';
import {
  type CertificateOrder,
  drawnAgain,
  isRepeatOf,
  prepareCertificate,
  type RequestRandom,
  serialNumberOf,
} from './prepare-certificate.ts';
import {
  createContinueIssuing,
  type MadeKey,
  type ReleaseOptions,
  unfinishedCertificate,
} from './release-certificate.ts';
import { commonNameTakenProblem } from './shared-names.ts';
import { placeRefused } from './supersede.ts';

export interface IssuedCertificate {
  readonly record: CertificateRecord;
  /** The one that has signed it; absent where that was done before. */
  readonly root?: SigningRoot;
  /** What the request asked for beyond its key, and did not get. */
  readonly ignored: readonly string[];
}

export interface CertificatesOptions extends ReleaseOptions {
  readonly allowEllipticCurve?: boolean | undefined;
  readonly owners: Owners;
}

export interface Certificates {
  /**
   * Issues for the key of the order's request, or for one that is made once nothing is wrong with the order; or goes on
   * with what an earlier call of the same request (the same random bytes) has begun.
   */
  issue(order: CertificateOrder, random: RequestRandom, makeKey?: () => Promise<MadeKey>): Promise<IssuedCertificate>;
  /** Signs and releases a certificate whose record a crash left behind. For the sweep. */
  complete(serialNumber: string): Promise<CertificateRecord | undefined>;
}

/** Serial numbers that are drawn anew: of 127 random bits no second one is ever another’s. */
const drawsMax = 3;

export function createCertificates(options: CertificatesOptions): Certificates {
  const { stores, unfinished, log, now } = options;
  const continueIssuing = createContinueIssuing(options);
  /** For who has nobody to answer. */
  const finishIssuing = createContinueIssuing({ ...options, follow: (work) => work() });

  /** The root of one that is yet to be signed. What was signed or withheld before needs none, and it may be gone. */
  async function rootOf({ state, rootId }: CertificateRecord): Promise<SigningRoot | undefined> {
    return state === 'issuing' ? signingRootOf(stores, (await stores.roots.get(rootKeys(rootId)))?.record) : undefined;
  }

  async function requireReleased(record: CertificateRecord): Promise<CertificateRecord> {
    if (record.certificate !== undefined) return record;
    const block = await findBlock(stores, record.publicKeyHash);
    if (block !== undefined) throw orderRefused([keyBlockedProblem(block)]);
    if (record.revocationReason === 'keyNotKept') {
      // Another run of the same request took over, and makes another key.
      throw new AppError('ERR_IN_PROGRESS', 'The same request is still running.', { retryAfterSeconds: 2 });
    }
    const { owner, revocationReason, revokedAt: at = '', renews } = record;
    if (revocationReason === 'rootGone') {
      const message = `Root ${record.rootId} was removed before it had issued this.`;
      const fix = 'Name another root.';
      throw new AppError('ERR_CONFLICT', message, {
        problems: [{ path: '/rootId', code: 'rootGone', message, fix }],
      });
    }
    if (revocationReason === 'certificateRevoked' || revocationReason === 'certificateSuperseded') {
      throw placeRefused(revocationReason, renews?.thumbprint ?? '');
    }
    if (revocationReason === changedReason) throw ownerChangedOnIssue(owner);
    const hasLeft = revocationReason === leftReason;
    throw orderRefused([hasLeft ? ownerLeftProblem(owner, { at }) : commonNameTakenProblem(record)]);
  }

  async function issue(
    order: CertificateOrder,
    random: RequestRandom,
    makeKey: (() => Promise<MadeKey>) | undefined,
    draws = drawsMax,
  ): Promise<IssuedCertificate> {
    const serialNumber = serialNumberOf(random);
    const [stored, read] = await Promise.all([
      stores.certificates.get(certificateKeys(serialNumber)),
      // What keeps it from being read now, such as a root that is being removed, is nothing to an order that was begun.
      settled(readOrder(options, order)),
    ]);
    if (stored !== undefined && !isRepeatOf(stored.record, order, requestOf(order, options))) {
      if (draws === 0) throw new Error(`Serial number ${serialNumber} is another certificate’s, drawn anew as well.`);
      return issue(order, drawnAgain(random), makeKey, draws - 1);
    }
    if (stored !== undefined) {
      const started = stored.record;
      const record = await requireReleased(await continueIssuing(started, await rootOf(started)));
      return { record, ignored: requestOf(order, options)?.ignored ?? [] };
    }
    const reading = await read();
    const { root, owner, commonName, ...judged } = await judgeOrder(options, order, reading, random);
    requireApproval(root, order);
    const madeKey = await makeKey?.();
    const request = madeKey?.request ?? judged.request;
    if (request === undefined) throw orderRefused(reading.problems);
    const record = prepareCertificate(order, root, request, {
      commonName,
      owner,
      serialNumber,
      now: now(),
    });

    if (owner.isNew && owner.email !== undefined) {
      await options.owners.register({ id: owner.id, email: owner.email }, order.requestedBy);
    }
    const row = { key: serialNumber, serialNumber };
    await Promise.all([
      // The record is made before the signature, so that no certificate can exist that nobody knows of.
      unfinished.add(unfinishedCertificate, serialNumber),
      // Found by key, owner and name from before it is there: whoever blocks one of them finds it, or it sees the
      // block.
      stores.byPublicKey.upsert({ ...row, group: request.publicKeyHash }),
      stores.byOwner.upsert({ ...row, group: owner.id }),
      // Likewise by root, for whoever removes that.
      stores.byRoot.upsert({ ...row, group: root.id }),
      ...nameGroups(commonName).map((group) => stores.byCommonName.upsert({ ...row, group })),
    ]);
    if (!(await stores.certificates.insert(record))) {
      throw new AppError('ERR_IN_PROGRESS', 'The same request is still running.', { retryAfterSeconds: 2 });
    }
    return {
      record: await requireReleased(await continueIssuing(record, root, madeKey)),
      root,
      ignored: request.ignored,
    };
  }

  /** What a later try may get past is not a refusal: the same order goes on then. */
  function tellRefusal({ rootId }: CertificateOrder, { code, problems, retryAfterSeconds }: AppError): void {
    if (retryAfterSeconds !== undefined) return;
    const [problem] = problems;
    log({ event: 'certificate.refused', outcome: 'refused', target: `roots/${rootId}`, code: problem?.code ?? code });
  }

  return {
    issue: async (order, random, makeKey) => {
      try {
        return await issue(order, random, makeKey);
      } catch (error: unknown) {
        if (error instanceof AppError) tellRefusal(order, error);
        throw error;
      }
    },

    complete: async (serialNumber) => {
      const record = (await stores.certificates.get(certificateKeys(serialNumber)))?.record;
      return record && finishIssuing(record, await rootOf(record));
    },
  };
}

/** The signing request of an order, if it has one that can be read. */
function requestOf(
  { csr }: CertificateOrder,
  { allowEllipticCurve = false }: Pick<CertificatesOptions, 'allowEllipticCurve'>,
): CertificateRequest | undefined {
  if (csr === undefined) return undefined;
  const reading = readCertificateRequest(csr, { allowEllipticCurve });
  return reading.ok ? reading.request : undefined;
}

/** Waits for both ends of a piece of work; the answer gives or throws what it came to. */
function settled<T>(work: Promise<T>): Promise<() => Promise<T>> {
  return work.then(
    () => () => work,
    () => () => work,
  );
}
