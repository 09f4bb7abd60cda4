import type { SerialNumber } from '../domain/serial-number.ts';
import type { CertificateStructure } from './certificate-structure.ts';
import { readCertificateStructure } from './certificate-structure.ts';
import { isRsaKey } from './check-public-key.ts';
import { derTag, readDer } from './der.ts';
import { encodeBitString, encodeDer, encodeObjectIdentifier, encodeSequence } from './encode-der.ts';
import { readKeyIdentifier } from './extensions.ts';
import { encodeName } from './name.ts';
import { oid } from './object-identifiers.ts';
import { encodeSubjectAlternativeName } from './subject-alternative-name.ts';
import { encodeExtension, encodeTbs, keyIdentifierOf } from './tbs-certificate.ts';

export interface ClientCertificateFields {
  readonly root: { readonly certificateDer: Uint8Array };
  readonly commonName: string;
  /** DER, as readCertificateRequest returned it. */
  readonly subjectPublicKeyInfo: Uint8Array;
  readonly serialNumber: SerialNumber;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/**
 * Builds a client certificate up to its signature: `tbs` is DER, to be digested by digestForSigning and signed by the
 * root's key. The profile is closed: nothing that a requester sent gets in but the key. The issuer is the root's
 * subject byte for byte. Throws RangeError if the root or the key is not what it should be; whether the result may be
 * released is for lintClientTbs (before signing) and lintClientCertificate (after) to say.
 */
export function buildClientTbs(fields: ClientCertificateFields): { readonly tbs: Uint8Array } {
  const root = readRoot(fields.root.certificateDer);
  const tbs = encodeTbs({
    serialNumber: fields.serialNumber,
    issuer: root.subject.encoding,
    subject: encodeName({ commonName: fields.commonName }),
    subjectPublicKeyInfo: fields.subjectPublicKeyInfo,
    notBefore: fields.notBefore,
    notAfter: fields.notAfter,
    extensions: clientExtensions(fields, root),
  });
  return { tbs };
}

/** The identifier by which certificates name this issuer: its SKI, or by the same rule from its key if it has none. */
export function issuerKeyIdentifier(root: CertificateStructure): Uint8Array {
  const own = root.extensions.find(({ id }) => id === oid.subjectKeyIdentifier);
  return (
    (own === undefined ? undefined : readKeyIdentifier(own)) ?? keyIdentifierOf(root.subjectPublicKeyInfo.encoding)
  );
}

/** Of an authority key identifier: that of the key, not of the certificate. */
const keyIdentifierTag = 0x80;
/** cA is FALSE by default, so nothing is said. */
const isNoAuthority = encodeSequence();
/** digitalSignature; with keyEncipherment for TLS 1.2 with RSA key exchange, which only an RSA key can do. */
const keyUsage = { rsa: encodeBitString(Uint8Array.of(0xa0), 5), other: encodeBitString(Uint8Array.of(0x80), 7) };

function clientExtensions(fields: ClientCertificateFields, root: CertificateStructure): readonly Uint8Array[] {
  const usage = isOfRsa(fields.subjectPublicKeyInfo) ? keyUsage.rsa : keyUsage.other;
  const key = encodeDer(derTag.octetString, keyIdentifierOf(fields.subjectPublicKeyInfo));
  const issuerKey = encodeSequence(encodeDer(keyIdentifierTag, issuerKeyIdentifier(root)));
  const alternative = encodeSubjectAlternativeName(fields.commonName);
  return [
    encodeExtension(oid.basicConstraints, true, isNoAuthority),
    encodeExtension(oid.keyUsage, true, usage),
    encodeExtension(oid.extendedKeyUsage, false, encodeSequence(encodeObjectIdentifier(oid.clientAuth))),
    encodeExtension(oid.subjectKeyIdentifier, false, key),
    encodeExtension(oid.authorityKeyIdentifier, false, issuerKey),
    ...(alternative === undefined ? [] : [encodeExtension(oid.subjectAltName, false, alternative)]),
  ];
}

function isOfRsa(subjectPublicKeyInfo: Uint8Array): boolean {
  const reading = readDer(subjectPublicKeyInfo);
  return reading.ok && isRsaKey(reading.value);
}

function readRoot(der: Uint8Array): CertificateStructure {
  const reading = readCertificateStructure(der);
  if (!reading.ok) throw new RangeError(`The root is not a usable certificate: ${reading.message}`);
  return reading.certificate;
}
