import { z } from 'zod';

/** How a list is answered. `jsonl` is one JSON object on each line. */
export type ListFormat = 'json' | 'csv' | 'jsonl';

export const mediaTypes = {
  csv: 'text/csv; charset=utf-8; header=present',
  jsonl: 'application/x-ndjson; charset=utf-8',
} as const satisfies Partial<Record<ListFormat, string>>;

/** The query parameter `format`, for a list that can be taken away as a file. */
export const formatSchema = z
  .enum(['json', 'csv', 'jsonl'])
  .optional()
  .meta({ description: 'json, csv or jsonl (one object on each line); as the header Accept says if not given.' });

const formatsByType: ReadonlyMap<string, ListFormat> = new Map([
  ['text/csv', 'csv'],
  ['application/x-ndjson', 'jsonl'],
  ['application/jsonl', 'jsonl'],
  ['application/json', 'json'],
]);

/** The format that was named, or the one that the caller would rather have, or JSON. */
export function listFormat(named: ListFormat | undefined, headers: Pick<Headers, 'get'>): ListFormat {
  return named ?? preferredFormat(headers, formatsByType) ?? 'json';
}

/** The one of these formats that the caller would rather have (RFC 9110, section 12.5.1), by media type. */
export function preferredFormat<Format>(
  headers: Pick<Headers, 'get'>,
  byType: ReadonlyMap<string, Format>,
): Format | undefined {
  const wishes = (headers.get('accept') ?? '').split(',').flatMap((part) => {
    const [type = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
    const format = byType.get(type);
    const weight = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1');
    return format === undefined || !(weight > 0) ? [] : [{ format, weight }];
  });
  return wishes.toSorted((a, b) => b.weight - a.weight)[0]?.format;
}
