import { dayMs } from '../../domain/days.ts';
import {
  isPlaceProven,
  isPlaceToProve,
  lateDays,
  type LeaverStatement,
  type StatedCertificate,
  type StatedPlace,
  statementLimits,
} from '../../domain/leaver-statement.ts';
import { mapInGroups } from '../../stores/map-in-groups.ts';
import { type CertificateRecord, rootPartition } from '../../stores/records/certificates.ts';
import type { GatewayRevocation } from '../../stores/records/gateways.ts';
import type { OwnerRecord } from '../../stores/records/owners.ts';
import type { Stores } from '../../stores/stores.ts';
import { admittersOf } from '../certificates/admitting-roots.ts';
import type { CertificateLookup } from '../certificates/certificate-lookup.ts';
import type { Owners } from '../certificates/owners.ts';
import { gatewayIdsOf } from '../certificates/root-gateways.ts';
import type { OperationRecord } from '../operations/operation-record.ts';
import { isExpired } from './desired-entries.ts';
import { gatewaysOfRoot } from './refusing-gateways.ts';

export interface StatementOptions {
  readonly stores: Stores;
  readonly lookup: Pick<CertificateLookup, 'list'>;
  readonly owners: Pick<Owners, 'get' | 'departedWith'>;
  readonly now: () => Date;
}

export interface StatementReading {
  readonly statement: LeaverStatement;
  /** Places of certificates on gateways, and how many of them are proven. */
  readonly places: number;
  readonly proven: number;
  /** The first place of which there is still something to wait for. */
  readonly open: (StatedPlace & { readonly thumbprint: string }) | undefined;
}

const pageSize = 100;
/**
 * Characters of what is listed: the record of an operation, one row, takes 1 MiB in two bytes for each, and holds other
 * things.
 */
const listedCharactersMax = 300_000;

/** A place with whether waiting may still change what is said of it. */
type Judged = StatedPlace & { readonly isOpen: boolean };

/** What there is of a person now: read anew each time, from the records that the gateways' writers keep. */
export async function readStatement(
  options: StatementOptions,
  operation: OperationRecord,
  reason: string,
): Promise<StatementReading> {
  const { stores, now } = options;
  const [owner, ...others] = await ownersOf(options, operation);
  const certificates = await certificatesOf(options, [owner, ...others]);
  const given = certificates.filter(({ thumbprint }) => thumbprint !== undefined);
  const isAlive = (certificate: CertificateRecord): boolean =>
    certificate.state === 'revoked' || !isExpired(certificate, now());
  const alive = given.filter(isAlive);
  const judged = await mapInGroups(alive, 16, async (certificate) => ({
    certificate,
    places: await placesOf(stores, certificate, now()),
  }));
  const stated = judged
    .map(({ certificate, places }) => stateOf(certificate, places))
    .toSorted((a, b) => Number(isOut(a)) - Number(isOut(b)));
  const listed = stated.slice(0, countThatFits(stated));
  const further = stated.slice(listed.length);
  const all = judged.flatMap(({ certificate, places }) =>
    places.map((place) => ({ ...place, thumbprint: certificate.thumbprint ?? '' })),
  );
  return {
    statement: {
      owner: operation.target,
      ...(owner.email === undefined ? {} : { email: owner.email }),
      ...(others.length === 0 ? {} : { alsoOwners: others.map(({ id }) => id) }),
      reason,
      requestedBy: operation.requestedBy,
      requestedAt: operation.createdAt,
      issuingStoppedAt: operation.createdAt,
      statedAt: now().toISOString(),
      isProven: stated.every(isOut),
      certificates: listed,
      left: {
        withheld: certificates.length - given.length,
        expired: given.length - alive.length,
        expiredLately: [
          ...given.filter((certificate) => !isAlive(certificate)),
          ...judged.filter(({ places }) => !places.every(isPlaceToProve)).map(({ certificate }) => certificate),
        ].filter(({ notAfter }) => Date.parse(notAfter) > now().getTime() - lateDays * dayMs).length,
        notListed: further.filter(isOut).length,
        notListedUnproven: further.filter((one) => !isOut(one)).length,
      },
      limits: [...statementLimits],
    },
    places: all.filter(isPlaceToProve).length,
    proven: all.filter(isPlaceProven).length,
    open: all.find(({ isOpen }) => isOpen),
  };
}

type OwnerInQuestion = Pick<OwnerRecord, 'id' | 'email' | 'departure'>;

/** Who left, then further records of the same person: those that departed with them, whatever their address is now. */
export async function ownersOf(
  { owners }: Pick<StatementOptions, 'owners'>,
  { id: operationId, target }: OperationRecord,
): Promise<readonly [OwnerInQuestion, ...OwnerInQuestion[]]> {
  const owner = (await owners.get(target)) ?? { id: target };
  return [owner, ...(await owners.departedWith(operationId)).filter(({ id }) => id !== target)];
}

/** Everything of theirs up to now, or until they were reopened: what they were given since is not the matter. */
export async function certificatesOf(
  options: Pick<StatementOptions, 'lookup'>,
  owners: readonly OwnerInQuestion[],
): Promise<readonly CertificateRecord[]> {
  const found: CertificateRecord[] = [];
  for (const owner of owners) found.push(...(await certificatesOfOwner(options, owner)));
  return found;
}

async function certificatesOfOwner(
  { lookup }: Pick<StatementOptions, 'lookup'>,
  { id, departure }: OwnerInQuestion,
): Promise<readonly CertificateRecord[]> {
  const until = departure?.reopenedAt;
  const found: CertificateRecord[] = [];
  let after: string | undefined;
  do {
    const page = await lookup.list({ owner: id, top: pageSize, after });
    found.push(...page.items.filter(({ createdAt }) => until === undefined || createdAt <= until));
    after = page.next;
  } while (after !== undefined);
  return found;
}

function countThatFits(stated: readonly StatedCertificate[]): number {
  let left = listedCharactersMax;
  const firstTooMany = stated.findIndex((one) => {
    left -= JSON.stringify(one).length;
    return left < 0;
  });
  return firstTooMany < 0 ? stated.length : firstTooMany;
}

/** Proven to be out: revoked, and refused wherever its root is trusted. */
function isOut({ revokedAt, gateways }: StatedCertificate): boolean {
  return revokedAt !== undefined && gateways.filter(isPlaceToProve).every(isPlaceProven);
}

function stateOf(certificate: CertificateRecord, places: readonly Judged[]): StatedCertificate {
  const { thumbprint = '', commonName, rootId, notAfter, revokedAt, revocationReason: reason } = certificate;
  return {
    thumbprint,
    commonName,
    rootId,
    notAfter,
    ...(revokedAt === undefined ? {} : { revokedAt }),
    ...(reason === undefined ? {} : { reason }),
    gateways: places.map(({ isOpen: _waiting, ...place }) => place),
  };
}

async function placesOf(stores: Stores, certificate: CertificateRecord, now: Date): Promise<readonly Judged[]> {
  const { rootId, thumbprint = '' } = certificate;
  const hasEnded = isExpired(certificate, now);
  const holders = await gatewaysOfRoot(stores, rootId);
  const places: Judged[] = [];
  for (const gatewayId of await gatewayIdsOf(stores, rootId)) {
    const row = (await stores.gatewayRevocations.get({ partitionKey: gatewayId, rowKey: thumbprint }))?.record;
    if (holders.includes(gatewayId)) places.push(placeOf(gatewayId, row, hasEnded));
    else if (row !== undefined) places.push(await placeWithoutRoot(stores, rootId, row, hasEnded));
  }
  return places;
}

/**
 * Where all that admitted it is off the gateway, with the sessions of all its certificates, there is nothing more to
 * refuse.
 */
async function placeWithoutRoot(
  stores: Stores,
  rootId: string,
  row: GatewayRevocation,
  hasEnded: boolean,
): Promise<Judged> {
  const { gatewayId } = row;
  const admitters = admittersOf(
    rootId,
    (await stores.roots.list(rootPartition)).map(({ record }) => record),
  );
  const roots = (await stores.gatewayRoots.list(gatewayId))
    .map(({ record }) => record)
    .filter((root) => admitters.has(root.rootId));
  const provenAt =
    roots
      .map((root) => root.provenAt ?? '')
      .toSorted()
      .at(-1) ?? '';
  if (provenAt === '' || !roots.every(({ sessions }) => sessions === 'proven')) {
    return placeOf(gatewayId, row, hasEnded);
  }
  const why = 'The root itself is off the gateway, and no session of its certificates is left.';
  return { gatewayId, state: 'rootRemoved', provenAt, why, isOpen: false };
}

/** `hasEnded`: the certificate is over, so that no gateway is asked to refuse it any more. */
function placeOf(gatewayId: string, row: GatewayRevocation | undefined, hasEnded: boolean): Judged {
  if (row === undefined) {
    return hasEnded
      ? { gatewayId, state: 'expired', why: 'Expired: nothing to refuse.', isOpen: false }
      : { gatewayId, state: 'requested', why: notYet, isOpen: true };
  }
  const { state, listedAt, provenAt, wanted } = row;
  const place = { gatewayId, state, ...(listedAt === undefined ? {} : { listedAt }) };
  // An entry is taken off once its certificate is over: what was proven before that stands, for nobody came in since.
  const isStanding = state === 'proven' || (state === 'removed' && hasEnded);
  if (wanted && isStanding && provenAt !== undefined) return { ...place, provenAt, isOpen: false };
  return { ...place, why: whyNot(row), isOpen: isOpen(row) };
}

const notYet = 'It is not on the gateway yet.';

function isOpen({ wanted, state }: GatewayRevocation): boolean {
  return wanted && ['requested', 'deferred', 'listed', 'disconnected'].includes(state);
}

function whyNot({ wanted, state, reason, unproven }: GatewayRevocation): string {
  if (!wanted) return 'The revocation was taken back since.';
  switch (state) {
    case 'overLimit':
      return reason ?? 'Not in force: the gateway holds 300 revocations, which is as many as Azure takes.';
    case 'removed':
      return 'The entry was taken off, because the certificate expired or its root left; its sessions are not proven to be gone.';
    case 'listed':
    case 'disconnected':
      return `On the gateway. ${unproven ?? 'Two looks without a session, five minutes apart, are still to come.'}`;
    default:
      return reason ?? notYet;
  }
}
