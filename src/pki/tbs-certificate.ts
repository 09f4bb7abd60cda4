import { createHash } from 'node:crypto';
import { AsnAnyConverter, AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  Extension,
  Extensions,
  Name,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509';
import type { SerialNumber } from '../domain/serial-number.ts';
import { readDer, readOctetsOfBitString } from './der.ts';
import { oid } from './object-identifiers.ts';

/** The fields of a certificate to be signed; issuer, subject and key are DER and go in byte for byte. */
export interface TbsFields {
  readonly serialNumber: SerialNumber;
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly subjectPublicKeyInfo: Uint8Array;
  /** Fractions of a second are cut off: RFC 5280 has none. */
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly extensions: readonly Extension[];
}

/**
 * Encodes a v3 TBSCertificate to be signed with RSASSA-PKCS1-v1_5 and SHA-256. Throws RangeError for dates without an
 * encoding.
 */
export function encodeTbs(fields: TbsFields): Uint8Array {
  checkDates(fields);
  const tbs = new TBSCertificate({
    version: Version.v3,
    serialNumber: toArrayBuffer(Buffer.from(fields.serialNumber, 'hex')),
    signature: sha256WithRsa(),
    issuer: asEncoded(new Name(), fields.issuer),
    validity: new Validity({ notBefore: fields.notBefore, notAfter: fields.notAfter }),
    subject: asEncoded(new Name(), fields.subject),
    subjectPublicKeyInfo: asEncoded(new SubjectPublicKeyInfo(), fields.subjectPublicKeyInfo),
    extensions: new Extensions([...fields.extensions]),
  });
  return new Uint8Array(AsnConvert.serialize(tbs));
}

export function sha256WithRsa(): AlgorithmIdentifier {
  return new AlgorithmIdentifier({ algorithm: oid.sha256WithRsa, parameters: null });
}

/** Wraps an encoded extension value; `value` is an object of the X.509 library. */
export function extension(extnID: string, critical: boolean, value: object): Extension {
  return new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });
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

export function toArrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

/**
 * Makes the library write these bytes in place of its own encoding of `value`. A name that is decoded and encoded again
 * may change its string types, while chains are matched byte for byte; and signed bytes may not change at all.
 */
export function asEncoded<T extends object>(value: T, encoding: Uint8Array): T {
  const convertible = {
    toASN: () => AsnAnyConverter.toASN(toArrayBuffer(encoding)),
    fromASN: () => value,
  };
  return Object.assign(value, convertible);
}

function checkDates({ notBefore, notAfter }: TbsFields): void {
  for (const date of [notBefore, notAfter]) {
    const year = date.getUTCFullYear();
    // UTCTime begins in 1950, GeneralizedTime ends with 9999; NaN fails both comparisons.
    if (!(year >= 1950 && year <= 9999)) throw new RangeError('A date of the certificate has no X.509 form.');
  }
  if (notAfter.getTime() <= notBefore.getTime()) throw new RangeError('notAfter is not after notBefore.');
}
