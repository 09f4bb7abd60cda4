import { addDays, dayMs, dayOf } from '../../domain/days.ts';
import { mapInGroups } from '../../stores/map-in-groups.ts';
import { type DescribeExpiring, type Expiries, type ExpiringItem, type Expiry, isQuiet } from './expiries.ts';

export interface ListExpiriesOptions {
  readonly expiries: Pick<Expiries, 'listBetween'>;
  readonly describe: DescribeExpiring;
  readonly now: () => Date;
}

export interface ExpiriesQuery {
  readonly withinDays: number;
  readonly top: number;
  /** Where the last page ended. */
  readonly after?: string | undefined;
}

export interface ExpiriesPage {
  readonly items: readonly ExpiringItem[];
  readonly continuation?: string;
}

/** The first days that are read; a stretch that filled no page is followed by one four times as long. */
const stretchDaysMin = 8;
const stretchGrowth = 4;
const readsAtOnce = 20;

/**
 * What ends between now and so many days from now and is still in use, earliest first. Reads those days and no others.
 */
export async function listExpiries(
  { expiries, describe, now }: ListExpiriesOptions,
  { withinDays, top, after = '' }: ExpiriesQuery,
): Promise<ExpiriesPage> {
  const from = now().toISOString();
  const until = new Date(now().getTime() + withinDays * dayMs).toISOString();
  const items: ExpiringItem[] = [];
  let day = after > from ? after.slice(0, 10) : dayOf(now());
  for (let stretchDays = stretchDaysMin; day <= until.slice(0, 10); stretchDays *= stretchGrowth) {
    const next = earlier(addDays(day, stretchDays), addDays(until.slice(0, 10), 1));
    const asked = (await expiries.listBetween(day, next)).filter(
      (expiry) => expiry.notAfter >= from && expiry.notAfter <= until && positionOf(expiry) > after,
    );
    const found = await mapInGroups(asked, readsAtOnce, (expiry) => withState(expiry, describe));
    items.push(...found.filter((item) => item !== undefined));
    const last = items[top - 1];
    if (items.length > top && last !== undefined) return { items: items.slice(0, top), continuation: positionOf(last) };
    day = next;
  }
  return { items };
}

function earlier(a: string, b: string): string {
  return a < b ? a : b;
}

async function withState(expiry: Expiry, describe: DescribeExpiring): Promise<ExpiringItem | undefined> {
  const described = await describe(expiry.kind, expiry.id);
  return described === undefined || isQuiet(described.state) ? undefined : { ...expiry, state: described.state };
}

function positionOf({ notAfter, kind, id }: Expiry): string {
  return `${notAfter}-${kind}-${id}`;
}
