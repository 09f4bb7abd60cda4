/**
 * What two requests under one idempotency key are compared by: query and body, with the fields that hold secrets (JSON
 * Pointers into the body) left out, so that no hash of a password is ever stored.
 */
export function comparableContent(
  content: { readonly query: unknown; readonly body: unknown },
  secretFields: readonly string[],
): unknown {
  const paths = secretFields.map((pointer) => pointer.split('/').slice(1));
  return { query: content.query, body: paths.reduce(withoutPath, content.body) };
}

function withoutPath(value: unknown, [name, ...rest]: readonly string[]): unknown {
  if (name === undefined || typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).filter(([field]) => field !== name || rest.length > 0);
  return Object.fromEntries(
    entries.map(([field, member]) => [field, field === name ? withoutPath(member, rest) : (member as unknown)]),
  );
}
