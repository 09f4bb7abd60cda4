import { cutText } from '../../domain/cut-text.ts';
import type { Arm, SessionList } from '../../ports/arm.ts';
import { type ScanItem, scannedGatewayKeys, type ScannedSessions } from '../../stores/records/inventory.ts';
import type { Stores } from '../../stores/stores.ts';
import { type Looked, type QueueWork, sayArm, troubleOf } from './scan-queue.ts';

export interface ScanSessionsOptions {
  readonly arm: Pick<Arm, 'startSessions' | 'pollSessions'>;
  readonly stores: Pick<Stores, 'scannedGateways'>;
  readonly now: () => Date;
}

/** Azure makes a list in some twenty seconds. */
const firstLookSeconds = 20;
const lookMaxSeconds = 160;
const listMaxMs = 10 * 60 * 1000;
const nameLengthMax = 128;
/**
 * Of the 500,000 characters that a row of the table service takes; the facts are in it as well. Names whose characters
 * JSON escapes take six times their length.
 */
const namesLengthMax = 200_000;

const none = { byName: [], furtherNames: 0, total: 0, unreadable: 0 } as const;

/** Asks Azure who is connected to each gateway: one POST and a few reads each. */
export function scanSessions({ arm, stores, now }: ScanSessionsOptions): QueueWork {
  async function write({ scanId, id, asked }: ScanItem, seen: Partial<ScannedSessions>): Promise<void> {
    const sessions = { askedAt: asked?.at ?? now().toISOString(), ...none, byName: [], ...seen };
    await stores.scannedGateways.update(scannedGatewayKeys(scanId, id), (gateway) => ({ ...gateway, sessions }));
  }

  async function start(item: ScanItem): Promise<Looked> {
    const answer = await arm.startSessions(item.id);
    if (answer.outcome === 'done') {
      const seconds = Math.max(firstLookSeconds, answer.retryAfterSeconds ?? 0);
      return { outcome: 'asked', seconds, asked: { at: now().toISOString(), state: answer.value, looks: 0 } };
    }
    const trouble = troubleOf(answer);
    if (trouble === undefined) await write(item, { notLookedAt: sayArm(answer) });
    return trouble ?? { outcome: 'written' };
  }

  async function look(item: ScanItem): Promise<Looked> {
    const { asked } = item;
    if (asked === undefined) return start(item);
    const answer = await arm.pollSessions(asked.state);
    switch (answer.outcome) {
      case 'succeeded':
        await write(item, countByName(answer.value));
        return { outcome: 'written' };
      case 'running': {
        if (now().getTime() - Date.parse(asked.at) > listMaxMs) {
          await write(item, { notLookedAt: 'Azure had not made the list of sessions after ten minutes.' });
          return { outcome: 'written' };
        }
        const looks = asked.looks + 1;
        const seconds = Math.max(answer.retryAfterSeconds, Math.min(lookMaxSeconds, firstLookSeconds * 2 ** looks));
        return { outcome: 'asked', seconds, asked: { ...asked, state: answer.state, looks } };
      }
      case 'busy':
      case 'unavailable':
        return {
          outcome: 'trouble',
          seconds: answer.retryAfterSeconds,
          why: sayArm(answer),
          isBusy: answer.outcome === 'busy',
        };
      case 'failed':
      case 'unreadable':
        await write(item, { notLookedAt: sayArm(answer) });
        return { outcome: 'written' };
    }
  }

  return { queue: 'sessions', batch: 6, look, giveUp: (item, why) => write(item, { notLookedAt: why }) };
}

function countByName({ sessions, unreadable }: SessionList): Partial<ScannedSessions> {
  const counts = new Map<string, number>();
  for (const { commonName } of sessions) counts.set(commonName, (counts.get(commonName) ?? 0) + 1);
  const all = [...counts].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const byName = fitting(all.map(([name, count]) => ({ name: cutText(name, nameLengthMax), count })));
  return { byName, furtherNames: all.length - byName.length, total: sessions.length, unreadable };
}

/** As many from the beginning as a row has room for. */
function fitting(names: ScannedSessions['byName']): ScannedSessions['byName'] {
  let room = namesLengthMax;
  const kept: ScannedSessions['byName'] = [];
  for (const name of names) {
    room -= JSON.stringify(name).length + 1;
    if (room < 0) break;
    kept.push(name);
  }
  return kept;
}
