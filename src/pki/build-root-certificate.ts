import type { SubjectName } from '../domain/distinguished-name.ts';
import type { SerialNumber } from '../domain/serial-number.ts';
import { derTag } from './der.ts';
import { encodeBitString, encodeDer, encodeSequence } from './encode-der.ts';
import { encodeName } from './name.ts';
import { oid } from './object-identifiers.ts';
import { encodeExtension, encodeTbs, keyIdentifierOf } from './tbs-certificate.ts';

export interface RootCertificateFields {
  readonly subject: SubjectName;
  /** DER SubjectPublicKeyInfo of the root's key. */
  readonly publicKeySpki: Uint8Array;
  readonly serialNumber: SerialNumber;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** cA is TRUE, and the path length 0. */
const isAuthorityOfClients = encodeSequence(
  encodeDer(derTag.boolean, Uint8Array.of(0xff)),
  encodeDer(derTag.integer, Uint8Array.of(0)),
);
const keyCertSign = encodeBitString(Uint8Array.of(0x04), 2);

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
  const keyIdentifier = encodeDer(derTag.octetString, keyIdentifierOf(fields.publicKeySpki));
  const tbs = encodeTbs({
    serialNumber: fields.serialNumber,
    issuer: name,
    subject: name,
    subjectPublicKeyInfo: fields.publicKeySpki,
    notBefore: fields.notBefore,
    notAfter: fields.notAfter,
    extensions: [
      encodeExtension(oid.basicConstraints, true, isAuthorityOfClients),
      encodeExtension(oid.keyUsage, true, keyCertSign),
      encodeExtension(oid.subjectKeyIdentifier, false, keyIdentifier),
    ],
  });
  return { tbs };
}
