import { sha256Hex } from '../../stores/digest.ts';
import type { Audit, AuditRow } from './audit.ts';

/** Who the audit names where nobody asked: the service itself, from a timer. */
const ownName = 'gatehouse';

export interface OwnAct extends Pick<AuditRow, 'action' | 'target' | 'reason' | 'operationId'> {
  /** What names the act, where that is not its time: noted twice after a crash, its rows have one request id. */
  readonly key?: string;
}

/** Notes in the audit what a watch or a sweep has done by itself. Its time is now: the hours before may be sealed. */
export async function noteOwnAct(
  { audit, now }: { readonly audit: Pick<Audit, 'write'>; readonly now: () => Date },
  { key, ...act }: OwnAct,
): Promise<void> {
  const at = now().toISOString();
  const name = JSON.stringify([key ?? at, act.action, act.operationId ?? '', ...Object.values(act.target)]);
  await audit.write({ ...act, at, requestId: sha256Hex(name).slice(0, 32), phase: 'outcome', who: ownName });
}
