import { type Failure, sayFailure } from '../../domain/failure.ts';
import type { ThumbprintOfRoot } from '../../domain/gateway-entries.ts';
import type { JsonObject } from '../../domain/json.ts';
import { without } from '../../domain/without.ts';
import { revocationKind } from '../../stores/records/certificates.ts';
import { type ForeignEntry, foreignEntryKind, gatewayRootKind } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import { readDesiredState } from './desired-entries.ts';
import { withRefusal } from './entry-standing.ts';
import { newGatewayRevocation } from './new-gateway-revocation.ts';
import type { EntrySettlement } from './settle-entries.ts';

export interface EntryRefusal extends Failure {
  /** The `changeKey` of what was refused. */
  readonly key: string;
  readonly isNamed: boolean;
}

/** Notes what Azure said of entries: suspected at first, refused once that is beyond doubt. */
export type RecordRefusals = (
  gatewayId: string,
  gateway: JsonObject,
  refusals: readonly EntryRefusal[],
) => Promise<void>;

export interface RecordRefusalsOptions {
  readonly stores: Stores;
  readonly settlement: Pick<EntrySettlement, 'fail'>;
  readonly now: () => Date;
  readonly thumbprintOfRoot: ThumbprintOfRoot;
}

export function createRecordRefusals({
  stores,
  settlement,
  now,
  thumbprintOfRoot,
}: RecordRefusalsOptions): RecordRefusals {
  /**
   * What others have put there harms no entry of Gatehouse's where it stays: whoever asked for its removal may ask
   * again.
   */
  async function giveUpRemoval(entry: ForeignEntry, reason: string, failure: Failure): Promise<void> {
    const { gatewayId, name, removal } = entry;
    if (removal === undefined) return;
    const { operationId } = removal;
    await settlement.fail(
      { gatewayId, operationId },
      `Azure keeps the entry ${name}: ${reason}`,
      'ERR_AZURE_REFUSED',
      failure,
    );
    await stores.foreignEntries.update(foreignEntryKind.keys(entry), (current) =>
      current.removal?.operationId === operationId ? without(current, 'removal') : undefined,
    );
  }

  return async (gatewayId, gateway, refusals) => {
    const { roots, revocations, leaving, mark } = await readDesiredState(gatewayId, gateway, {
      stores,
      now: now(),
      thumbprintOfRoot,
    });
    for (const { key, isNamed, ...failure } of refusals) {
      const refusal = { reason: sayFailure(failure), isNamed };
      const root = roots.find(({ row }) => `root:${row.thumbprint}${row.wanted ? '' : ':off'}` === key)?.row;
      const revocation = revocations.find(
        ({ intent }) => `revocation:${intent.thumbprint}${intent.wanted ? '' : ':off'}` === key,
      );
      if (root !== undefined) {
        const row = await stores.gatewayRoots.update(gatewayRootKind.keys(root), (current) =>
          current.wanted === root.wanted ? withRefusal(current, refusal, mark, now()) : undefined,
        );
        if (row?.state === 'refused' && row.wanted === root.wanted) {
          await settlement.fail(row, `Azure refuses the root: ${row.reason ?? ''}`, 'ERR_AZURE_REFUSED', failure);
        }
      } else if (revocation !== undefined) {
        const { intent, row: known } = revocation;
        if (known === undefined) {
          await stores.gatewayRevocations.insert(newGatewayRevocation(gatewayId, intent, now().toISOString()));
        }
        const keys = { partitionKey: gatewayId, rowKey: revocationKind.keys(intent).rowKey };
        const row = await stores.gatewayRevocations.update(keys, (current) =>
          withRefusal({ ...current, wanted: intent.wanted }, refusal, mark, now()),
        );
        if (row?.state === 'refused') {
          await settlement.fail(row, `Azure refuses the revocation: ${row.reason ?? ''}`, 'ERR_AZURE_REFUSED', failure);
        }
      } else {
        const entry = leaving.find(({ thumbprint = '' }) => `root:${thumbprint}:off` === key);
        if (entry !== undefined) await giveUpRemoval(entry, refusal.reason, failure);
      }
    }
  };
}
