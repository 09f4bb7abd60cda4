import { AppError, type Problem } from '../../domain/app-error.ts';
import { rootKeys, rootPartition, type RootRecord } from '../../stores/records/certificates.ts';
import type { Stores } from '../../stores/stores.ts';
import type { CertificateLookup } from '../certificates/certificate-lookup.ts';

/** What rests on a gateway's trust in a root. Each throws ERR_CONFLICT where that would be left without it. */
export interface RootDependents {
  /** Clients find an intermediate's way up only where the gateway holds it: the root comes first. */
  requireIssuer(gatewayId: string, root: RootRecord): Promise<void>;
  /** An intermediate that stays behind would let its clients in without its root. Not to be forced. */
  requireNoIntermediates(gatewayId: string, rootId: string): Promise<void>;
  /** Names the certificates of the root that are alive. */
  requireNobodyLeft(gatewayId: string, rootId: string): Promise<void>;
}

/** Certificates that a refusal names. */
const dependentsMax = 20;

export function createRootDependents({
  stores,
  lookup,
  now,
}: {
  readonly stores: Pick<Stores, 'roots' | 'gatewayRoots'>;
  readonly lookup: Pick<CertificateLookup, 'live'>;
  readonly now: () => Date;
}): RootDependents {
  async function wantedRoots(gatewayId: string): Promise<readonly string[]> {
    const rows = await stores.gatewayRoots.list(gatewayId);
    return rows.filter(({ record }) => record.wanted).map(({ record }) => record.rootId);
  }

  return {
    requireIssuer: async (gatewayId, { id, issuerRootId }) => {
      if (issuerRootId === undefined || (await wantedRoots(gatewayId)).includes(issuerRootId)) return;
      const message = `Gateway ${gatewayId} does not trust ${issuerRootId}, which has signed the intermediate ${id}.`;
      const fix = `PUT /api/gateways/${gatewayId}/roots/${issuerRootId} first.`;
      throw new AppError('ERR_CONFLICT', message, {
        problems: [{ path: '/rootId', code: 'issuerNotTrusted', message, fix }],
      });
    },

    requireNoIntermediates: async (gatewayId, rootId) => {
      const wanted = await wantedRoots(gatewayId);
      const under = (await stores.roots.list(rootPartition))
        .map(({ record }) => record)
        .filter(({ id, issuerRootId }) => issuerRootId === rootId && wanted.includes(id));
      if (under.length === 0) return;
      const ids = under.map(({ id }) => id).join(', ');
      const message = `Gateway ${gatewayId} trusts intermediates of root ${rootId}: ${ids}.`;
      throw new AppError('ERR_CONFLICT', message, {
        problems: [
          { path: '/rootId', code: 'intermediatesTrusted', message, fix: `Take ${ids} off the gateway first.` },
        ],
      });
    },

    requireNobodyLeft: async (gatewayId, rootId) => {
      const root = (await stores.roots.get(rootKeys(rootId)))?.record;
      if (root?.kind === 'imported' && Date.parse(root.notAfter) > now().getTime()) throw certificatesUnknown(root.id);
      const live = await lookup.live(rootId, now(), dependentsMax + 1);
      if (live.length === 0) return;
      const named = live
        .slice(0, dependentsMax)
        .map(({ thumbprint = 'being issued', commonName, owner, notAfter }): Problem => {
          const message = `${commonName} of ${owner}, ${thumbprint}, is alive until ${notAfter}.`;
          return { path: '/force', code: 'certificatesAlive', message, fix: 'Revoke it, or add ?force=true.' };
        });
      const message = `There are more than ${dependentsMax}.`;
      const fix = `See GET /api/certificates?rootId=${rootId}&state=issued.`;
      const more: readonly Problem[] =
        live.length > dependentsMax ? [{ path: '/force', code: 'certificatesAlive', message, fix }] : [];
      throw new AppError(
        'ERR_CONFLICT',
        `Certificates of root ${rootId} are alive and could no longer connect to gateway ${gatewayId}.`,
        { problems: [...named, ...more] },
      );
    },
  };
}

/** Others issue under an imported root, so nobody here can say that none of its certificates is in use. */
function certificatesUnknown(rootId: string): AppError {
  const message = `Root ${rootId} was imported: which of its certificates are in use is not known here.`;
  const fix = 'Make sure that nobody needs it, then add ?force=true.';
  return new AppError('ERR_CONFLICT', message, {
    problems: [{ path: '/force', code: 'certificatesUnknown', message, fix }],
  });
}
