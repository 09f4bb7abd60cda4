import { AppError, type Problem } from '../../domain/app-error.ts';
import { entryLimits } from '../../domain/entry-limits.ts';
import { rootPartition, type RootRecord } from '../../stores/records/certificates.ts';
import type { ForeignEntry, GatewayRoot } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import type { CertificateLookup } from '../certificates/certificate-lookup.ts';

export interface RootPlacesOptions {
  readonly stores: Pick<Stores, 'gatewayRoots' | 'foreignEntries' | 'roots'>;
  readonly lookup: Pick<CertificateLookup, 'live'>;
  readonly now: () => Date;
}

/**
 * Refuses one more certificate where the gateway has no place for it. Intermediates take places like roots, and so do
 * entries of others, also those that cannot be read. The refusal names what could go, and how.
 */
export async function requirePlace(
  { stores, lookup, now }: RootPlacesOptions,
  gatewayId: string,
  rootId: string,
): Promise<void> {
  const rows = (await stores.gatewayRoots.list(gatewayId)).map(({ record }) => record);
  const own = rows.filter((row) => row.wanted && row.rootId !== rootId);
  const others = (await stores.foreignEntries.list(gatewayId))
    .map(({ record }) => record)
    .filter((entry) => entry.kind === 'root' && entry.rootId !== rootId && entry.removal === undefined);
  if (own.length + others.length < entryLimits.root) return;
  const roots = (await stores.roots.list(rootPartition)).map(({ record }) => record);
  const unused = await Promise.all(
    own.map(async (row) => ((await isUnused(row, own, roots, { lookup, now })) ? [ownCandidate(row)] : [])),
  );
  throw new AppError(
    'ERR_LIMIT_REACHED',
    `Gateway ${gatewayId} trusts ${entryLimits.root} roots, which is Azure's limit; intermediates and those of others count. Take one off first (GET /api/gateways/${gatewayId}/roots); errors names what could go.`,
    { problems: [...unused.flat(), ...others.map((entry) => othersCandidate(entry, now()))] },
  );
}

/**
 * A root whose certificates are issued here, with none of them alive, or one that has expired; and nothing under it.
 */
async function isUnused(
  { rootId }: GatewayRoot,
  own: readonly GatewayRoot[],
  roots: readonly RootRecord[],
  { lookup, now }: Pick<RootPlacesOptions, 'lookup' | 'now'>,
): Promise<boolean> {
  const root = roots.find(({ id }) => id === rootId);
  const under = roots.filter(({ issuerRootId }) => issuerRootId === rootId).map(({ id }) => id);
  if (root === undefined || own.some((row) => under.includes(row.rootId))) return false;
  if (Date.parse(root.notAfter) <= now().getTime()) return true;
  return root.kind === 'created' && (await lookup.live(rootId, now(), 1)).length === 0;
}

function ownCandidate({ gatewayId, rootId }: GatewayRoot): Problem {
  const message = `Root ${rootId} could go: no live certificate depends on it.`;
  return { path: '/rootId', code: 'rootsTooMany', message, fix: `DELETE /api/gateways/${gatewayId}/roots/${rootId}.` };
}

function othersCandidate({ gatewayId, name, subject, notAfter, thumbprint }: ForeignEntry, now: Date): Problem {
  const isExpired = notAfter !== undefined && Date.parse(notAfter) <= now.getTime();
  const what = subject === undefined ? 'cannot be read' : `${subject}${isExpired ? `, expired on ${notAfter}` : ''}`;
  const message = `Entry ${name} of others (${what}) could go, if nobody needs it.`;
  const route = `DELETE /api/gateways/${gatewayId}/roots/by-name/${encodeURIComponent(name)}.`;
  return {
    path: '/rootId',
    code: 'rootsTooMany',
    message,
    fix: thumbprint === undefined ? 'Take it off in Azure.' : route,
  };
}
