import type { Finding } from '../../domain/finding.ts';
import type { ClientJudgement, PathAuthority } from '../../pki/judge-client.ts';
import type { RootRecord } from '../../stores/records/certificates.ts';
import type { ForeignEntry, GatewayRoot } from '../../stores/records/gateways.ts';

export interface TrustOfGateway {
  readonly gatewayId: string;
  /** Every root and intermediate that is known here. */
  readonly roots: readonly RootRecord[];
  /** What Gatehouse wants on the gateway. */
  readonly entries: readonly GatewayRoot[];
  /** What others have put there. */
  readonly foreign: readonly ForeignEntry[];
  readonly now: Date;
}

/** Whether what a certificate leads to is what a gateway trusts. */
export function judgeTrust(judgement: ClientJudgement, trust: TrustOfGateway): readonly Finding[] {
  return [
    ...judgement.authorities.filter(({ notAfter }) => notAfter <= trust.now).map(expiredAuthority),
    ...judgeRoot(judgement, trust),
    ...judgement.authorities.filter((one) => isLeftOut(one, trust)).map(leftOut),
  ];
}

function judgeRoot(
  { authorities, missingIssuer }: ClientJudgement,
  { gatewayId, roots, entries, foreign }: TrustOfGateway,
): readonly Finding[] {
  const isOnPath = ({ thumbprint }: { readonly thumbprint?: string | undefined }): boolean =>
    authorities.some((authority) => authority.thumbprint === thumbprint);
  const known = roots.filter(isOnPath);
  const theirs = foreign.filter(({ kind }) => kind === 'root');
  // Of the name and key of one on the path, where it is not that certificate.
  const isCopied = ({ rootId }: ForeignEntry): boolean => known.some(({ id }) => id === rootId);
  const entry = entries.find(isOnPath);
  const isLeavingLater = entry?.state === 'deferred' && !entry.wanted;
  if (entry?.state === 'trusted' || isLeavingLater || theirs.some((one) => isOnPath(one) || isCopied(one))) return [];
  if (entry !== undefined) return [notYetTrusted(gatewayId, entry)];
  if (missingIssuer !== undefined) {
    const namesake = theirs.find(({ subject }) => subject === missingIssuer);
    return [namesake === undefined ? unknownIssuer(missingIssuer) : unseenIssuer(missingIssuer)];
  }
  const [top] = authorities.slice(-1);
  const message =
    top === undefined
      ? 'The certificate is its own issuer, and gateway ' + gatewayId + ' does not trust it.'
      : `The certificate leads to "${top.subject}" (${top.thumbprint}), which gateway ${gatewayId} does not trust.`;
  const fix =
    known[0] === undefined
      ? `Bring its root in with POST /api/roots and have the gateway trust it, or issue another certificate under a root that the gateway trusts.`
      : `PUT /api/gateways/${gatewayId}/roots/${known[0].id}, or issue another certificate under a root that the gateway trusts.`;
  return [{ code: 'rootNotTrusted', message, fix }];
}

function notYetTrusted(gatewayId: string, { rootId, state, reason }: GatewayRoot): Finding {
  const message = `Root ${rootId} is to be trusted by gateway ${gatewayId} and is not yet (${state}).${reason === undefined ? '' : ` ${reason}`}`;
  return { code: 'rootNotTrusted', message, fix: `GET /api/gateways/${gatewayId}/roots says how far it is.` };
}

function unknownIssuer(issuer: string): Finding {
  return {
    code: 'chainUnknown',
    message: `Its issuer "${issuer}" is neither known here nor among what was sent.`,
    fix: 'Send the certificate with its whole chain. If the authority is to be trusted, bring it in with POST /api/roots.',
  };
}

function unseenIssuer(issuer: string): Finding {
  return {
    code: 'notLookedAt',
    message: `The gateway trusts a root called "${issuer}" that others have put there; whether it signed the certificate cannot be seen here.`,
    fix: 'Send the certificate with its whole chain.',
  };
}

function expiredAuthority({ subject, notAfter }: PathAuthority): Finding {
  return {
    code: 'certificateExpired',
    message: `Its authority "${subject}" expired on ${notAfter.toISOString()}.`,
    fix: 'Issue another certificate under an authority that is valid.',
  };
}

/** An intermediate that the client does not have with its certificate, and the gateway does not have either. */
function isLeftOut({ isRoot, wasSent, thumbprint }: PathAuthority, { entries, foreign }: TrustOfGateway): boolean {
  if (isRoot || wasSent) return false;
  const isThere = (entry: { readonly thumbprint?: string | undefined }): boolean => entry.thumbprint === thumbprint;
  return !entries.some(isThere) && !foreign.some(isThere);
}

function leftOut({ subject }: PathAuthority): Finding {
  return {
    code: 'chainIncomplete',
    message: `Between the certificate and its root is "${subject}", which was not sent with it and is not on the gateway.`,
    fix: 'Put the whole chain into the .pfx, or have the gateway trust the intermediate as well, which some clients need.',
  };
}
