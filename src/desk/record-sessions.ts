import type { VpnSession } from '../ports/arm.ts';
import type { Books } from './books.ts';
import type { Operations } from './operations.ts';
import { gatewayKeys, gatewayRevocationKind, operationsOf, type GatewayRevocation } from './records/gateways.ts';

/** Azure refreshes its session list every five minutes: two empty looks this far apart prove that nobody is left. */
const proofIntervalMs = 5 * 60 * 1000;
/** A little past the interval, so that the second look never falls into the same refresh. */
const secondLookMs = proofIntervalMs + 30_000;

export interface SessionRecorder {
  /** Which of a gateway's sessions belong to revoked certificates. Shared names are left alone: they cannot be told apart. */
  toCut(
    gatewayId: string,
    sessions: readonly (VpnSession & { readonly connectionId: string })[],
  ): Promise<readonly { readonly connectionId: string; readonly thumbprint: string }[]>;
  /** Notes a look: `cut` are the revoked certificates whose sessions were ended; the others had none. */
  record(gatewayId: string, cut: readonly string[], failure?: string): Promise<void>;
}

export function createSessionRecorder(options: {
  readonly books: Books;
  readonly operations: Operations;
  readonly now: () => Date;
}): SessionRecorder {
  const { books, operations, now } = options;

  async function watched(gatewayId: string): Promise<readonly GatewayRevocation[]> {
    const rows = (await books.gatewayRevocations.list(gatewayId)).map(({ record }) => record);
    return rows.filter(({ state, ambiguous }) => !ambiguous && (state === 'listed' || state === 'disconnected'));
  }

  async function note(row: GatewayRevocation, hadSessions: boolean): Promise<boolean> {
    const next = afterLook(row, hadSessions, now());
    await books.gatewayRevocations.update(gatewayRevocationKind.keys(row), (current) =>
      current.wanted && current.state === row.state ? next : undefined,
    );
    const detail = hadSessions ? 'sessions disconnected' : 'no sessions';
    for (const id of operationsOf(row)) {
      await operations.settleStep(id, row.gatewayId, { status: 'succeeded', detail, now: now() });
    }
    return next.state !== 'proven';
  }

  return {
    toCut: async (gatewayId, sessions) => {
      const byName = new Map((await watched(gatewayId)).map(({ commonName, thumbprint }) => [commonName, thumbprint]));
      return sessions.flatMap(({ connectionId, commonName }) => {
        const thumbprint = byName.get(commonName);
        return thumbprint === undefined ? [] : [{ connectionId, thumbprint }];
      });
    },

    record: async (gatewayId, cut, failure) => {
      let isMoreToSee = failure !== undefined;
      if (failure === undefined) {
        for (const row of await watched(gatewayId))
          isMoreToSee = (await note(row, cut.includes(row.thumbprint))) || isMoreToSee;
      }
      const lookAt = new Date(now().getTime() + secondLookMs).toISOString();
      await books.gateways.update(gatewayKeys(gatewayId), ({ lookAt: _seen, ...record }) =>
        isMoreToSee ? { ...record, lookAt } : record,
      );
    },
  };
}

/** Proof is two looks without a session, at least five minutes apart, with none in between. */
function afterLook(row: GatewayRevocation, hadSessions: boolean, now: Date): GatewayRevocation {
  const at = now.toISOString();
  const { clearAt, ...rest } = row;
  if (hadSessions) return { ...rest, state: 'disconnected', updatedAt: at };
  if (clearAt === undefined) return { ...rest, state: 'disconnected', clearAt: at, updatedAt: at };
  if (now.getTime() - Date.parse(clearAt) < proofIntervalMs) return row;
  return { ...row, state: 'proven', provenAt: at, updatedAt: at };
}
