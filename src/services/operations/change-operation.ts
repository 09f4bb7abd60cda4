import type { OperationRecord } from './operation-record.ts';

/**
 * Changes a record under its etag, tried again when another was quicker; undefined from `changed` leaves it as it is.
 */
export type ChangeOperation = (
  id: string,
  changed: (record: OperationRecord) => OperationRecord | undefined,
) => Promise<OperationRecord | undefined>;
