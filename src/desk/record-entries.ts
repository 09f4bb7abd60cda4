import { readEntries, type ThumbprintOfRoot } from '../domain/gateway-entries.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Books } from './books.ts';
import { readDesiredState, type DesiredState } from './desired-entries.ts';
import { newGatewayRevocation } from './new-gateway-revocation.ts';
import type { Operations } from './operations.ts';
import {
  operationsOf,
  gatewayRevocationKind,
  gatewayRootKind,
  type GatewayRevocation,
  type GatewayRoot,
} from './records/gateways.ts';

export interface RecordEntriesOptions {
  readonly books: Books;
  readonly operations: Operations;
  readonly now: () => Date;
  readonly thumbprintOfRoot: ThumbprintOfRoot;
}

/** Where an entry stands after a look at the gateway. */
type Standing = 'present' | 'settling' | 'absent';

export interface EntryRecorder {
  /** Notes for every root and revocation how far it has come, and ends the operations that waited for that. */
  record(gatewayId: string, gateway: JsonObject): Promise<{ readonly sessionsToSee: boolean }>;
  /** Sets one entry aside with Azure's words. */
  quarantine(gatewayId: string, key: string, reason: string): Promise<void>;
}

export function createEntryRecorder({ books, operations, now, thumbprintOfRoot }: RecordEntriesOptions): EntryRecorder {
  const at = (): string => now().toISOString();

  async function settle(
    row: Parameters<typeof operationsOf>[0] & { readonly gatewayId: string },
    detail: string,
  ): Promise<void> {
    for (const id of operationsOf(row)) {
      await operations.settleStep(id, row.gatewayId, { status: 'succeeded', detail, now: now() });
    }
  }

  async function recordRoot(row: GatewayRoot, standing: Standing): Promise<void> {
    if (row.state === 'refused') return;
    const state = rootState(row, standing);
    if (state !== row.state) {
      await books.gatewayRoots.update(gatewayRootKind.keys(row), (current) =>
        current.wanted === row.wanted ? { ...current, state, updatedAt: at() } : undefined,
      );
    }
    if (state === 'trusted' || state === 'removed') await settle(row, state);
  }

  async function recordRevocation(
    gatewayId: string,
    { intent, row }: DesiredState['revocations'][number],
    standing: Standing,
  ): Promise<boolean> {
    const known = row ?? newGatewayRevocation(gatewayId, intent, at());
    if (row === undefined) await books.gatewayRevocations.insert(known);
    const asked =
      known.wanted === intent.wanted
        ? known
        : { ...newGatewayRevocation(gatewayId, intent, at()), requestedAt: known.requestedAt };
    if (asked.state === 'refused') return false;
    const next = withStanding(asked, standing, at());
    await books.gatewayRevocations.update(gatewayRevocationKind.keys(known), () => next);
    if (next.state === 'removed') await settle(next, 'removed');
    else if (next.wanted && next.ambiguous && standing === 'present') {
      await settle(next, 'listed; several certificates share this name, so its sessions cannot be told apart');
    }
    return next.state === 'listed' || next.state === 'disconnected';
  }

  return {
    record: async (gatewayId, gateway) => {
      const desired = await readDesiredState(books, gatewayId, now());
      const standings = new Map(
        (['root', 'revocation'] as const).flatMap((kind) =>
          readEntries(gateway, kind, thumbprintOfRoot).map((entry): [string, Standing] => [
            `${kind}:${entry.thumbprint ?? ''}`,
            entry.provisioningState === 'Succeeded' ? 'present' : 'settling',
          ]),
        ),
      );
      for (const { row } of desired.roots) await recordRoot(row, standings.get(`root:${row.thumbprint}`) ?? 'absent');
      let sessionsToSee = false;
      for (const revocation of desired.revocations) {
        const standing = standings.get(`revocation:${revocation.intent.thumbprint}`) ?? 'absent';
        sessionsToSee = (await recordRevocation(gatewayId, revocation, standing)) || sessionsToSee;
      }
      return { sessionsToSee };
    },

    quarantine: async (gatewayId, key, reason) => {
      const [kind, thumbprint = ''] = key.split(':');
      const rows = kind === 'root' ? await books.gatewayRoots.list(gatewayId) : [];
      const root = rows.find(({ record }) => record.thumbprint === thumbprint)?.record;
      const revocation = (await readDesiredState(books, gatewayId, now())).revocations.find(
        ({ intent }) => intent.thumbprint === thumbprint,
      );
      const ended = root ?? revocation?.row ?? revocation?.intent;
      if (root !== undefined) {
        await books.gatewayRoots.update(gatewayRootKind.keys(root), (row) => ({
          ...row,
          state: 'refused',
          reason,
          updatedAt: at(),
        }));
      } else if (revocation !== undefined) {
        await books.gatewayRevocations.upsert({
          ...(revocation.row ?? newGatewayRevocation(gatewayId, revocation.intent, at())),
          wanted: revocation.intent.wanted,
          state: 'refused',
          reason,
        });
      }
      const problem = {
        code: 'ERR_AZURE_REFUSED',
        detail: `Azure refuses this entry on gateway ${gatewayId}: ${reason}`,
      };
      for (const id of ended === undefined ? [] : operationsOf(ended)) {
        await operations.settleStep(id, gatewayId, { status: 'failed', detail: reason, now: now(), problem });
      }
    },
  };
}

function rootState(row: GatewayRoot, standing: Standing): GatewayRoot['state'] {
  if (row.wanted) return standing === 'present' ? 'trusted' : 'requested';
  return standing === 'absent' ? 'removed' : 'removing';
}

/** A revocation that was cut or proven stays so while it is listed; one that vanished begins again. */
function withStanding(row: GatewayRevocation, standing: Standing, at: string): GatewayRevocation {
  if (!row.wanted) return { ...row, state: standing === 'absent' ? 'removed' : 'reinstating', updatedAt: at };
  if (standing !== 'present') {
    const { listedAt: _listed, clearAt: _clear, provenAt: _proven, ...begun } = row;
    return { ...begun, state: 'requested', updatedAt: at };
  }
  if (row.state === 'disconnected' || row.state === 'proven') return row;
  return { ...row, state: 'listed', listedAt: row.listedAt ?? at, updatedAt: at };
}
