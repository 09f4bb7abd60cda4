import { encodeDer, encodeSequence } from './encode-der.ts';

const mailbox = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?=.{1,255}$)[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/;
const hostName =
  /^(?=.{1,253}$)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/** Of a GeneralName (RFC 5280 section 4.2.1.6). */
const tag = { rfc822Name: 0x81, dnsName: 0x82 } as const;

/**
 * The subject alternative name that belongs to a common name: the same text, as an e-mail address where it is one (the
 * default `local.token@domain`), as a DNS name where it is a host name, and none for anything else. As DER.
 *
 * Azure's policy groups demand that a SAN equals the subject (azure-vpn A3), and an IKEv2 client takes its identity
 * from it (vpn-data-plane section 2), so the text is never anything but the CN. An address under dNSName, as
 * Microsoft's OpenSSL page would have it, is no DNS name by RFC 5280, and IKE could not send it as the FQDN it claims
 * to be.
 */
export function encodeSubjectAlternativeName(commonName: string): Uint8Array | undefined {
  if (mailbox.test(commonName)) return encodeSequence(encodeDer(tag.rfc822Name, Buffer.from(commonName, 'latin1')));
  if (hostName.test(commonName)) return encodeSequence(encodeDer(tag.dnsName, Buffer.from(commonName, 'latin1')));
  return undefined;
}
