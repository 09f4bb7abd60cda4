import { type CsvErrorCode, parse } from 'csv-parse/sync';
import { AppError, type Problem } from '../../domain/app-error.ts';
import type { ImportRow } from '../../services/gateways/import-certificates.ts';
import { shapeProblems } from '../http/shape-problems.ts';
import { certificateToRegisterSchema } from './certificate-to-register.ts';

const linesMax = 2000;
const columnsMax = 50;
const recordCharactersMax = 32 * 1024;

/** Columns that are read, whatever their letter case, blanks and hyphens: `Not after` is notAfter. */
const columns = Object.keys(certificateToRegisterSchema.shape) as (keyof typeof certificateToRegisterSchema.shape)[];

type Places = ReadonlyMap<(typeof columns)[number], number>;

/** Numbers of the first and the last line, from 1. */
interface Lines {
  readonly from: number;
  readonly to: number;
}

interface CsvRecord extends Lines {
  readonly fields: readonly string[];
}

interface CsvFault {
  readonly line: number;
  readonly code: CsvErrorCode | undefined;
}

/**
 * Reads a list of certificates from CSV with a header, separated by commas, semicolons or tabs, as spreadsheets write
 * it. Lines that cannot be read are told beside the others, also where a double quote makes one of many: none is passed
 * over. ERR_REQUEST_INVALID where there is nothing to read by, or the reader came to no end.
 */
export function readCertificateCsv(text: string): readonly ImportRow[] {
  const lines = text.replaceAll(/\r\n?/g, '\n').split('\n');
  const { records, faults } = parseRecords(lines.join('\n'));
  const stop = faults.find(({ code }) => code !== undefined && stopTexts[code] !== undefined);
  if (stop?.code !== undefined) {
    const [problemCode, message] = stopTexts[stop.code] ?? ['wrongFormat', ''];
    throw refused(problemCode, `From line ${stop.line} on nothing can be read: ${message}`, quotesFix);
  }
  const unread = (from: number, to: number): ImportRow[] => {
    const isText = (line: string): boolean => line.trim() !== '';
    const first = lines.slice(from - 1, to).findIndex(isText);
    if (first < 0) return [];
    const fault = faults.find(({ line }) => line >= from && line <= to);
    const span = { from: from + first, to: lines.slice(0, to).findLastIndex(isText) + 1 };
    return [{ line: span.from, problems: [unreadable(span, fault?.code)] }];
  };
  const [header, ...rest] = records;
  const beforeHeader = unread(1, header === undefined ? lines.length : header.from - 1);
  if (beforeHeader.length > 0 || (header !== undefined && header.from !== header.to)) {
    throw refused('wrongFormat', 'The double quotes of the first line do not fit together.', quotesFix);
  }
  if (header === undefined) {
    throw refused('empty', 'There is no line.', 'Send a header and a line for each certificate.');
  }
  const places = placesOf(header.fields);
  const rows: ImportRow[] = [];
  let last = header.to;
  for (const record of rest) {
    rows.push(...unread(last + 1, record.from - 1), toRow(record, places, header.fields.length));
    last = record.to;
  }
  if (rest.length <= linesMax) rows.push(...unread(last + 1, lines.length));
  if (rows.length > linesMax) {
    throw refused(
      'tooMany',
      `There are more than ${linesMax} lines.`,
      'Divide the file; what is registered already stays.',
    );
  }
  if (rows.length === 0) throw refused('empty', 'There is only a header.', 'Send a line for each certificate.');
  return rows;
}

/** One record more than are taken at most. What the parser does not answer it tells of, once or several times. */
function parseRecords(text: string): { readonly records: readonly CsvRecord[]; readonly faults: readonly CsvFault[] } {
  const faults: CsvFault[] = [];
  const parsed = parse(text, {
    bom: true,
    delimiter: separatorOf(text),
    info: true,
    max_record_size: recordCharactersMax,
    record_delimiter: '\n',
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    to: linesMax + 2,
    trim: true,
    on_skip: (error) => {
      faults.push({ line: Number(error?.['lines'] ?? 0), code: error?.code });
      return undefined;
    },
  }) as unknown as readonly { readonly record: readonly string[]; readonly info: { readonly lines: number } }[];
  const records = parsed.map(({ record: fields, info: { lines: to } }) => {
    const breaks = fields.reduce((sum, field) => sum + field.split('\n').length - 1, 0);
    return { fields, from: to - breaks, to };
  });
  return { records, faults };
}

/** Outside of quotes, whichever the header has most of. */
function separatorOf(text: string): string {
  const [header = ''] = text.slice(0, recordCharactersMax).split(/[\r\n]/, 1);
  const bare = header.replaceAll(/"[^"]*"/g, '');
  const count = (separator: string): number => bare.split(separator).length;
  return [',', ';', '\t'].reduce((best, one) => (count(one) > count(best) ? one : best));
}

function placesOf(header: readonly string[]): Places {
  if (header.length > columnsMax) {
    throw refused(
      'tooMany',
      `There are ${header.length} columns.`,
      `Send at most ${columnsMax}: ${columns.join(', ')}.`,
    );
  }
  const names = header.map((name) => name.toLowerCase().replaceAll(/[\s_-]/g, ''));
  const places = new Map<(typeof columns)[number], number>();
  for (const column of columns) {
    const found = names.flatMap((name, place) => (name === column.toLowerCase() ? [place] : []));
    if (found.length > 1) {
      throw refused('duplicateField', `The column ${column} appears ${found.length} times.`, 'Send it once.');
    }
    const [place] = found;
    if (place !== undefined) places.set(column, place);
  }
  const isEnough = places.has('owner') && (places.has('certificate') || places.has('thumbprint'));
  if (isEnough) return places;
  // What it reads is not repeated: somebody may have sent a key.
  const message = `The first line does not name the columns that are needed. It has ${header.length} columns.`;
  const fix = `The first line names the columns: owner and certificate or thumbprint, and what else is known of ${columns.join(', ')}.`;
  throw refused('missingField', message, fix);
}

/** Blocks of PEM and nothing around them: of what a quote has swallowed there is at least a separator more. */
const pemBlocks = /^(?:-----BEGIN [A-Z0-9 ]+-----[A-Za-z0-9+/=\s]*-----END [A-Z0-9 ]+-----\s*)+$/;

function toRow({ fields: record, from, to }: CsvRecord, places: Places, width: number): ImportRow {
  const line = from;
  const mayBreak = (place: number, field: string): boolean =>
    place === places.get('certificate') && pemBlocks.test(field);
  if (record.some((field, place) => field.includes('\n') && !mayBreak(place, field))) {
    const message = `Lines ${from} to ${to} are one, because of a double quote. Nothing of them was taken.`;
    const fix = `Only a certificate in PEM may have line breaks. ${quotesFix}`;
    return { line, problems: [{ path: '', code: 'wrongFormat', message, fix }] };
  }
  if (record.length > width) {
    const message = `The line has ${record.length} fields, and the header ${width}.`;
    const fix = 'Put fields that hold the separator into double quotes.';
    return { line, problems: [{ path: '', code: 'tooMany', message, fix }] };
  }
  const fields = [...places].flatMap(([column, place]): [string, string][] => {
    const value = record[place] ?? '';
    return value === '' ? [] : [[column, value]];
  });
  const parsed = certificateToRegisterSchema.safeParse(Object.fromEntries(fields), { reportInput: true });
  return parsed.success ? { line, asked: parsed.data } : { line, problems: shapeProblems(parsed.error) };
}

const quotesFix = 'Write a double quote inside a field twice, and put the field into double quotes.';

/** After these the parser reads no further. */
const stopTexts: Partial<Record<CsvErrorCode, readonly ['tooLarge' | 'wrongFormat', string]>> = {
  CSV_MAX_RECORD_SIZE: [
    'tooLarge',
    `the line has more than ${recordCharactersMax} characters, or a double quote before it is not closed.`,
  ],
  CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE: [
    'wrongFormat',
    'there is text after the double quote that closes a field.',
  ],
};

function unreadable({ from, to }: Lines, code: CsvErrorCode | undefined): Problem {
  const what =
    code === 'CSV_QUOTE_NOT_CLOSED'
      ? 'a double quote is opened and never closed.'
      : 'the double quotes do not fit together.';
  const message = `${from === to ? `Line ${from}` : `Lines ${from} to ${to}`}: ${what}`;
  return { path: '', code: 'wrongFormat', message, fix: quotesFix };
}

function refused(
  code: 'empty' | 'tooMany' | 'tooLarge' | 'duplicateField' | 'missingField' | 'wrongFormat',
  message: string,
  fix: string,
): AppError {
  return new AppError('ERR_REQUEST_INVALID', 'The list cannot be read; see errors.', {
    problems: [{ path: '/csv', code, message, fix }],
  });
}
