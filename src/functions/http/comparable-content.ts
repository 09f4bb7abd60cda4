import type { ComparedContent } from '../../services/requests/idempotency.ts';

/**
 * What two requests under one idempotency key are compared by: query and body, where the fields that hold secrets (JSON
 * Pointers into the body) stand apart, since nothing that is quickly guessed is kept of them.
 */
export function comparableContent(
  { query, body }: { readonly query: unknown; readonly body: unknown },
  secretFields: readonly string[],
): ComparedContent {
  const paths = secretFields.map((pointer) => pointer.split('/').slice(1));
  return {
    open: { query, body: paths.reduce(withoutPath, body) },
    secrets: paths.map((path) => valueAt(body, path)),
  };
}

function valueAt(value: unknown, [name, ...rest]: readonly string[]): unknown {
  if (name === undefined) return value;
  return isObject(value) ? valueAt(value[name], rest) : undefined;
}

function withoutPath(value: unknown, [name, ...rest]: readonly string[]): unknown {
  if (name === undefined || !isObject(value)) return value;
  const entries = Object.entries(value).filter(([field]) => field !== name || rest.length > 0);
  return Object.fromEntries(
    entries.map(([field, member]) => [field, field === name ? withoutPath(member, rest) : member]),
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
