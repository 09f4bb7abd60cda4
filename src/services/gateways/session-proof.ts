import type { SessionFindings } from '../../contracts/gateways/apply-gateway.ts';
import { dayMs } from '../../domain/days.ts';
import { comparableName } from '../../domain/session-name.ts';
import { without } from '../../domain/without.ts';
import type { SessionList, VpnSession } from '../../ports/arm.ts';
import type { Log } from '../../ports/log.ts';
import type { Outbox } from '../../stores/outbox.ts';
import {
  type CertificateRecord,
  isInUse,
  rootPartition,
  type RootRecord,
  unknownRootId,
} from '../../stores/records/certificates.ts';
import {
  gatewayKeys,
  type GatewayRevocation,
  gatewayRevocationKind,
  type GatewayRoot,
  gatewayRootKind,
  isRootToBeSeen,
  operationsOf,
} from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import { admittersOf } from '../certificates/admitting-roots.ts';
import type { CertificateLookup } from '../certificates/certificate-lookup.ts';
import { noteInUse } from '../certificates/supersede.ts';
import type { Operations } from '../operations/operations.ts';
import type { Audit } from '../requests/audit.ts';
import { noteOwnAct } from '../requests/own-acts.ts';
import { openRootsOf } from './open-roots.ts';
import { isToBeSeen } from './record-entries.ts';

/** Azure refreshes its session list every five minutes: two empty looks this far apart prove that nobody is left. */
const proofIntervalMs = 5 * 60 * 1000;
/** A little past the interval, so that the second look never falls into the same refresh. */
const secondLookMs = proofIntervalMs + 30_000;
/** Where only time can tell a session from somebody else's, it is looked at less often. */
const unsureLookMs = 30 * 60 * 1000;

export interface SessionProof {
  /** Says of a look at the sessions which belong to whom the gateway is to refuse, and of whom nothing can be said. */
  judge(gatewayId: string, list: SessionList): Promise<SessionFindings>;
  /** Notes a look: the sessions of `cut` were ended; whoever is in neither list had none. */
  record(
    gatewayId: string,
    look: {
      readonly cut: readonly string[];
      readonly unsure: SessionFindings['unsure'];
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

type Watched =
  | { readonly key: string; readonly kind: 'revocation'; readonly row: GatewayRevocation }
  | { readonly key: string; readonly kind: 'root'; readonly row: GatewayRoot };

interface Look {
  readonly begunAt: string;
  readonly hadSessions: boolean;
  readonly unsure: string | undefined;
}

export function createSessionProof(options: SessionProofOptions): SessionProof {
  const { stores, operations, now } = options;

  async function watched(gatewayId: string): Promise<readonly Watched[]> {
    const revocations = (await stores.gatewayRevocations.list(gatewayId)).map(({ record }) => record);
    const roots = (await stores.gatewayRoots.list(gatewayId)).map(({ record }) => record);
    return [
      ...revocations
        .filter(isToBeSeen)
        .map((row) => ({ key: `revocation:${row.thumbprint}`, kind: 'revocation', row }) as const),
      ...roots.filter(isRootToBeSeen).map((row) => ({ key: `root:${row.rootId}`, kind: 'root', row }) as const),
    ];
  }

  return {
    judge: async (gatewayId, { sessions, unreadable }) => {
      const open = await watched(gatewayId);
      const openRoots = await openRootsOf(stores, gatewayId);
      const roots = (await stores.roots.list(rootPartition)).map(({ record }) => record);
      const imported = importedOf(open, roots);
      const nameless = open.filter(({ kind, row }) => kind === 'revocation' && row.commonName === '');
      const toCut: { connectionId: string; key: string }[] = [];
      const unsure = new Map<string, string>();
      for (const session of sessions) {
        const holders = await options.lookup.named(session.commonName);
        for (const holder of holders) await noteInUse(stores, holder, holders, now());
        const rival = holders.find((holder) => isLive(holder, now()) && openRoots.has(holder.rootId));
        const admitters = new Set(holders.flatMap((holder) => [...admittersOf(holder.rootId, roots)]));
        for (const { key } of open.filter((one) => isOf(one, session, admitters))) {
          const reason = whyNotToCut(session, rival);
          if (reason === undefined) toCut.push({ connectionId: session.connectionId ?? '', key });
          else unsure.set(key, reason);
        }
        const anybodys = `Session "${session.commonName}" may be of this certificate: its name is not known here.`;
        for (const { key } of nameless) unsure.set(key, anybodys);
        if (holders.length > 0 && holders.every(({ rootId }) => rootId !== unknownRootId)) continue;
        const reason = `Session "${session.commonName}" may be of a certificate that others issued, under this root or another.`;
        for (const key of imported) unsure.set(key, reason);
      }
      if (unreadable > 0) {
        const reason = `${unreadable} rows of the session list have no name that can be read.`;
        for (const { key } of open) unsure.set(key, unsure.get(key) ?? reason);
      }
      return { toCut, unsure: [...unsure].map(([key, reason]) => ({ key, reason })) };
    },

    record: async (gatewayId, { cut, unsure, failure, begunAt = now().toISOString() }) => {
      const due: number[] = [];
      for (const one of await watched(gatewayId)) {
        const reason = failure ?? unsure.find(({ key }) => key === one.key)?.reason;
        const look = { begunAt, hadSessions: cut.includes(one.key), unsure: reason };
        if (look.hadSessions) await noteCut(one, begunAt);
        const isProven =
          one.kind === 'revocation' ? await noteRevocation(one.row, look) : await noteRoot(one.row, look);
        if (isProven) tell(one, 'proven');
        if (!isProven) due.push(reason === undefined || failure !== undefined ? secondLookMs : unsureLookMs);
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
    const { clearAt, provenAt, unsure } = afterLook(row, look, now());
    const isProven = provenAt !== undefined;
    const state = stateAfter(row.state, look, isProven);
    await stores.gatewayRevocations.update(gatewayRevocationKind.keys(row), (current) =>
      current.wanted && current.state === row.state && current.operationId === row.operationId
        ? {
            ...without(current, 'clearAt', 'provenAt', 'unsure'),
            ...defined({ clearAt, provenAt, unsure }),
            state,
            updatedAt: now().toISOString(),
          }
        : undefined,
    );
    if (look.unsure === undefined) await settle(row, look.hadSessions ? 'Sessions disconnected.' : 'No sessions.');
    else await settleUnsure(row, look.unsure);
    return isProven;
  }

  async function noteRoot(row: GatewayRoot, look: Look): Promise<boolean> {
    const { clearAt, provenAt, unsure } = afterLook(row, look, now());
    const isProven = provenAt !== undefined;
    if (isProven) await announceRoot(row);
    const sessions = look.unsure === undefined ? (isProven ? 'proven' : 'disconnected') : (row.sessions ?? 'open');
    await stores.gatewayRoots.update(gatewayRootKind.keys(row), (current) =>
      current.state === 'removed' && current.operationId === row.operationId
        ? {
            ...without(current, 'clearAt', 'provenAt', 'unsure'),
            ...defined({ clearAt, provenAt, unsure }),
            sessions,
            updatedAt: now().toISOString(),
          }
        : undefined,
    );
    const proof = 'Not proven yet: a second look at the sessions follows.';
    if (look.unsure === undefined) {
      await settle(
        row,
        `Taken off. ${look.hadSessions ? 'Its sessions were disconnected.' : 'It had no sessions.'} ${proof}`,
      );
    } else {
      await settleUnsure(row, look.unsure);
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
  async function settleUnsure(row: GatewayRevocation | GatewayRoot, reason: string): Promise<void> {
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

/** Whether the session has a name that one of those may have whom the gateway is to refuse. */
function isOf(one: Watched, { commonName }: VpnSession, admitters: ReadonlySet<string>): boolean {
  return one.kind === 'revocation'
    ? comparableName(one.row.commonName) === comparableName(commonName)
    : admitters.has(one.row.rootId);
}

/** Keys of the roots among them whose certificates others issue, so that no name of one is known here. */
function importedOf(open: readonly Watched[], roots: readonly RootRecord[]): readonly string[] {
  const imported = new Set(roots.filter(({ kind }) => kind === 'imported').map(({ id }) => id));
  return open.flatMap((one) => (one.kind === 'root' && imported.has(one.row.rootId) ? [one.key] : []));
}

/** A session is left alone while somebody who may connect has its name, and where Azure gives no handle to it. */
function whyNotToCut(
  { commonName, connectionId }: VpnSession,
  rival: CertificateRecord | undefined,
): string | undefined {
  if (rival !== undefined) {
    return `Session "${commonName}" may be that of certificate ${rival.thumbprint ?? rival.serialNumber}, which is in force and has the same name.`;
  }
  return connectionId === undefined
    ? `Session "${commonName}" has no id in Azure's list, so it cannot be disconnected.`
    : undefined;
}

function isLive(certificate: CertificateRecord, now: Date): boolean {
  return isInUse(certificate) && Date.parse(certificate.notAfter) > now.getTime();
}

/**
 * Proof is two looks without a session, at least five minutes apart, with none in between and none that saw nothing.
 */
function afterLook(
  row: { readonly clearAt?: string | undefined },
  { begunAt, hadSessions, unsure }: Look,
  now: Date,
): { readonly clearAt?: string; readonly provenAt?: string; readonly unsure?: string } {
  const at = now.toISOString();
  if (unsure !== undefined) return { unsure };
  if (hadSessions) return {};
  if (row.clearAt === undefined) return { clearAt: at };
  // Counted from what the second list can show at the latest: a list that took minutes may be of the first look's
  // refresh.
  const isApart = Date.parse(begunAt) - Date.parse(row.clearAt) >= proofIntervalMs;
  return isApart ? { clearAt: row.clearAt, provenAt: at } : { clearAt: row.clearAt };
}

function stateAfter(
  state: GatewayRevocation['state'],
  { unsure }: Look,
  isProven: boolean,
): GatewayRevocation['state'] {
  if (isProven) return 'proven';
  return unsure === undefined ? 'disconnected' : state;
}

function defined<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
