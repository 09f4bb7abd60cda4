/** The last hop is the one that the platform's own front end wrote; those before it are whatever the caller sent. */
export function sourceOf(headers: Pick<Headers, 'get'>): string | undefined {
  const hops = headers.get('x-forwarded-for')?.split(',') ?? [];
  const last = hops.at(-1)?.trim();
  return last === undefined || last === '' ? undefined : last;
}
