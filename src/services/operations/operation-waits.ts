import { isOperationEnd, type OperationWait, type WaitingFor } from '../../domain/operation.ts';
import type { Outbox } from '../../stores/outbox.ts';
import type { ChangeOperation } from './change-operation.ts';
import { askedEvent, expiringEvent, openApprovals } from './operation-events.ts';
import { openWaits, type OperationRecord, sameQuestion, withExpiryNotified, withWaiting } from './operation-record.ts';

interface NewWait {
  readonly kind: OperationWait['kind'];
  readonly detail: string;
  readonly until?: string;
  readonly instanceId?: string;
  readonly eventName?: string;
}

interface Decision {
  readonly name: string;
  readonly decision: 'approved' | 'rejected';
  readonly by: string;
  readonly comment?: string | undefined;
}

export interface DecidedWait {
  readonly name: string;
  readonly instanceId?: string | undefined;
  readonly eventName?: string | undefined;
}

export interface OperationWaits {
  /** Says what is being waited for; undefined when the wait is over. `since` stays while the kind of wait does. */
  setWaiting(id: string, waitingFor: Omit<WaitingFor, 'since'> | undefined): Promise<void>;
  /**
   * Says what people are to do or to decide; `since` and a decision stay when it is said again. Answers the decision,
   * if there is one.
   */
  openWait(id: string, name: string, wait: NewWait): Promise<OperationWait['decision']>;
  closeWait(id: string, name: string): Promise<void>;
  /**
   * Decides the approval of that name. Answers where to tell; undefined when there is no such open approval, or its
   * time is over, whether or not somebody has noticed. The same decision again counts once.
   */
  decide(id: string, decision: Decision): Promise<DecidedWait | undefined>;
}

/** What operations wait for: time, Azure, a machine, a person and what they decide. */
export function createOperationWaits({
  change,
  outbox,
  now,
}: {
  readonly change: ChangeOperation;
  readonly outbox: Pick<Outbox, 'append'>;
  readonly now: () => Date;
}): OperationWaits & { readonly tellExpiring: (record: OperationRecord) => Promise<void> } {
  const at = (): string => now().toISOString();

  async function setWaiting(id: string, waitingFor: Omit<WaitingFor, 'since'> | undefined): Promise<void> {
    await change(id, (record) => withWaiting(record, waitingFor, at()));
  }

  async function openWait(id: string, name: string, wait: NewWait): Promise<OperationWait['decision']> {
    const record = await change(id, (open) => {
      if (isOperationEnd(open.status)) return undefined;
      const before = open.waits?.[name];
      if (before?.decision !== undefined) return undefined;
      const since = before === undefined || before.isOver === true ? at() : before.since;
      return {
        ...open,
        status: 'running',
        updatedAt: at(),
        waits: { ...open.waits, [name]: { ...wait, since, ...sameQuestion(before, since) } },
      };
    });
    const asked = record === undefined ? undefined : openApprovals(record).find((open) => open.name === name);
    // Also when it is said again: a crash may have come before the event, and the outbox takes an id once.
    if (record !== undefined && asked !== undefined) await outbox.append(askedEvent(record, asked));
    return record?.waits?.[name]?.decision;
  }

  async function decide(id: string, { name, decision, by, comment }: Decision): Promise<DecidedWait | undefined> {
    let decided: DecidedWait | undefined;
    await change(id, (open) => {
      const wait = openWaits(open).find(
        ({ kind, until, ...candidate }) =>
          kind === 'approval' &&
          candidate.name === name &&
          (until === undefined || Date.parse(until) > now().getTime()),
      );
      const again = open.waits?.[name];
      decided = wait ?? (again?.decision === decision ? { name, ...again } : undefined);
      if (wait === undefined) return undefined;
      const { name: key, ...asked } = wait;
      const told = { decision, decidedBy: by, decidedAt: at(), ...(comment === undefined ? {} : { comment }) };
      return { ...open, updatedAt: at(), waits: { ...open.waits, [key]: { ...asked, ...told } } };
    });
    return decided;
  }

  async function closeWait(id: string, name: string): Promise<void> {
    await change(id, (open) => {
      const wait = open.waits?.[name];
      if (wait === undefined || wait.isOver === true) return undefined;
      return { ...open, updatedAt: at(), waits: { ...open.waits, [name]: { ...wait, isOver: true } } };
    });
  }

  /** The event first, the note of it second: a crash in between appends the same event again, which is nothing. */
  async function tellExpiring(record: OperationRecord): Promise<void> {
    for (const wait of openApprovals(record)) {
      const event = wait.isExpiryNotified === true ? undefined : expiringEvent(record, wait, now());
      if (event === undefined) continue;
      await outbox.append(event);
      await change(record.id, (current) => withExpiryNotified(current, wait));
    }
  }

  return { setWaiting, openWait, closeWait, decide, tellExpiring };
}
