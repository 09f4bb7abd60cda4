import { createHash } from 'node:crypto';
import type { SerialNumber } from '../domain/serial-number.ts';
import { derTag, readDer, readOctetsOfBitString } from './der.ts';
import { encodeDer, encodeObjectIdentifier, encodeSequence, encodeTime } from './encode-der.ts';
import { oid } from './object-identifiers.ts';

/** The fields of a certificate to be signed. What is DER goes in byte for byte. */
export interface TbsFields {
  readonly serialNumber: SerialNumber;
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly subjectPublicKeyInfo: Uint8Array;
  /** Fractions of a second are cut off: RFC 5280 has none. */
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** As `encodeExtension` makes them. */
  readonly extensions: readonly Uint8Array[];
}

/** Tags of the version and the extensions of a TBSCertificate, both explicit. */
const tag = { version: 0xa0, extensions: 0xa3 } as const;
const version3 = encodeDer(tag.version, encodeDer(derTag.integer, Uint8Array.of(2)));

/** AlgorithmIdentifier of RSASSA-PKCS1-v1_5 with SHA-256. */
export const sha256WithRsa = encodeSequence(encodeObjectIdentifier(oid.sha256WithRsa), encodeDer(derTag.null));

/**
 * Encodes a v3 TBSCertificate to be signed with RSASSA-PKCS1-v1_5 and SHA-256. Throws RangeError for dates without an
 * encoding.
 */
export function encodeTbs(fields: TbsFields): Uint8Array {
  checkDates(fields);
  return encodeSequence(
    version3,
    encodeDer(derTag.integer, Buffer.from(fields.serialNumber, 'hex')),
    sha256WithRsa,
    fields.issuer,
    encodeSequence(encodeTime(fields.notBefore), encodeTime(fields.notAfter)),
    fields.subject,
    fields.subjectPublicKeyInfo,
    encodeDer(tag.extensions, encodeSequence(...fields.extensions)),
  );
}

/** An extension of this value, which is DER. "Not critical" is the default, and DER leaves defaults out. */
export function encodeExtension(id: string, isCritical: boolean, value: Uint8Array): Uint8Array {
  const criticality = isCritical ? [encodeDer(derTag.boolean, Uint8Array.of(0xff))] : [];
  return encodeSequence(encodeObjectIdentifier(id), ...criticality, encodeDer(derTag.octetString, value));
}

/**
 * SHA-1 of the key's bits (RFC 5280 section 4.2.1.2, method 1): what every tool expects to find. It is a name, not a
 * protection. Throws RangeError if the bytes are no SubjectPublicKeyInfo.
 */
export function keyIdentifierOf(subjectPublicKeyInfo: Uint8Array): Uint8Array {
  const reading = readDer(subjectPublicKeyInfo);
  const bits = reading.ok ? reading.value.children[1] : undefined;
  const key = bits === undefined ? undefined : readOctetsOfBitString(bits);
  if (key === undefined) throw new RangeError('The public key is not a SubjectPublicKeyInfo.');
  return new Uint8Array(createHash('sha1').update(key).digest());
}

function checkDates({ notBefore, notAfter }: TbsFields): void {
  for (const date of [notBefore, notAfter]) {
    const year = date.getUTCFullYear();
    // UTCTime begins in 1950, GeneralizedTime ends with 9999; NaN fails both comparisons.
    if (!(year >= 1950 && year <= 9999)) throw new RangeError('A date of the certificate has no X.509 form.');
  }
  if (notAfter.getTime() <= notBefore.getTime()) throw new RangeError('notAfter is not after notBefore.');
}
