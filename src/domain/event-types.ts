/**
 * Every type of event that goes out. Each has an entry in docs/runbook.md: what it means, what to look at, what to do.
 * A type's version goes up when its data loses a field or changes the meaning of one.
 */
export const eventTypes = [
  'gatehouse.approval.asked.v1',
  'gatehouse.approval.expiring.v1',
  'gatehouse.audit.sealed.v1',
  'gatehouse.certificate.expiring.v1',
  'gatehouse.certificate.issued.v1',
  'gatehouse.certificate.reinstated.v1',
  'gatehouse.certificate.revoked.v1',
  'gatehouse.gateway.missing.v1',
  'gatehouse.gateway.returned.v1',
  'gatehouse.gateway.revocations-near-limit.v1',
  'gatehouse.gateway.root-added.v1',
  'gatehouse.key.blocked.v1',
  'gatehouse.operation.ended.v1',
  'gatehouse.owner.left.v1',
  'gatehouse.profile.changed.v1',
  'gatehouse.revocation.over-limit.v1',
  'gatehouse.revocation.vanished.v1',
  'gatehouse.root.created.v1',
  'gatehouse.root.expiring.v1',
  'gatehouse.root.imported.v1',
  'gatehouse.root.out.v1',
  'gatehouse.root.vanished.v1',
  'gatehouse.signing-certificate.expiring.v1',
  'gatehouse.stack-certificate.expiring.v1',
] as const;
export type EventType = (typeof eventTypes)[number];
