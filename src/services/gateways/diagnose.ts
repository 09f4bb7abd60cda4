import { AppError, invalidField } from '../../domain/app-error.ts';
import { judgeAddresses } from '../../domain/client-addresses.ts';
import { explainClientError } from '../../domain/client-errors.ts';
import type { Finding } from '../../domain/finding.ts';
import { judgeClient } from '../../pki/judge-client.ts';
import { rootPartition, type RootRecord } from '../../stores/records/certificates.ts';
import {
  type ForeignEntry,
  gatewayKeys,
  type GatewayRecord,
  type GatewayRevocation,
  type GatewayRoot,
  type ProfileRecord,
} from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import type { CertificateLookup } from '../certificates/certificate-lookup.ts';
import { judgeTrust } from './judge-trust.ts';

export interface Symptoms {
  /** Number or words of an error, as the client has it. */
  readonly errorCode?: string | undefined;
  /** IPv4 addresses of the client, with the prefix length where it is known (`10.1.7.7/24`). */
  readonly addresses?: readonly string[] | undefined;
  /** As people have it: PEM, base64, a `.p7b`; alone or with its chain. */
  readonly certificate?: string | undefined;
  /** Of the profile that the client's kit was made from, or how it begins. */
  readonly profileHash?: string | undefined;
}

/**
 * Why somebody does not get in through a gateway, as far as Gatehouse knows. Nothing is written, and Azure is not
 * asked.
 */
export type Diagnose = (gatewayId: string, symptoms: Symptoms) => Promise<readonly Finding[]>;

export function createDiagnose({
  stores,
  lookup,
  now,
}: {
  readonly stores: Stores;
  readonly lookup: Pick<CertificateLookup, 'byThumbprint'>;
  readonly now: () => Date;
}): Diagnose {
  async function diagnoseCertificate(gatewayId: string, text: string): Promise<readonly Finding[]> {
    const roots = (await stores.roots.list(rootPartition)).map(({ record }) => record);
    const known = roots.flatMap(({ certificate }) => (certificate === undefined ? [] : [fromBase64(certificate)]));
    const entries = (await stores.gatewayRoots.list(gatewayId))
      .map(({ record }) => record)
      .filter(({ wanted, state }) => wanted || state === 'deferred');
    const foreign = (await stores.foreignEntries.list(gatewayId)).map(({ record }) => record);
    const trusted = trustedThumbprints(roots, entries, foreign);
    const judging = judgeClient(text, known, now(), (thumbprint) => trusted.has(thumbprint));
    if (!judging.ok) {
      const { code, message, fix } = judging.problem;
      throw invalidField('/certificate', code, message, fix);
    }
    const { judgement } = judging;
    const trust = {
      gatewayId,
      roots,
      entries,
      foreign,
      now: now(),
    };
    const { thumbprint } = judgement;
    const revocation = (await stores.gatewayRevocations.get({ partitionKey: gatewayId, rowKey: thumbprint }))?.record;
    const isRevoked =
      revocation?.wanted === true ||
      (await lookup.byThumbprint(thumbprint))?.state === 'revoked' ||
      trust.foreign.some((entry) => entry.kind === 'revocation' && entry.thumbprint === thumbprint);
    const isStillListed = revocation?.wanted === false && revocation.state !== 'removed';
    const revoked = isRevoked ? [revokedFinding(thumbprint)] : isStillListed ? [stillListedFinding(revocation)] : [];
    return [...judgement.problems, ...revoked, ...judgeTrust(judgement, trust)];
  }

  return async (gatewayId, { errorCode, addresses, certificate, profileHash }) => {
    const gateway = (await stores.gateways.get(gatewayKeys(gatewayId)))?.record;
    if (gateway === undefined) throw new AppError('ERR_NOT_FOUND', `Gateway ${gatewayId} does not exist.`);
    const profile = (await stores.profiles.get({ partitionKey: gatewayId, rowKey: 'newest' }))?.record;
    return [
      ...judgeGateway(gateway),
      ...judgeProfile(gateway, profile, profileHash),
      ...(errorCode === undefined ? [] : [explainClientError(errorCode)]),
      ...(addresses === undefined ? [] : judgeAddresses(addresses, networksOf(gateway, profile))),
      ...(certificate === undefined ? [] : await diagnoseCertificate(gatewayId, certificate)),
    ];
  };
}

/** Of what is on the gateway or wanted there, and of the roots here whose name and key an entry of others has. */
function trustedThumbprints(
  roots: readonly RootRecord[],
  entries: readonly GatewayRoot[],
  foreign: readonly ForeignEntry[],
): ReadonlySet<string | undefined> {
  const copied = foreign.map(({ rootId }) => rootId);
  return new Set([
    ...[...entries, ...foreign.filter(({ kind }) => kind === 'root')].map(({ thumbprint }) => thumbprint),
    ...roots.filter(({ id }) => copied.includes(id)).map(({ thumbprint }) => thumbprint),
  ]);
}

function judgeGateway({ id, state, plan, writeFailure }: GatewayRecord): readonly Finding[] {
  const findings: Finding[] = [];
  if (state !== 'ready') {
    const message = `Gateway ${id} is ${state}: nobody can connect to it.`;
    findings.push({ code: 'gatewayNotReady', message, fix: `GET /api/gateways/${id} says more.` });
  }
  if (!plan.authentication.includes('Certificate')) {
    const message = `Gateway ${id} lets people in by ${plan.authentication.join(' and ')}, and not by certificate.`;
    findings.push({
      code: 'authenticationWithoutCertificate',
      message,
      fix: 'Sign in in that way, or build it with Certificate.',
    });
  }
  if (plan.sku === 'Basic') {
    const message = 'The SKU of the gateway is Basic, which serves neither Macs nor OpenVPN.';
    findings.push({
      code: 'skuBasicUnfit',
      message,
      fix: 'Build the gateway anew with VpnGw1AZ or higher; Basic cannot be resized.',
    });
  }
  if (writeFailure !== undefined) {
    const message = `What was changed last is not in force on the gateway: ${writeFailure.message}`;
    findings.push({ code: writeFailure.code, message, fix: `It is tried again at ${writeFailure.nextTryAt}.` });
  }
  return findings;
}

function judgeProfile(
  { id, profileWanted, profileMade }: GatewayRecord,
  profile: ProfileRecord | undefined,
  profileHash: string | undefined,
): readonly Finding[] {
  if (profile === undefined) {
    const message = 'Azure has made no profile package for the gateway yet, so no kit is of its settings.';
    const fix = `POST /api/gateways/${id}/profile makes one; make kits from it then, and install them.`;
    return [{ code: 'packageOutdated', message, fix }];
  }
  if (profileHash !== undefined && !profile.hash.startsWith(profileHash.toLowerCase())) {
    const message = `The kit was made from another profile than the gateway has since ${profile.madeAt}.`;
    return [{ code: 'packageOutdated', message, fix: 'Make a new kit, and install it.' }];
  }
  // Counted up when the gateway or its network changes in what a package is made from, such as the DNS servers.
  if (profileWanted !== profileMade) {
    const message = `The package of ${profile.madeAt} is older than a change of the gateway or of its network, such as of its DNS servers.`;
    return [
      {
        code: 'packageOutdated',
        message,
        fix: 'Azure is asked for another. Make kits from it then, and install them.',
      },
    ];
  }
  return [];
}

/** Prefixes behind the gateway and of its pool, as far as they are known here. */
function networksOf(
  { plan: { virtualNetwork, clientAddressPool } }: GatewayRecord,
  profile: ProfileRecord | undefined,
): { readonly pool: readonly string[]; readonly behind: readonly string[] | undefined } {
  const planned = virtualNetwork.kind === 'new' ? virtualNetwork.addressSpace : [];
  const behind = [...planned, ...(profile?.routes ?? [])];
  return { pool: clientAddressPool, behind: behind.length === 0 ? undefined : behind };
}

function revokedFinding(thumbprint: string): Finding {
  const message = `Certificate ${thumbprint} is revoked.`;
  const fix = `Issue another one; or, if it was revoked by mistake and its key is not reported as lost or compromised, take it back: POST /api/certificates/${thumbprint}/reinstate.`;
  return { code: 'certificateRevoked', message, fix };
}

function stillListedFinding({ gatewayId, thumbprint, reason = '' }: GatewayRevocation): Finding {
  const message = `The revocation of certificate ${thumbprint} was taken back, and is still on gateway ${gatewayId}. ${reason}`;
  const fix = `GET /api/gateways/${gatewayId}/revocations says how far that is.`;
  return { code: 'certificateRevoked', message: message.trim(), fix };
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'base64'));
}
