import type { TableEntity } from '@azure/data-tables';
import type { Columns, RowKeys } from '../ports/tables.ts';

/** A string property holds 64 KiB as UTF-16; longer text goes on in columns `<name>__1`, `<name>__2` and so on. */
const textLengthMax = 32_000;
const continued = /^(.+)__(\d+)$/;
const writeIdColumn = 'writeId';
/** The service's own, besides keys and etag. */
const serviceColumns = new Set(['partitionKey', 'rowKey', 'etag', 'timestamp', 'odata.metadata', writeIdColumn]);

type Property = readonly [name: string, value: unknown];

const int32Max = 2 ** 31 - 1;

/**
 * A row as the SDK writes it. Keys must not hold `/ \ # ?` or control characters; callers check what comes from
 * outside.
 */
export function toEntity(keys: RowKeys, columns: Columns, writeId: string): TableEntity {
  const entries = Object.entries(columns).flatMap(([name, value]): readonly Property[] => {
    if (serviceColumns.has(name)) throw new Error(`Column ${name} belongs to the table service.`);
    if (typeof value === 'string') return chunks(name, value);
    return [[name, typeof value === 'number' ? toNumber(value) : value]];
  });
  return { ...Object.fromEntries(entries), [writeIdColumn]: writeId, ...keys };
}

export function fromEntity(entity: Readonly<Record<string, unknown>>): Columns {
  const columns: Record<string, string | number | boolean> = {};
  const rest: { readonly name: string; readonly position: number; readonly text: string }[] = [];
  for (const [name, value] of Object.entries(entity)) {
    const match = continued.exec(name);
    if (serviceColumns.has(name)) continue;
    if (match !== null && typeof value === 'string') {
      rest.push({ name: match[1] ?? '', position: Number(match[2]), text: value });
    } else if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      columns[name] = value;
    }
  }
  for (const { name, text } of rest.sort((a, b) => a.position - b.position)) {
    columns[name] = `${String(columns[name] ?? '')}${text}`;
  }
  return columns;
}

export function writeIdOf(entity: Readonly<Record<string, unknown>>): unknown {
  return entity[writeIdColumn];
}

function chunks(name: string, text: string): readonly Property[] {
  const properties: Property[] = [];
  for (let start = 0; start < text.length || start === 0;) {
    let end = start + textLengthMax;
    // Never between the halves of a surrogate pair: half a character does not survive the way to the service.
    if (end < text.length && /[\ud800-\udbff]/.test(text.charAt(end - 1))) end -= 1;
    properties.push([properties.length === 0 ? name : `${name}__${properties.length}`, text.slice(start, end)]);
    start = end;
  }
  return properties;
}

/** The service takes a bare number for an Int32 and refuses larger ones; as a Double every safe integer fits. */
function toNumber(value: number): number | { readonly type: 'Double'; readonly value: string } {
  return Number.isInteger(value) && Math.abs(value) <= int32Max ? value : { type: 'Double', value: String(value) };
}
