import { RestError } from '@azure/data-tables';

function hasStatus(error: unknown, ...statuses: readonly number[]): boolean {
  return error instanceof RestError && error.statusCode !== undefined && statuses.includes(error.statusCode);
}

export function isNotFound(error: unknown): boolean {
  return hasStatus(error, 404);
}

/** The row exists already (409) or is not as it was read (412): somebody else has written. */
export function isConflict(error: unknown): boolean {
  return hasStatus(error, 409, 412);
}
