import type { OrchestrationContext } from 'durable-functions';
import { releaseLock, takeLock } from '../../contracts/operations/locks.ts';
import { nextLookSeconds } from '../../domain/poll-pacing.ts';
import { askPeople } from '../operations/ask-people.ts';
import { callActivity, type Steps, waitSeconds } from '../operations/call-activity.ts';
import { ProcedureStopped } from './procedure-end.ts';
import type { StepNotes } from './step-notes.ts';

const lockLookSeconds = 30;

interface Approval {
  readonly step: string;
  /** `[a-z0-9-]`, unique in the operation. */
  readonly name: string;
  /** What to look at before deciding. */
  readonly detail: string;
  readonly days: number;
}

/** What a procedure waits for: people, and other procedures. */
export interface Waits {
  /** A step that people decide. The procedure stops where they reject it, or nobody decides. */
  readonly approval: (approval: Approval) => Steps<void>;
  /**
   * Does work under a lock that another procedure may have; waits for it as long as that one takes, which may be
   * people's days.
   */
  readonly locked: (lock: { readonly lock: string; readonly step: string }, work: () => Steps<unknown>) => Steps<void>;
}

export function createWaits(context: OrchestrationContext, operationId: string, notes: StepNotes): Waits {
  return {
    *approval({ step, name, detail, days }) {
      yield* notes.begin(step);
      const answer = yield* askPeople(context, { operationId, name, detail, days });
      if (answer === 'canceled') throw new ProcedureStopped({ status: 'canceled' });
      const message = `It was ${answer}.`;
      if (answer !== 'approved') return yield* notes.fail(step, { code: 'notApproved', message, detail: message });
      yield* notes.end(step, 'Approved.');
    },

    *locked({ lock, step }, work) {
      for (let looks = 0; ; looks += 1) {
        const taken = yield* callActivity(context, takeLock, { lock, operationId });
        if (taken.outcome === 'taken') break;
        yield* notes.begin(step);
        yield* notes.waiting(step, `Waits for operation ${taken.by}, which is at work there.`);
        yield* waitSeconds(context, nextLookSeconds(lockLookSeconds, looks));
      }
      try {
        yield* work();
      } finally {
        yield* callActivity(context, releaseLock, { lock, operationId });
      }
    },
  };
}
