import type { Extension } from '@peculiar/asn1-x509';
import {
  AuthorityKeyIdentifier,
  BasicConstraints,
  ExtendedKeyUsage,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  SubjectKeyIdentifier,
} from '@peculiar/asn1-x509';
import type { SerialNumber } from '../domain/serial-number.ts';
import type { CertificateStructure } from './certificate-structure.ts';
import { readCertificateStructure } from './certificate-structure.ts';
import { isRsaKey } from './check-public-key.ts';
import { readDer } from './der.ts';
import { readKeyIdentifier } from './extensions.ts';
import { encodeName } from './name.ts';
import { oid } from './object-identifiers.ts';
import { subjectAlternativeNameOf } from './subject-alternative-name.ts';
import { encodeTbs, extension, keyIdentifierOf, toArrayBuffer } from './tbs-certificate.ts';

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

function clientExtensions(fields: ClientCertificateFields, root: CertificateStructure): readonly Extension[] {
  const key = toArrayBuffer(keyIdentifierOf(fields.subjectPublicKeyInfo));
  const issuerKey = new KeyIdentifier(toArrayBuffer(issuerKeyIdentifier(root)));
  const alternative = subjectAlternativeNameOf(fields.commonName);
  return [
    extension(oid.basicConstraints, true, new BasicConstraints({ cA: false })),
    extension(oid.keyUsage, true, new KeyUsage(clientKeyUsage(fields.subjectPublicKeyInfo))),
    extension(oid.extendedKeyUsage, false, new ExtendedKeyUsage([oid.clientAuth])),
    extension(oid.subjectKeyIdentifier, false, new SubjectKeyIdentifier(key)),
    extension(oid.authorityKeyIdentifier, false, new AuthorityKeyIdentifier({ keyIdentifier: issuerKey })),
    ...(alternative === undefined ? [] : [extension(oid.subjectAltName, false, alternative)]),
  ];
}

// keyEncipherment serves TLS 1.2 with RSA key exchange, which only an RSA key can do.
function clientKeyUsage(subjectPublicKeyInfo: Uint8Array): number {
  const reading = readDer(subjectPublicKeyInfo);
  const isRsa = reading.ok && isRsaKey(reading.value);
  return isRsa ? KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment : KeyUsageFlags.digitalSignature;
}

function readRoot(der: Uint8Array): CertificateStructure {
  const reading = readCertificateStructure(der);
  if (!reading.ok) throw new RangeError(`The root is not a usable certificate: ${reading.message}`);
  return reading.certificate;
}
