import type { Role } from './caller.ts';

/** What may be asked of an operation that is there. */
export type OperationVerb = 'resume' | 'remove' | 'cancel' | 'approve' | 'reject';

/** What operations work on, and so how to tell whether one is still its target's. */
export type OperationFamily =
  'gateway' | 'gatewayIntent' | 'certificate' | 'machine' | 'vpnAccess' | 'vpnUser' | 'connector' | 'connectorLook';

interface KindFacts {
  readonly family: OperationFamily;
  /** The least role for each thing that may be asked: that of whoever may begin such an act. What is not listed cannot be asked. */
  readonly may: Readonly<Partial<Record<OperationVerb, Role>>>;
}

const onMachines = { resume: 'operator', cancel: 'operator', approve: 'operator', reject: 'operator' } as const;

/**
 * Every kind of operation. What depends on the kind looks it up here or is a table over its keys, so that a kind which is
 * forgotten somewhere does not compile. Revocations and roots are not canceled: the opposite request takes them back.
 */
export const operationKinds = {
  buildGateway: { family: 'gateway', may: { resume: 'operator', remove: 'administrator', cancel: 'operator' } },
  removeGateway: { family: 'gateway', may: { resume: 'administrator', cancel: 'administrator' } },
  trustRoot: { family: 'gatewayIntent', may: {} },
  distrustRoot: { family: 'gatewayIntent', may: {} },
  generateProfile: { family: 'gatewayIntent', may: {} },
  revokeCertificate: { family: 'certificate', may: {} },
  reinstateCertificate: { family: 'certificate', may: {} },
  checkMachine: { family: 'machine', may: onMachines },
  openVpnAccess: { family: 'vpnAccess', may: onMachines },
  closeVpnAccess: { family: 'vpnAccess', may: onMachines },
  setVpnUser: { family: 'vpnUser', may: onMachines },
  connectClouds: { family: 'connector', may: onMachines },
  disconnectClouds: { family: 'connector', may: onMachines },
  verifyConnector: { family: 'connectorLook', may: onMachines },
} as const satisfies Readonly<Record<string, KindFacts>>;
export type OperationKind = keyof typeof operationKinds;

export function isOperationKind(kind: string): kind is OperationKind {
  return Object.hasOwn(operationKinds, kind);
}

/** The least role that may ask this of an operation of that kind; undefined where nobody can. */
export function roleFor(kind: OperationKind, verb: OperationVerb): Role | undefined {
  const { may }: KindFacts = operationKinds[kind];
  return may[verb];
}
