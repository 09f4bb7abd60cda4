import { compareRanges, contains } from '../address-range.ts';
import type { LocatedRange } from './subject.ts';

interface RangeOverlap {
  readonly inner: LocatedRange;
  readonly outer: LocatedRange;
}

/**
 * One entry for each range that lies inside another of the list: as many as there are ranges at most, however many
 * pairs overlap, so that a hostile plan gets a bounded answer.
 */
export function findOverlaps(ranges: readonly LocatedRange[]): readonly RangeOverlap[] {
  const found: RangeOverlap[] = [];
  let outer: LocatedRange | undefined;
  // Ranges nest or are apart. In this order, a range that overlaps an earlier one lies inside the last outermost one.
  for (const inner of ranges.toSorted((a, b) => compareRanges(a.range, b.range))) {
    if (outer !== undefined && contains(outer.range, inner.range)) found.push({ inner, outer });
    else outer = inner;
  }
  return found;
}
