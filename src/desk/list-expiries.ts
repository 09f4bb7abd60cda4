import { addDays, dayMs, dayOf } from '../domain/days.ts';
import { mapInGroups } from './map-in-groups.ts';
import { isQuiet, type DescribeExpiring, type Expiries, type ExpiringItem, type Expiry } from './expiries.ts';

export interface ListExpiriesOptions {
  readonly expiries: Pick<Expiries, 'list'>;
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

const daysAtOnce = 8;
const readsAtOnce = 20;

/** What ends between now and so many days from now and is still in use, earliest first. Reads those days and no others. */
export async function listExpiries(
  { expiries, describe, now }: ListExpiriesOptions,
  { withinDays, top, after = '' }: ExpiriesQuery,
): Promise<ExpiriesPage> {
  const from = now().toISOString();
  const until = new Date(now().getTime() + withinDays * dayMs).toISOString();
  const items: ExpiringItem[] = [];
  const days = daysToRead(dayOf(now()), withinDays).filter((day) => day >= after.slice(0, 10));
  for (let start = 0; start < days.length; start += daysAtOnce) {
    const expiring = (await mapInGroups(days.slice(start, start + daysAtOnce), daysAtOnce, expiries.list)).flat();
    const asked = expiring.filter(
      (expiry) => expiry.notAfter >= from && expiry.notAfter <= until && positionOf(expiry) > after,
    );
    const found = await mapInGroups(asked, readsAtOnce, (expiry) => withState(expiry, describe));
    items.push(...found.filter((item) => item !== undefined));
    const last = items[top - 1];
    if (items.length > top && last !== undefined) return { items: items.slice(0, top), continuation: positionOf(last) };
  }
  return { items };
}

async function withState(expiry: Expiry, describe: DescribeExpiring): Promise<ExpiringItem | undefined> {
  const described = await describe(expiry.kind, expiry.id);
  return described === undefined || isQuiet(described.state) ? undefined : { ...expiry, state: described.state };
}

function daysToRead(today: string, withinDays: number): readonly string[] {
  return Array.from({ length: Math.ceil(withinDays) + 1 }, (_, count) => addDays(today, count));
}

function positionOf({ notAfter, kind, id }: Expiry): string {
  return `${notAfter}-${kind}-${id}`;
}
