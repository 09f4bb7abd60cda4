import { sha256Hex } from '../../stores/digest.ts';
import type { Audit, AuditRow } from './audit.ts';

/** Divides the hour, so that no row of an hour is written after it has closed. */
const sliceMs = 5 * 60 * 1000;
/** Rows of their own that an address gets in a slice, and all addresses together. */
const rowsPerAddressMax = 50;
const rowsMax = 200;
const addressesMax = 100;
const everybodyElse = 'others';

/**
 * The audit of callers who were turned away before anybody knew them: bounded, because they can send as much as they
 * like. The first of an address have a row each; the rest of the slice is one row that counts them, written again as
 * the count doubles.
 */
export interface TurnedAway {
  /** `address` is whom the row is counted against. */
  write(row: AuditRow, address: string): Promise<void>;
}

export function createTurnedAway(options: {
  readonly audit: Pick<Audit, 'write'>;
  /** Tells this instance's counts from those of others. */
  readonly instanceId: string;
}): TurnedAway {
  let sliceStart = 0;
  let rows = 0;
  let counts = new Map<string, number>();

  return {
    write: async (row, address) => {
      const start = Math.floor(Date.parse(row.at) / sliceMs) * sliceMs;
      if (start !== sliceStart) {
        sliceStart = start;
        rows = 0;
        counts = new Map();
      }
      const counted = counts.has(address) || counts.size < addressesMax ? address : everybodyElse;
      const count = (counts.get(counted) ?? 0) + 1;
      counts.set(counted, count);
      if (counted !== everybodyElse && count <= rowsPerAddressMax && rows < rowsMax) {
        rows += 1;
        await options.audit.write(row);
      } else if (Number.isInteger(Math.log2(count))) {
        await options.audit.write(summary(row, { start, counted, count, instanceId: options.instanceId }));
      }
    },
  };
}

function summary(
  { source, ...row }: AuditRow,
  slice: { readonly start: number; readonly counted: string; readonly count: number; readonly instanceId: string },
): AuditRow {
  const { start, counted, count, instanceId } = slice;
  return {
    ...row,
    at: new Date(start).toISOString(),
    requestId: `turned-away-${sha256Hex(`${instanceId}/${counted}`).slice(0, 32)}`,
    action: 'caller.turnedAway',
    target: {},
    count,
    ...(source === undefined || counted === everybodyElse ? {} : { source }),
  };
}
