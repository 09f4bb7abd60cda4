import { AppError, type Problem } from '../../domain/app-error.ts';
import { without } from '../../domain/without.ts';
import {
  certificateKeys,
  noKnownEnd,
  type RevocationRecord,
  rootKeys,
  rootPartition,
  type RootRecord,
} from '../../stores/records/certificates.ts';
import { gatewayKeys, gatewayPartition, isRootToBeSeen } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import type { Unfinished } from '../../stores/unfinished.ts';
import type { CertificateLookup } from './certificate-lookup.ts';
import { type RootKeyImports, unfinishedRootKey } from './import-root-key.ts';

export interface RootRemovalsOptions {
  readonly stores: Stores;
  readonly lookup: Pick<CertificateLookup, 'live'>;
  readonly unfinished: Unfinished;
  readonly keys: Pick<RootKeyImports, 'settle'>;
  readonly now: () => Date;
}

/** Forgets authorities that were imported, once nothing depends on them. */
export interface RootRemovals {
  /** Refused with everything that depends on it. A key that came along is deleted in Key Vault. */
  remove(id: string): Promise<void>;
  /** Goes on with one that a crash left half removed. For the sweep. */
  complete(record: RootRecord): Promise<void>;
}

/** Certificates that a refusal names. */
const certificatesMax = 20;
const unfinishedKind = 'root';
const keepIt = 'Keep the root, which takes no place on a gateway, until the certificate has expired.';

export function createRootRemovals(options: RootRemovalsOptions): RootRemovals {
  const { stores, lookup, unfinished, now } = options;

  async function dependentsOf(id: string): Promise<readonly Problem[]> {
    const [gateways, roots, { refused, returning }] = await Promise.all([
      gatewaysWith(id),
      stores.roots.list(rootPartition),
      intentsOf(id),
    ]);
    // Last: one that is no longer returning is alive by now.
    const live = await lookup.live(id, now(), certificatesMax + 1);
    const under = roots.filter(({ record }) => record.issuerRootId === id).map(({ record }) => record);
    return [
      ...gateways,
      ...under.map((root): Problem => {
        const message = `It has signed the intermediate ${root.id}, which is here.`;
        return { path: '/id', code: 'rootInUse', message, fix: `Remove it first: DELETE /api/roots/${root.id}.` };
      }),
      ...live.slice(0, certificatesMax).map(({ thumbprint = 'being issued', commonName, owner, notAfter }): Problem => {
        const message = `${commonName} of ${owner}, ${thumbprint}, is alive until ${notAfter}.`;
        return { path: '/id', code: 'certificatesAlive', message, fix: 'Wait for its end.' };
      }),
      ...(live.length > certificatesMax ? [moreAlive(id)] : []),
      ...returning.slice(0, certificatesMax).map(beingReinstated),
      ...refused.slice(0, certificatesMax).map(standing),
      ...(refused.length > certificatesMax ? [moreRevoked(id)] : []),
    ];
  }

  /**
   * What is wanted of its certificates that have not expired: to be refused, or to come in again while they are still
   * on record as revoked. Gateways are told what to refuse by way of the root, wherever one of its name and key, one
   * above it or a copy that others have put there lets its certificates in: without it the revocations would come off,
   * or be missing once any of these is trusted.
   */
  async function intentsOf(id: string): Promise<{
    readonly refused: readonly RevocationRecord[];
    readonly returning: readonly RevocationRecord[];
  }> {
    const intents = (await stores.revocations.list(id)).map(({ record }) => record);
    const unexpired = intents.filter(({ notAfter }) => Date.parse(notAfter) > now().getTime());
    const returning: RevocationRecord[] = [];
    for (const intent of unexpired.filter(({ wanted }) => !wanted)) {
      const record = (await stores.certificates.get(certificateKeys(intent.serialNumber)))?.record;
      if (record?.state === 'revoked' && record.rootId === id) returning.push(intent);
    }
    return { refused: unexpired.filter(({ wanted }) => wanted), returning };
  }

  async function gatewaysWith(id: string): Promise<readonly Problem[]> {
    const trusting = await Promise.all(
      (await stores.rootGateways.list(id)).map(async ({ record: { gatewayId } }): Promise<readonly Problem[]> => {
        const row = (await stores.gatewayRoots.get({ partitionKey: gatewayId, rowKey: id }))?.record;
        const gateway = (await stores.gateways.get(gatewayKeys(gatewayId)))?.record;
        // The row comes first: without a gateway it is of one that is about to be there.
        if (row === undefined || gateway?.state === 'removed') return [];
        if (row.state !== 'removed' || row.wanted) return [trusted(gatewayId, id)];
        return isRootToBeSeen(row) ? [sessionsOpen(gatewayId)] : [];
      }),
    );
    const building = (await stores.gateways.list(gatewayPartition))
      .map(({ record }) => record)
      .filter(({ state, plan }) => (state === 'building' || state === 'failed') && plan.rootIds.includes(id));
    return [...trusting.flat(), ...building.map((gateway) => planned(gateway.id))];
  }

  /**
   * From here on nobody finds it: neither orders, nor gateways, nor imports. Then it is asked once more what depends on
   * it.
   */
  async function complete(record: RootRecord): Promise<void> {
    const { id, thumbprint = '', key } = record;
    const problems = await dependentsOf(id);
    if (problems.length > 0) {
      await stores.roots.update(rootKeys(id), ({ draft, ...current }) =>
        current.state === 'removing' && draft !== undefined
          ? { ...current, state: 'active', certificate: draft }
          : undefined,
      );
      await unfinished.done(unfinishedKind, id);
      throw inUse(id, problems);
    }
    if (key !== undefined) await unfinished.add(unfinishedRootKey, key.name);
    await stores.rootThumbprints.remove({ thumbprint, rootId: id });
    await stores.roots.remove(record);
    await unfinished.done(unfinishedKind, id);
    if (key !== undefined) await options.keys.settle(key.name);
  }

  return {
    complete,

    remove: async (id) => {
      const stored = (await stores.roots.get(rootKeys(id)))?.record;
      if (stored === undefined) throw new AppError('ERR_NOT_FOUND', `Root ${id} does not exist.`);
      if (stored.kind !== 'imported') {
        throw new AppError('ERR_CONFLICT', `Root ${id} was made here: it stays, with what it has issued.`);
      }
      if (stored.state === 'creating') throw new AppError('ERR_CONFLICT', `Root ${id} is still being imported.`);
      if (stored.state !== 'removing') {
        const problems = await dependentsOf(id);
        if (problems.length > 0) throw inUse(id, problems);
      }
      await unfinished.add(unfinishedKind, id);
      const marked = await stores.roots.update(rootKeys(id), (root) => {
        if (root.certificate === undefined) return undefined;
        return { ...without(root, 'certificate'), draft: root.certificate, state: 'removing' };
      });
      if (marked !== undefined) await complete(marked);
    },
  };
}

function inUse(id: string, problems: readonly Problem[]): AppError {
  return new AppError('ERR_CONFLICT', `Something depends on root ${id}; errors lists it.`, { problems });
}

function moreAlive(id: string): Problem {
  const message = `There are more than ${certificatesMax}.`;
  const fix = `See GET /api/certificates?rootId=${id}&state=issued.`;
  return { path: '/id', code: 'certificatesAlive', message, fix };
}

function standing({ thumbprint, notAfter }: RevocationRecord): Problem {
  const end = notAfter === noKnownEnd ? 'and its end is not known' : `and would be good until ${notAfter}`;
  const message = `Certificate ${thumbprint} is revoked, ${end}: gateways refuse it because the root is here.`;
  return { path: '/id', code: 'revocationsStanding', message, fix: keepIt };
}

function beingReinstated({ thumbprint, notAfter }: RevocationRecord): Problem {
  const message = `Certificate ${thumbprint}, good until ${notAfter}, is being reinstated.`;
  return { path: '/id', code: 'certificatesAlive', message, fix: 'Wait for its end.' };
}

function moreRevoked(id: string): Problem {
  const message = `There are more than ${certificatesMax}: see GET /api/certificates?rootId=${id}&state=revoked.`;
  return { path: '/id', code: 'revocationsStanding', message, fix: keepIt };
}

function trusted(gatewayId: string, id: string): Problem {
  const message = `Gateway ${gatewayId} trusts it, or is giving it up.`;
  return { path: '/id', code: 'rootInUse', message, fix: `DELETE /api/gateways/${gatewayId}/roots/${id}, and wait.` };
}

function sessionsOpen(gatewayId: string): Problem {
  const message = `Sessions of its certificates on gateway ${gatewayId} are not proven to have ended.`;
  return { path: '/id', code: 'rootInUse', message, fix: `See GET /api/gateways/${gatewayId}/roots, and wait.` };
}

function planned(gatewayId: string): Problem {
  const message = `The plan of gateway ${gatewayId}, which is being built, names it.`;
  return { path: '/id', code: 'rootInUse', message, fix: 'Wait until it is built, or remove the gateway.' };
}
