import { BasicConstraints, KeyUsage, KeyUsageFlags, SubjectKeyIdentifier } from '@peculiar/asn1-x509';
import type { SubjectName } from '../domain/distinguished-name.ts';
import type { SerialNumber } from '../domain/serial-number.ts';
import { encodeName } from './name.ts';
import { oid } from './object-identifiers.ts';
import { encodeTbs, extension, keyIdentifierOf, toArrayBuffer } from './tbs-certificate.ts';

export interface RootCertificateFields {
  readonly subject: SubjectName;
  /** DER SubjectPublicKeyInfo of the root's key. */
  readonly publicKeySpki: Uint8Array;
  readonly serialNumber: SerialNumber;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/**
 * Builds a self-signed root up to its signature: `tbs` is DER, to be digested by digestForSigning and signed by the
 * root's key.
 *
 * Key usage is keyCertSign alone, as in Microsoft's own parameters for a point-to-site root (azure-vpn A4). cRLSign is
 * left out on purpose: the gateway knows revocation by its thumbprint list only, no CRL is published, and a right that
 * nobody uses is a right that somebody may misuse. Path length 0: the root signs clients, never another authority.
 */
export function buildRootTbs(fields: RootCertificateFields): { readonly tbs: Uint8Array } {
  const name = encodeName(fields.subject);
  const keyIdentifier = new SubjectKeyIdentifier(toArrayBuffer(keyIdentifierOf(fields.publicKeySpki)));
  const tbs = encodeTbs({
    serialNumber: fields.serialNumber,
    issuer: name,
    subject: name,
    subjectPublicKeyInfo: fields.publicKeySpki,
    notBefore: fields.notBefore,
    notAfter: fields.notAfter,
    extensions: [
      extension(oid.basicConstraints, true, new BasicConstraints({ cA: true, pathLenConstraint: 0 })),
      extension(oid.keyUsage, true, new KeyUsage(KeyUsageFlags.keyCertSign)),
      extension(oid.subjectKeyIdentifier, false, keyIdentifier),
    ],
  });
  return { tbs };
}
