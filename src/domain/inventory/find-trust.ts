import { entryLimits } from '../entry-limits.ts';
import { sources } from '../preflight/sources.ts';
import type { GatewayFacts, TrustedCertificate } from './gateway-facts.ts';
import type { InventoryFinding } from './inventory-finding.ts';

/** A root that ends sooner is a finding: clients have to be issued anew under another one before. */
const expiringDays = 90;
const dayMs = 24 * 3600 * 1000;
/** From this share of a limit on there is little room for what comes. */
const nearLimitShare = 0.8;

/** What is wrong, or soon will be, with the certificates that a gateway trusts and refuses. */
export function findTrust({ pointToSite }: GatewayFacts, now: Date): readonly InventoryFinding[] {
  if (pointToSite === undefined) return [];
  const { roots, revocations, unreadableRevocations } = pointToSite;
  return [
    ...roots.flatMap((root) => trusted(root, now)),
    ...slots('rootsNearLimit', roots.length, entryLimits.root, {
      what: 'trusted certificates, intermediates included,',
      plan: 'Take off roots that have expired or whose certificates nobody uses.',
    }),
    ...slots('revocationsNearLimit', revocations.length + unreadableRevocations, entryLimits.revocation, {
      what: 'revocations',
      plan: 'Take off revocations of certificates that have expired, or whose root the gateway no longer trusts; or replace the root, so that the list begins anew.',
    }),
  ];
}

function trusted(certificate: TrustedCertificate, now: Date): readonly InventoryFinding[] {
  const { name, role, notAfter, subject } = certificate;
  const what = `${role === 'intermediate' ? 'Intermediate' : 'Root'} "${name}"${subject === undefined ? '' : ` (${subject})`}`;
  const source = sources.troubleshooting;
  if (notAfter === undefined) {
    const message = `Root "${name}" is no certificate that can be read: whom it lets in, and until when, is not known.`;
    const plan = 'Find out who has put it there. If nobody needs it, take it off: it takes a place.';
    return [{ code: 'rootUnreadable', severity: 'warning', message, plan, source }];
  }
  const date = notAfter.slice(0, 10);
  const leftMs = Date.parse(notAfter) - now.getTime();
  if (leftMs <= 0) {
    const message = `${what} expired on ${date}: its certificates do not connect, and Azure may refuse every change of the gateway while it is there.`;
    const plan = 'Take it off with the next change, and give whoever still needs access a certificate of another root.';
    return [{ code: 'rootExpired', severity: 'error', date, message, plan, source }];
  }
  if (leftMs > expiringDays * dayMs) return [];
  const message = `${what} expires on ${date}: from then on its certificates do not connect, whatever their own end.`;
  const plan = 'Add a new root beside it, issue the certificates anew under that one, and take the old one off.';
  return [{ code: 'rootExpiring', severity: 'warning', date, message, plan, source }];
}

function slots(
  code: 'rootsNearLimit' | 'revocationsNearLimit',
  used: number,
  limit: number,
  { what, plan }: { readonly what: string; readonly plan: string },
): readonly InventoryFinding[] {
  if (used < limit * nearLimitShare) return [];
  const isFull = used >= limit;
  const message = `${used} of ${limit} ${what} are on the gateway${isFull ? ': no other fits' : ''}.`;
  return [{ code, severity: isFull ? 'error' : 'warning', message, plan, source: sources.networkLimits }];
}
