import type { CertificateRequest } from '../../pki/read-certificate-request.ts';
import type { Approval } from './approval.ts';
import type { StandingOrder } from './standing-order.ts';

/**
 * What is asked for, in words for whoever decides it: all that the certificate would be, and nothing that it would not.
 */
export function orderQuestionOf(
  order: StandingOrder,
  { owner, commonName, validityDays }: Omit<Approval, 'operationId'>,
  keyDescription: CertificateRequest['keyDescription'] | undefined,
): string {
  const { requestedBy, rootId } = order;
  const address = owner.email === undefined ? '' : ` (${quoted(owner.email)})`;
  return [
    `${requestedBy} asks for a certificate of owner ${owner.id}${address} under root ${rootId}`,
    `, with the name ${quoted(commonName)}, valid for ${days(validityDays)} or until the root ends, for ${keyOf(order, keyDescription)}.`,
    kitsOf(order),
    sharingOf(order),
    renewalOf(order),
  ].join('');
}

/**
 * Text of others as one piece that cannot be taken for words of the question: what ends a quotation, changes the
 * direction of writing or is not seen is written as its code, and letters that run from right to left stay within.
 */
function quoted(text: string): string {
  const plain = text.replaceAll(/["\\\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu, escaped);
  return /^[\x20-\x7e]*$/.test(plain) ? `"${plain}"` : `\u2068"${plain}"\u2069`;
}

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

function days(count: number): string {
  return count === 1 ? '1 day' : `${count} days`;
}

function keyOf(
  { keyType = 'RSA-2048', encryption = 'modern', requestedBy }: StandingOrder,
  sent: CertificateRequest['keyDescription'] | undefined,
): string {
  if (sent?.type === 'rsa') return `the RSA-${sent.bits} key of a signing request`;
  if (sent !== undefined) return `the ${sent.curve} key of a signing request`;
  const file = encryption === 'legacy' ? 'a .pfx file in the legacy form' : 'a .pfx file';
  return `an ${keyType} key that is made here when ${requestedBy} collects it in ${file}`;
}

function kitsOf({ deliver = [] }: StandingOrder): string {
  if (deliver.length === 0) return '';
  const kits = deliver
    .map(({ gatewayId, platform, probe }) => {
      const check = probe === undefined ? '' : ` (its check connects to ${quoted(probe.address)}, port ${probe.port})`;
      return `${gatewayId}/${platform}${check}`;
    })
    .join(', ');
  return ` With it come kits that hold the key: ${kits}.`;
}

function sharingOf({ allowSharedName }: StandingOrder): string {
  if (allowSharedName !== true) return '';
  return ' It may share its name with another live certificate: their sessions could not be told apart then.';
}

function renewalOf({ renews }: StandingOrder): string {
  if (renews === undefined) return '';
  const { thumbprint, graceDays } = renews;
  const end = graceDays === 0 ? 'at once' : `${days(graceDays)} later, or as soon as the new one is in use`;
  return ` It comes in the place of ${thumbprint}, which is revoked ${end}.`;
}
