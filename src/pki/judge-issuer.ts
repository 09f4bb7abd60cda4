import { X509Certificate } from 'node:crypto';
import { readCertificateStructure } from './certificate-structure.ts';
import { readBasicConstraints, readExtendedKeyUsage } from './extensions.ts';
import { oid } from './object-identifiers.ts';
import type { PkiProblem } from './problem.ts';

/** Sizes that Key Vault keeps, and gateways document. */
const keyBits: readonly number[] = [2048, 3072, 4096];
const anyExtendedKeyUsage = '2.5.29.37.0';

/**
 * Why certificates under this authority would be refused by clients or gateways, or cannot be made here; nothing if it
 * can issue. `issuers` are the certificates above it, DER, the root last. Its names are looked at when one is issued.
 */
export function judgeIssuer(der: Uint8Array, issuers: readonly Uint8Array[]): readonly PkiProblem[] {
  return [...judgeKey(der), ...[der, ...issuers].flatMap((authority, below) => judgeAuthority(authority, below))];
}

function judgeKey(der: Uint8Array): readonly PkiProblem[] {
  const { publicKey } = new X509Certificate(der);
  if (publicKey.asymmetricKeyType !== 'rsa') return [notRsa];
  const bits = publicKey.asymmetricKeyDetails?.modulusLength ?? 0;
  return keyBits.includes(bits) ? [] : [oddSize(bits)];
}

/** What its own words forbid. `below` counts the authorities between this one and the certificates that are issued. */
export function judgeAuthority(der: Uint8Array, below: number): readonly PkiProblem[] {
  const reading = readCertificateStructure(der);
  if (!reading.ok) return [unreadable(reading.message)];
  const { extensions } = reading.certificate;
  const constraints = extensions.find(({ id }) => id === oid.basicConstraints)?.value;
  if (constraints === undefined) return [notCa];
  const { isCertificateAuthority, pathLength } = readBasicConstraints(constraints);
  const usage = extensions.find(({ id }) => id === oid.extendedKeyUsage)?.value;
  const purposes = usage === undefined ? [oid.clientAuth] : readExtendedKeyUsage(usage);
  const mayAuthenticate = purposes.includes(oid.clientAuth) || purposes.includes(anyExtendedKeyUsage);
  return [
    ...(isCertificateAuthority ? [] : [notCa]),
    ...(pathLength !== undefined && pathLength < below ? [tooDeep(pathLength, below)] : []),
    ...(mayAuthenticate ? [] : [otherPurpose]),
  ];
}

const anotherAuthority = 'Have the authority make a certificate for this purpose, or create a root here.';

const notRsa: PkiProblem = {
  code: 'keyType',
  message: 'Its key is not RSA. No document of Azure says that gateways take others.',
  fix: 'Send an authority with an RSA key of 2048, 3072 or 4096 bits.',
};

function oddSize(bits: number): PkiProblem {
  const message = `Its RSA key has ${bits} bits; those that issue here have 2048, 3072 or 4096.`;
  return { code: 'keySize', message, fix: 'Send an authority with an RSA key of one of these sizes.' };
}

function unreadable(why: string): PkiProblem {
  const message = `A certificate of the chain is not wholly in DER, so nothing that is issued under it could be checked: ${why}.`;
  return { code: 'encodingUnusual', message, fix: anotherAuthority };
}

const notCa: PkiProblem = {
  code: 'notAuthority',
  message: 'A certificate of the chain does not say CA:TRUE; clients would take nothing that is issued under it.',
  fix: anotherAuthority,
};

function tooDeep(pathLength: number, below: number): PkiProblem {
  const message = `An authority above it allows ${pathLength} authorities below itself (pathLenConstraint), and there are ${below}.`;
  return { code: 'pathTooLong', message, fix: anotherAuthority };
}

const otherPurpose: PkiProblem = {
  code: 'purposeNotPermitted',
  message: 'An authority of the chain names its purposes (extended key usage), and client authentication is not one.',
  fix: anotherAuthority,
};
