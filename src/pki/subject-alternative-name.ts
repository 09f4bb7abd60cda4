import { AsnConvert } from '@peculiar/asn1-schema';
import { GeneralName, SubjectAlternativeName } from '@peculiar/asn1-x509';

const mailbox = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?=.{1,255}$)[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/;
const hostName =
  /^(?=.{1,253}$)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/**
 * The subject alternative name that belongs to a common name: the same text, as an e-mail address where it is one (the
 * default `local.token@domain`), as a DNS name where it is a host name, and none for anything else.
 *
 * Azure's policy groups demand that a SAN equals the subject (azure-vpn A3), and an IKEv2 client takes its identity
 * from it (vpn-data-plane section 2), so the text is never anything but the CN. An address under dNSName, as
 * Microsoft's OpenSSL page would have it, is no DNS name by RFC 5280, and IKE could not send it as the FQDN it claims
 * to be.
 */
export function subjectAlternativeNameOf(commonName: string): SubjectAlternativeName | undefined {
  if (mailbox.test(commonName)) return new SubjectAlternativeName([new GeneralName({ rfc822Name: commonName })]);
  if (hostName.test(commonName)) return new SubjectAlternativeName([new GeneralName({ dNSName: commonName })]);
  return undefined;
}

/** The same as DER; undefined where the common name gets none. */
export function encodeSubjectAlternativeName(commonName: string): Uint8Array | undefined {
  const name = subjectAlternativeNameOf(commonName);
  return name === undefined ? undefined : new Uint8Array(AsnConvert.serialize(name));
}
