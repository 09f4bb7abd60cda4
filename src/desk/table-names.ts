/** Every table of the application. They are created at start, and a deployment's permissions are checked against this list. */
export const tableNames = [
  'ApiKeys',
  'Audit',
  'AuditSeals',
  'Claims',
  'Expiries',
  'Idempotency',
  'Notices',
  'OperationIndex',
  'Operations',
  'Outbox',
  'OutboxPending',
  'Owners',
  'Unfinished',
] as const;
