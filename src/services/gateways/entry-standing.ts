/**
 * How far a root or a revocation has come, by what a look at its gateway, or Azure's refusal, says. Nothing is read or
 * written.
 */
import { afterRefusal } from '../../domain/entry-refusals.ts';
import { without } from '../../domain/without.ts';
import type { GatewayRevocation, GatewayRoot } from '../../stores/records/gateways.ts';
import { isInForce } from './desired-entries.ts';

/** Where an entry stands after a look at the gateway. */
export type Standing = 'present' | 'settling' | 'absent';

export function withRefusal<Row extends GatewayRoot | GatewayRevocation>(
  row: Row,
  refusal: { readonly reason: string; readonly isNamed: boolean },
  mark: string,
  now: Date,
): Row {
  const { evidence, isRefused, retryAt } = afterRefusal(row.evidence, refusal, now);
  const noted = { ...row, evidence, retryAt, reason: refusal.reason, updatedAt: now.toISOString() };
  return isRefused ? { ...noted, state: 'refused', refusedUnder: mark } : noted;
}

/** The row without what stood against it: Azure has taken the entry. */
export function accepted<Row extends GatewayRoot | GatewayRevocation>(row: Row): Row {
  return without(row, 'evidence', 'retryAt', 'refusedUnder', 'reason', 'startsAt') as Row;
}

/** What is said of an entry whose change waits until then. */
export function deferralReason(startsAt: string): string {
  return `Waits for the change window of the gateway, which opens at ${startsAt}.`;
}

/** The change has not been made, and is not begun before then. */
export function deferred<Row extends GatewayRoot | GatewayRevocation>(row: Row, startsAt: string, at: string): Row {
  if (row.state === 'deferred' && row.startsAt === startsAt) return row;
  const kept = without(row, 'retryAt') as Row;
  return { ...kept, state: 'deferred', reason: deferralReason(startsAt), startsAt, updatedAt: at };
}

/** The window has opened, or is not there any more: it is as if it had just been asked for. */
function awake<Row extends GatewayRoot | GatewayRevocation>(row: Row, state: Row['state']): Row {
  return row.state === 'deferred' ? { ...(without(row, 'reason', 'startsAt') as Row), state } : row;
}

/** What is left out for want of room waits for room, and for no time: nothing stands against it. */
export function overLimit<Row extends GatewayRoot | GatewayRevocation>(row: Row, at: string): Row {
  if (row.state === 'overLimit') return row;
  const kept = without(accepted(row), 'clearAt', 'provenAt', 'unproven') as Row;
  return { ...kept, state: 'overLimit', updatedAt: at };
}

export function overLimitReason(kind: 'root' | 'revocation'): string {
  return kind === 'root'
    ? 'Not in force: the gateway holds 20 roots, which is as many as Azure takes. It is added when one leaves.'
    : 'Not in force: the gateway holds 300 revocations, which is as many as Azure takes. Those of compromised keys go first, then what is in force already, and those of unknown roots last. It is added when there is room.';
}

/**
 * What was seen in force stays so while Azure works on something else; a root that is off has its sessions looked at.
 */
export function rootWithStanding(known: GatewayRoot, standing: Standing, at: string): GatewayRoot {
  const row = awake(known, known.wanted ? 'requested' : 'removing');
  if (row.wanted) {
    if (standing === 'present') {
      return row.state === 'trusted' ? row : { ...accepted(row), state: 'trusted', updatedAt: at };
    }
    if (row.state === 'refused' || row.state === 'requested') return row;
    if (row.state === 'trusted' && standing === 'settling') return row;
    return { ...row, state: 'requested', updatedAt: at };
  }
  if (standing === 'absent') {
    return row.state === 'removed' ? row : { ...accepted(row), state: 'removed', sessions: 'open', updatedAt: at };
  }
  return row.state === 'removing'
    ? row
    : { ...without(row, 'sessions', 'clearAt', 'provenAt'), state: 'removing', updatedAt: at };
}

/** A revocation that was cut or proven stays so while it is listed; one that vanished begins again. */
export function revocationWithStanding(known: GatewayRevocation, standing: Standing, at: string): GatewayRevocation {
  const row = awake(known, known.wanted ? 'requested' : 'reinstating');
  if (!row.wanted) {
    if (standing === 'absent') {
      return row.state === 'removed' ? row : { ...accepted(row), state: 'removed', updatedAt: at };
    }
    return row.state === 'refused' || row.state === 'reinstating'
      ? row
      : { ...row, state: 'reinstating', updatedAt: at };
  }
  if (standing === 'present') {
    return isInForce(row.state) ? row : { ...accepted(row), state: 'listed', listedAt: at, updatedAt: at };
  }
  if (row.state === 'refused' || row.state === 'requested') return row;
  // Azure marks every entry with the state of the gateway's last write: that says nothing against what is in force.
  if (standing === 'settling' && isInForce(row.state)) return row;
  return { ...without(row, 'listedAt', 'clearAt', 'provenAt', 'unproven'), state: 'requested', updatedAt: at };
}
