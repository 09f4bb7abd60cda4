import type { HttpRequest } from '@azure/functions';
import { AppError, invalidField } from '../../domain/app-error.ts';
import { parseJson } from './parse-json.ts';

/** The largest body that a route reads. */
const bodyBytesMax = 1024 * 1024;

/** The one charset that JSON is exchanged in (RFC 8259, section 8.1). */
const jsonMediaType = /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?;?$/i;

/**
 * The JSON value of the request's body; `{}` when there is none, so that the schema names what is missing. The host
 * hands over a body without a length as nothing: taken for none, it would lose what was asked for. Where a route takes
 * CSV, the text of such a body is its field `csv`.
 */
export async function readBody(request: HttpRequest, takesCsv = false): Promise<unknown> {
  if (Number(request.headers.get('content-length') ?? 0) > bodyBytesMax) throw tooLarge();
  const bytes = new Uint8Array(await request.arrayBuffer());
  if (bytes.byteLength > bodyBytesMax) throw tooLarge();
  if (bytes.byteLength === 0 && request.headers.has('transfer-encoding')) throw lengthRequired();
  if (bytes.byteLength === 0) return {};
  if (takesCsv && csvMediaType.test(request.headers.get('content-type') ?? '')) {
    checkEncoding(request.headers);
    return { csv: decodeText(bytes) };
  }
  checkMediaType(request.headers, takesCsv);
  const parsed = parseJson(bytes);
  if (parsed.outcome === 'parsed') return parsed.value;
  throw new AppError('ERR_REQUEST_INVALID', 'The body cannot be read; see errors.', { problems: parsed.problems });
}

function checkMediaType(headers: Pick<Headers, 'get'>, takesCsv: boolean): void {
  checkEncoding(headers);
  if (!jsonMediaType.test(headers.get('content-type')?.trim() ?? '')) {
    const or = takesCsv ? ', or as text/csv' : '';
    throw new AppError('ERR_MEDIA_TYPE', `Send the body as application/json in UTF-8${or}.`);
  }
}

function checkEncoding(headers: Pick<Headers, 'get'>): void {
  const encoding = headers.get('content-encoding');
  if (encoding !== null && encoding.toLowerCase() !== 'identity') {
    throw new AppError('ERR_MEDIA_TYPE', 'Compressed bodies are not read. Send the body without Content-Encoding.');
  }
}

/** UTF-8, or UTF-16 with its mark, as spreadsheets write "Unicode text". */
function decodeText(bytes: Uint8Array): string {
  const mark = Buffer.from(bytes.subarray(0, 2)).toString('hex');
  const encoding = mark === 'fffe' ? 'utf-16le' : mark === 'feff' ? 'utf-16be' : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    // The decoder throws for nothing else than bytes that are not of this encoding.
    const message = 'The file is not UTF-8.';
    throw invalidField('', 'invalidUtf8', message, 'Save it as "CSV UTF-8", or as Unicode text.');
  }
}

const csvMediaType = /^\s*text\/csv\s*(?:;|$)/i;

function lengthRequired(): AppError {
  return new AppError(
    'ERR_LENGTH_REQUIRED',
    'The body came in chunks, without its length, and cannot be read here. Send it whole, with Content-Length.',
  );
}

function tooLarge(): AppError {
  return new AppError('ERR_TOO_LARGE', `The body is larger than ${bodyBytesMax} bytes. Divide the request.`);
}
