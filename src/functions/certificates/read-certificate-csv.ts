import { type CsvErrorCode, parse } from 'csv-parse/sync';
import { AppError, type Problem } from '../../domain/app-error.ts';
import { cutText } from '../../domain/cut-text.ts';
import type { ImportRow } from '../../services/gateways/import-certificates.ts';
import { shapeProblems } from '../http/shape-problems.ts';
import { certificateToRegisterSchema } from './certificate-to-register.ts';

const linesMax = 2000;
const columnsMax = 50;
const recordCharactersMax = 32 * 1024;

/** Columns that are read, whatever their letter case, blanks and hyphens: `Not after` is notAfter. */
const columns = Object.keys(certificateToRegisterSchema.shape) as (keyof typeof certificateToRegisterSchema.shape)[];

/** With `info`, each record comes with the number of its last line. */
interface CsvRecord {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

/**
 * Reads a list of certificates from CSV with a header, separated by commas, semicolons or tabs, as spreadsheets write it. A line
 * that cannot be read is told beside the others; ERR_REQUEST_INVALID where there is nothing to read by.
 */
export function readCertificateCsv(text: string): readonly ImportRow[] {
  // By their lines: one that is broken may be told of several times.
  const faults = new Map<number, ImportRow>();
  const separator = separatorOf(text);
  const records = parse(text, {
    bom: true,
    delimiter: separator,
    info: true,
    max_record_size: recordCharactersMax,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    to: linesMax + 2,
    trim: true,
    on_skip: (error) => {
      const line = Number(error?.['lines'] ?? 0);
      if (!faults.has(line)) faults.set(line, { line, problems: [unreadable(error?.code)] });
      return undefined;
    },
  }) as unknown as readonly CsvRecord[];
  const [header, ...lines] = records;
  if (header === undefined) {
    throw refused('empty', 'There is no line.', 'Send a header and a line for each certificate.');
  }
  const places = placesOf(header.record);
  if (lines.length + faults.size > linesMax) {
    throw refused(
      'tooMany',
      `There are more than ${linesMax} lines.`,
      'Divide the file; what is registered already stays.',
    );
  }
  const read = lines.map(({ record, info }) => toRow(record, info.lines, places, header.record.length));
  const rows = [...read, ...faults.values()].toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));
  if (rows.length === 0) throw refused('empty', 'There is only a header.', 'Send a line for each certificate.');
  return rows;
}

/** Outside of quotes, whichever the header has most of. */
function separatorOf(text: string): string {
  const [header = ''] = text.slice(0, recordCharactersMax).split(/[\r\n]/, 1);
  const bare = header.replaceAll(/"[^"]*"/g, '');
  const count = (separator: string): number => bare.split(separator).length;
  return [',', ';', '\t'].reduce((best, one) => (count(one) > count(best) ? one : best));
}

function placesOf(header: readonly string[]): ReadonlyMap<(typeof columns)[number], number> {
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
  const seen = cutText(header.join(', '), 200);
  const fix = `The first line names the columns: owner and certificate or thumbprint, and what else is known of ${columns.join(', ')}.`;
  throw refused('missingField', `The first line does not name the columns that are needed. It reads: ${seen}`, fix);
}

function toRow(
  record: readonly string[],
  line: number,
  places: ReadonlyMap<(typeof columns)[number], number>,
  width: number,
): ImportRow {
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

const faultTexts: Partial<Record<CsvErrorCode, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'A double quote is opened and never closed.',
  CSV_MAX_RECORD_SIZE: `The line has more than ${recordCharactersMax} characters.`,
};

function unreadable(code: CsvErrorCode | undefined): Problem {
  const message = (code && faultTexts[code]) ?? 'The quotes of the line do not fit together.';
  const fix = 'Write a double quote inside a field twice, and put the field into double quotes.';
  return { path: '', code: 'wrongFormat', message, fix };
}

function refused(
  code: 'empty' | 'tooMany' | 'duplicateField' | 'missingField',
  message: string,
  fix: string,
): AppError {
  return new AppError('ERR_REQUEST_INVALID', 'The list cannot be read; see errors.', {
    problems: [{ path: '/csv', code, message, fix }],
  });
}
