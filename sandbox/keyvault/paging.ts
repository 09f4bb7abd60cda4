import { apiVersion, type VaultCall } from './vault.ts';
import { badParameter } from './vault-error.ts';

const pageMax = 25;

/** One page of a list, with the link to the next; `path` is the list's own. */
export function answerPage(
  items: readonly unknown[],
  call: VaultCall,
  path: string,
): { status: number; body: unknown } {
  const size = readPageSize(call.query.get('maxresults'));
  const start = Number(call.query.get('$skiptoken') ?? '0');
  if (!Number.isInteger(start) || start < 0) throw badParameter('The continuation token is not valid.');
  const end = start + size;
  const query = new URLSearchParams({ 'api-version': apiVersion, $skiptoken: String(end), maxresults: String(size) });
  const nextLink = end < items.length ? `${call.origin}${path}?${query.toString()}` : null;
  return {
    status: 200,
    body: { value: items.slice(start, end), ...(nextLink === null ? {} : { nextLink }) },
  };
}

function readPageSize(text: string | null): number {
  const size = Number(text ?? String(pageMax));
  if (!Number.isInteger(size) || size < 1 || size > pageMax) {
    throw badParameter(`maxresults must be between 1 and ${pageMax}.`);
  }
  return size;
}
