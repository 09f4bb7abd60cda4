import type { Problem } from '../../domain/app-error.ts';
import type { Role } from '../../domain/caller.ts';
import { dayMs } from '../../domain/days.ts';
import { isProblemCode } from '../../domain/problem-codes.ts';
import type { SerialNumber } from '../../domain/serial-number.ts';
import { buildClientTbs } from '../../pki/build-client-certificate.ts';
import { createSerialNumber } from '../../pki/create-serial-number.ts';
import { lintClientTbs } from '../../pki/lint-certificate.ts';
import { findNameConstraint } from '../../pki/name-constraints.ts';
import type { CertificateRequest } from '../../pki/read-certificate-request.ts';
import type { CertificateRecord } from '../../stores/records/certificates.ts';
import { contactsOf } from '../../stores/records/owners.ts';
import type { GivenApproval } from './approval.ts';
import { type OrderOwner, orderRefused } from './check-order.ts';
import type { SigningRoot } from './issuer-chain.ts';

/** Bytes of one request: the same again for the same label when it is repeated. */
export type RequestRandom = (label: string, length: number) => Uint8Array;

/** The serial number of the certificate that a request is for, the same whenever it is repeated. */
export function serialNumberOf(random: RequestRandom): SerialNumber {
  return createSerialNumber((length, draw) => random(`serial-${draw}`, length));
}

/** The same request's randomness after a serial number that turned out to be another's. */
export function drawnAgain(random: RequestRandom): RequestRandom {
  return (label, length) => random(`again/${label}`, length);
}

/**
 * Whether the record that has a request's serial number is what an earlier run of it began, and not another's that
 * drew the same number. `request` is what was read of the order's signing request, if it has one.
 */
export function isRepeatOf(
  record: CertificateRecord,
  { rootId, requestedBy, csr }: Pick<CertificateOrder, 'rootId' | 'requestedBy' | 'csr'>,
  request?: Pick<CertificateRequest, 'publicKeyHash'>,
): boolean {
  return (
    record.rootId === rootId &&
    record.requestedBy === requestedBy &&
    (record.isKeyMadeHere === true) === (csr === undefined) &&
    (request === undefined || record.publicKeyHash === request.publicKeyHash)
  );
}

export interface CertificateOrder {
  readonly rootId: string;
  /** Owner id, or an e-mail address: then the owner is registered under the address's slug. */
  readonly owner: string;
  /** Absent where the key is made here. */
  readonly csr?: string | undefined;
  readonly validityDays?: number | undefined;
  readonly commonName?: string | undefined;
  /** Lets the name be that of another live certificate, whose sessions can then no longer be told from this one's. */
  readonly allowSharedName?: boolean | undefined;
  /** Kits that are made with the key, by the names of their downloads. */
  readonly kits?: readonly string[];
  /** The certificate whose place it is to take. */
  readonly renews?: CertificateRecord['renews'];
  readonly requestedBy: string;
  /** Of whoever asked; a policy that counts roles lets nobody ask whose role is not said. */
  readonly role?: Role | undefined;
  /** Of a key that is made here. */
  readonly keyType?: string | undefined;
  /** What people have approved. */
  readonly approval?: GivenApproval | undefined;
}

const backdateMs = 5 * 60 * 1000;
const usualValidityDays = 365;

/** The record of a certificate with the bytes that are to be signed. Throws where the lint finds a fault in them. */
export function prepareCertificate(
  order: CertificateOrder,
  root: SigningRoot,
  request: CertificateRequest,
  named: {
    readonly commonName: string;
    readonly owner: Pick<OrderOwner, 'id' | 'email' | 'principal'>;
    readonly serialNumber: SerialNumber;
    readonly now: Date;
  },
): CertificateRecord {
  const begun = Math.floor(named.now.getTime() / 1000) * 1000;
  const notAfter = new Date(begun + daysOf(order, root) * dayMs);
  const isBeyondRoot = notAfter.getTime() > Date.parse(root.notAfter);
  const fields = {
    commonName: named.commonName,
    subjectPublicKeyInfo: request.subjectPublicKeyInfo,
    serialNumber: named.serialNumber,
    // No earlier than its root: what was made elsewhere may be minutes old.
    notBefore: new Date(Math.max(begun - backdateMs, Date.parse(root.notBefore))),
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
    owner: named.owner.id,
    ownerContacts: [...contactsOf(named.owner)],
    commonName: named.commonName,
    publicKeyHash: request.publicKeyHash,
    notBefore: fields.notBefore.toISOString(),
    notAfter: fields.notAfter.toISOString(),
    tbs: Buffer.from(tbs).toString('base64'),
    state: 'issuing',
    ...(order.csr === undefined ? { isKeyMadeHere: true } : {}),
    ...(order.allowSharedName === true ? { allowSharedName: true } : {}),
    ...(order.renews === undefined ? {} : { renews: order.renews }),
    ...(order.kits === undefined ? {} : { kits: [...order.kits] }),
    requestedBy: order.requestedBy,
    ...(order.approval === undefined ? {} : { approval: approvalOf(order.approval) }),
    createdAt: named.now.toISOString(),
  };
}

/**
 * How long a certificate is to be valid, unless what is above it ends sooner. Where the order does not say it is as the
 * policy has it now, and no longer than was approved.
 */
export function daysOf({ validityDays, approval }: CertificateOrder, { policy }: SigningRoot): number {
  const usual = Math.min(usualValidityDays, policy?.validityDaysMax ?? usualValidityDays);
  return validityDays ?? Math.min(usual, approval?.validityDays ?? usual);
}

function approvalOf({ operationId, approvedBy }: GivenApproval): NonNullable<CertificateRecord['approval']> {
  return { operationId, approvedBy };
}

/** Throws where an authority above does not permit the name: clients would refuse the certificate. */
export function requireNamePermitted(commonName: string, order: CertificateOrder, { chain }: SigningRoot): void {
  const problems = chain.flatMap((issuer): readonly Problem[] => {
    const why = findNameConstraint(Buffer.from(issuer, 'base64'), commonName);
    if (why === undefined) return [];
    const message = `An authority above ${commonName} has name constraints. ${why}`;
    const path = order.commonName === undefined ? '/owner' : '/commonName';
    return [
      { path, code: 'nameNotPermitted', message, fix: 'Send a commonName that is permitted, or another rootId.' },
    ];
  });
  if (problems.length > 0) throw orderRefused(problems);
}

/** A fault of the name belongs to the field that the name was made of; every other one to the key that was sent. */
function pathOfFault(code: string, order: CertificateOrder): string {
  if (!code.startsWith('name') && code !== 'subjectIsIssuer') return order.csr === undefined ? '/key' : '/csr';
  return order.commonName === undefined ? '/owner' : '/commonName';
}
