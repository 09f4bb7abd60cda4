import type { IncomingMessage } from 'node:http';

/** Kestrel's limits: the request line with its ending, and all header lines together. */
const requestLineBytesMax = 8192;
export const headerBytesMax = 32 * 1024;

/**
 * The status with which the host's web server refuses a request by itself, with an empty body, before any function or
 * key is looked at; undefined when it lets it through. Percent signs that mean nothing are let through.
 */
export function refusalOf({ method = '', url = '', httpVersion, headers }: IncomingMessage): number | undefined {
  if (`${method} ${url} HTTP/${httpVersion}\r\n`.length > requestLineBytesMax) return 414;
  const [path = ''] = url.split('?');
  if (path.includes('%00')) return 400;
  // Node reads header bytes as Latin-1, so every byte is one character here.
  return Object.values(headers)
    .flat()
    .some((value) => /[^\x20-\x7e\t]/.test(value ?? ''))
    ? 400
    : undefined;
}

/** Percent-decodes as the host does: what is no UTF-8 stays as it was sent. */
export function decodePath(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run;
    }
  });
}
