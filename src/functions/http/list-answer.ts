import { type ListFormat, mediaTypes } from './answer-format.ts';
import { attachmentHeader } from './attachment-header.ts';
import type { RouteAnswer } from './route.ts';
import { writeCsv } from './write-csv.ts';

/** What stands in each column of a CSV file, by the column's name. */
export type CsvColumns<T> = Readonly<Record<string, (item: T) => string | number | undefined>>;

/** A page of a list in the format that was asked for: JSON, or a file whose header `Link` leads to the next page. */
export function listAnswer<T>(
  page: { readonly items: readonly T[]; readonly nextLink?: string },
  format: ListFormat,
  { fileStem, columns }: { readonly fileStem: string; readonly columns: CsvColumns<T> },
): RouteAnswer {
  if (format === 'json') return { status: 200, body: page };
  return {
    status: 200,
    bytes: {
      content: format === 'csv' ? toCsv(page.items, columns) : toJsonLines(page.items),
      contentType: mediaTypes[format],
    },
    headers: {
      'content-disposition': attachmentHeader(`${fileStem}.${format}`),
      ...(page.nextLink === undefined ? {} : { link: `<${page.nextLink}>; rel="next"` }),
    },
  };
}

function toJsonLines(items: readonly unknown[]): string {
  return items.map((item) => `${JSON.stringify(item)}\n`).join('');
}

function toCsv<T>(items: readonly T[], columns: CsvColumns<T>): string {
  const readers = Object.values(columns);
  return writeCsv(
    Object.keys(columns),
    items.map((item) => readers.map((read) => String(read(item) ?? ''))),
  );
}
