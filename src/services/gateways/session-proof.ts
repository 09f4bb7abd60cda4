import type { SessionFindings } from '../../contracts/gateways/apply-gateway.ts';
import { dayMs } from '../../domain/days.ts';
import { without } from '../../domain/without.ts';
import type { Log } from '../../ports/log.ts';
import type { Outbox } from '../../stores/outbox.ts';
import {
  gatewayKeys,
  type GatewayRevocation,
  gatewayRevocationKind,
  type GatewayRoot,
  gatewayRootKind,
  operationsOf,
} from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import type { CertificateLookup } from '../certificates/certificate-lookup.ts';
import type { Operations } from '../operations/operations.ts';
import type { Audit } from '../requests/audit.ts';
import { noteOwnAct } from '../requests/own-acts.ts';
import { createJudgeSessions, type JudgeSessions } from './judge-sessions.ts';
import { readWatched, type Watched } from './watched-entries.ts';

/** Azure refreshes its session list every five minutes: two empty looks this far apart prove that nobody is left. */
const proofIntervalMs = 5 * 60 * 1000;
/** A little past the interval, so that the second look never falls into the same refresh. */
const secondLookMs = proofIntervalMs + 30_000;
/** Where only time can tell a session from somebody else's, it is looked at less often. */
const unprovenLookMs = 30 * 60 * 1000;

export interface SessionProof {
  readonly judge: JudgeSessions;
  /** Notes a look: the sessions of `cut` were ended; whoever is in neither list had none. */
  record(
    gatewayId: string,
    look: {
      readonly cut: readonly string[];
      readonly unproven: SessionFindings['unproven'];
      readonly failure?: string;
      /** When the list was asked for, ISO 8601; now if not given. */
      readonly begunAt?: string;
    },
  ): Promise<void>;
}

export interface SessionProofOptions {
  readonly stores: Stores;
  readonly lookup: Pick<CertificateLookup, 'named'>;
  readonly operations: Operations;
  readonly outbox: Pick<Outbox, 'append'>;
  readonly audit: Pick<Audit, 'write'>;
  readonly log: Log;
  readonly now: () => Date;
}

interface Look {
  readonly begunAt: string;
  readonly hadSessions: boolean;
  readonly unproven: string | undefined;
}

export function createSessionProof(options: SessionProofOptions): SessionProof {
  const { stores, operations, now } = options;

  return {
    judge: createJudgeSessions(options),

    record: async (gatewayId, { cut, unproven, failure, begunAt = now().toISOString() }) => {
      const due: number[] = [];
      for (const one of await readWatched(stores, gatewayId)) {
        const reason = failure ?? unproven.find(({ key }) => key === one.key)?.reason;
        const look = { begunAt, hadSessions: cut.includes(one.key), unproven: reason };
        if (look.hadSessions) await noteCut(one, begunAt);
        const isProven =
          one.kind === 'revocation' ? await noteRevocation(one.row, look) : await noteRoot(one.row, look);
        if (isProven) tell(one, 'proven');
        if (!isProven) due.push(reason === undefined || failure !== undefined ? secondLookMs : unprovenLookMs);
      }
      await stores.gateways.update(gatewayKeys(gatewayId), (record) => ({
        ...without(record, 'lookAt'),
        ...(due.length === 0 ? {} : { lookAt: new Date(now().getTime() + Math.min(...due)).toISOString() }),
      }));
    },
  };

  function tell({ row }: Watched, outcome: 'cut' | 'proven'): void {
    const { gatewayId, thumbprint, operationId } = row;
    const target = `gateways/${gatewayId}/${thumbprint}`;
    options.log({ event: 'session.cut', outcome, target, ...(operationId === undefined ? {} : { operationId }) });
  }

  async function noteCut(one: Watched, begunAt: string): Promise<void> {
    const { kind, row } = one;
    tell(one, 'cut');
    const { gatewayId, thumbprint } = row;
    const target = { gatewayId, thumbprint, ...(kind === 'root' ? { rootId: row.rootId } : {}) };
    await noteOwnAct(options, { key: begunAt, action: `gateway.sessionsCut.${kind}`, target });
  }

  async function noteRevocation(row: GatewayRevocation, look: Look): Promise<boolean> {
    const { clearAt, provenAt, unproven } = afterLook(row, look, now());
    const isProven = provenAt !== undefined;
    const state = stateAfter(row.state, look, isProven);
    await stores.gatewayRevocations.update(gatewayRevocationKind.keys(row), (current) =>
      current.wanted && current.state === row.state && current.operationId === row.operationId
        ? {
            ...without(current, 'clearAt', 'provenAt', 'unproven'),
            ...defined({ clearAt, provenAt, unproven }),
            state,
            updatedAt: now().toISOString(),
          }
        : undefined,
    );
    if (look.unproven === undefined) await settle(row, look.hadSessions ? 'Sessions disconnected.' : 'No sessions.');
    else await settleUnproven(row, look.unproven);
    return isProven;
  }

  async function noteRoot(row: GatewayRoot, look: Look): Promise<boolean> {
    const { clearAt, provenAt, unproven } = afterLook(row, look, now());
    const isProven = provenAt !== undefined;
    if (isProven) await announceRoot(row);
    const sessions = look.unproven === undefined ? (isProven ? 'proven' : 'disconnected') : (row.sessions ?? 'open');
    await stores.gatewayRoots.update(gatewayRootKind.keys(row), (current) =>
      current.state === 'removed' && current.operationId === row.operationId
        ? {
            ...without(current, 'clearAt', 'provenAt', 'unproven'),
            ...defined({ clearAt, provenAt, unproven }),
            sessions,
            updatedAt: now().toISOString(),
          }
        : undefined,
    );
    const proof = 'Not proven yet: a second look at the sessions follows.';
    if (look.unproven === undefined) {
      await settle(
        row,
        `Taken off. ${look.hadSessions ? 'Its sessions were disconnected.' : 'It had no sessions.'} ${proof}`,
      );
    } else {
      await settleUnproven(row, look.unproven);
    }
    return isProven;
  }

  async function settle(row: GatewayRevocation | GatewayRoot, detail: string): Promise<void> {
    for (const id of operationsOf(row)) {
      await operations.settleStep(id, row.gatewayId, { status: 'succeeded', detail, now: now() });
    }
  }

  /**
   * Nothing is claimed of what could not be looked at: the step stays open and says why. After a day the operation ends
   * without the claim; the looks go on.
   */
  async function settleUnproven(row: GatewayRevocation | GatewayRoot, reason: string): Promise<void> {
    const detail = `The sessions are not known to have ended. ${reason}`;
    for (const id of operationsOf(row)) {
      const begunAt = (await operations.get(id))?.createdAt;
      const isOverdue = begunAt !== undefined && now().getTime() - Date.parse(begunAt) > dayMs;
      if (isOverdue) {
        const problem = { code: 'ERR_OPERATION_FAILED', detail: `Gateway ${row.gatewayId}: ${detail}` };
        await operations.settleStep(id, row.gatewayId, { status: 'failed', detail, now: now(), problem });
      } else {
        await operations.setStep(id, row.gatewayId, { status: 'waiting', detail, now: now() });
      }
    }
  }

  async function announceRoot(row: GatewayRoot): Promise<void> {
    const { gatewayId, rootId, thumbprint } = row;
    await options.outbox.append({
      id: `root-out-${gatewayId}-${thumbprint}-${row.operationId ?? row.clearAt ?? ''}`,
      type: 'gatehouse.root.out.v1',
      subject: `gateways/${gatewayId}`,
      data: { gatewayId, rootId, thumbprint },
    });
  }
}

/**
 * Proof is two looks without a session, at least five minutes apart, with none in between and none that saw nothing.
 */
function afterLook(
  row: { readonly clearAt?: string | undefined },
  { begunAt, hadSessions, unproven }: Look,
  now: Date,
): { readonly clearAt?: string; readonly provenAt?: string; readonly unproven?: string } {
  const at = now.toISOString();
  if (unproven !== undefined) return { unproven };
  if (hadSessions) return {};
  if (row.clearAt === undefined) return { clearAt: at };
  // Counted from what the second list can show at the latest: a list that took minutes may be of the first look's
  // refresh.
  const isApart = Date.parse(begunAt) - Date.parse(row.clearAt) >= proofIntervalMs;
  return isApart ? { clearAt: row.clearAt, provenAt: at } : { clearAt: row.clearAt };
}

function stateAfter(
  state: GatewayRevocation['state'],
  { unproven }: Look,
  isProven: boolean,
): GatewayRevocation['state'] {
  if (isProven) return 'proven';
  return unproven === undefined ? 'disconnected' : state;
}

function defined<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
