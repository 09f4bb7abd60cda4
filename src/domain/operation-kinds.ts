import type { Role } from './caller.ts';

/** What may be asked of an operation that is there. */
export type OperationVerb = 'resume' | 'remove' | 'cancel' | 'approve' | 'reject';

/** Which use case an operation is left to: it begins it, the sweep wakes it, and it resumes and removes. */
export type OperationCarrier =
  | 'gatewayOperations'
  | 'trust'
  | 'gatewayChanges'
  | 'revocations'
  | 'gatewayRevocations'
  | 'leavers'
  | 'disconnects'
  | 'certificateImports'
  | 'certificateOrders'
  | 'inventoryScans'
  | 'procedures';

interface FamilyFacts {
  readonly carrier: OperationCarrier;
  /** What the operation's `target` is the id of; a certificate's is its thumbprint. */
  readonly target:
    'root' | 'gateway' | 'certificate' | 'certificates' | 'owner' | 'machine' | 'stack' | 'connector' | 'inventory';
}

/** What operations work on, and so how to tell whether one is still its target's. */
export const operationFamilies = {
  gateway: { carrier: 'gatewayOperations', target: 'gateway' },
  gatewayIntent: { carrier: 'trust', target: 'gateway' },
  gatewayChange: { carrier: 'gatewayChanges', target: 'gateway' },
  gatewayRevocation: { carrier: 'gatewayRevocations', target: 'gateway' },
  gatewaySessions: { carrier: 'disconnects', target: 'gateway' },
  certificate: { carrier: 'revocations', target: 'certificate' },
  owner: { carrier: 'leavers', target: 'owner' },
  certificates: { carrier: 'certificateImports', target: 'certificates' },
  certificateOrder: { carrier: 'certificateOrders', target: 'root' },
  inventory: { carrier: 'inventoryScans', target: 'inventory' },
  machine: { carrier: 'procedures', target: 'machine' },
  vpnAccess: { carrier: 'procedures', target: 'stack' },
  vpnUser: { carrier: 'procedures', target: 'stack' },
  connector: { carrier: 'procedures', target: 'connector' },
  connectorLook: { carrier: 'procedures', target: 'connector' },
} as const satisfies Readonly<Record<string, FamilyFacts>>;
export type OperationFamily = keyof typeof operationFamilies;

interface KindFacts {
  readonly family: OperationFamily;
  /** For the API reference and the OpenAPI document: what it does, without a full stop. */
  readonly about: string;
  /**
   * The least role for each thing that may be asked: that of whoever may begin such an act. What is not listed cannot
   * be asked.
   */
  readonly may: Readonly<Partial<Record<OperationVerb, Role>>>;
  /** Whoever asked may not approve it. */
  readonly needsAnother?: true;
  /** Never removed: the proof, for whichever certificates there were, that they open nothing there. */
  readonly isKept?: true;
}

const onMachines = { resume: 'operator', cancel: 'operator', approve: 'operator', reject: 'operator' } as const;

/**
 * Every kind of operation. What depends on the kind looks it up here or is a table over its keys, so that a kind which
 * is forgotten somewhere does not compile. A kind that gateway operations or procedures carry is the name of its
 * orchestration too. Revocations and roots are not canceled: the opposite request takes them back.
 */
export const operationKinds = {
  buildGateway: {
    family: 'gateway',
    about: 'builds a gateway',
    may: { resume: 'operator', remove: 'administrator', cancel: 'operator' },
  },
  removeGateway: {
    family: 'gateway',
    about: 'removes a gateway and what was made for it',
    may: { resume: 'administrator', cancel: 'administrator' },
    isKept: true,
  },
  changeGateway: { family: 'gatewayChange', about: 'changes a gateway', may: {} },
  trustRoot: { family: 'gatewayIntent', about: 'has a gateway trust a root', may: {} },
  distrustRoot: { family: 'gatewayIntent', about: 'takes a root off a gateway', may: {} },
  generateProfile: { family: 'gatewayIntent', about: 'has Azure make a profile package', may: {} },
  disconnectSessions: { family: 'gatewaySessions', about: 'disconnects chosen sessions of a gateway', may: {} },
  revokeCertificate: { family: 'certificate', about: 'revokes a certificate on every gateway', may: {} },
  reinstateCertificate: { family: 'certificate', about: 'takes a revocation back', may: {} },
  revokeThumbprint: { family: 'gatewayRevocation', about: 'has a gateway refuse a thumbprint', may: {} },
  reinstateThumbprint: { family: 'gatewayRevocation', about: 'takes that back', may: {} },
  revokeOwner: { family: 'owner', about: 'takes everything of a person out', may: {} },
  importCertificates: { family: 'certificates', about: 'registers certificates that others have issued', may: {} },
  orderCertificate: {
    family: 'certificateOrder',
    about: 'issues a certificate once somebody has approved it',
    may: { cancel: 'operator', approve: 'operator', reject: 'operator' },
    needsAnother: true,
  },
  scanInventory: {
    family: 'inventory',
    about: 'looks at every gateway that may be read',
    may: { cancel: 'operator' },
  },
  checkMachine: { family: 'machine', about: 'looks who answers on a machine, and as whom', may: onMachines },
  openVpnAccess: { family: 'vpnAccess', about: 'shares VPN access to a stack', may: onMachines },
  closeVpnAccess: { family: 'vpnAccess', about: 'ends VPN access to a stack', may: onMachines },
  setVpnUser: { family: 'vpnUser', about: 'lets a user in, or out', may: onMachines },
  connectClouds: { family: 'connector', about: 'connects clouds', may: onMachines },
  disconnectClouds: { family: 'connector', about: 'takes a connector back', may: onMachines },
  verifyConnector: {
    family: 'connectorLook',
    about: 'looks whether a connector is still as it should be',
    may: onMachines,
  },
} as const satisfies Readonly<Record<string, KindFacts>>;
export type OperationKind = keyof typeof operationKinds;
export const operationKindNames = Object.keys(operationKinds) as [OperationKind, ...OperationKind[]];

/** Carrier of a kind, as a type. */
type CarrierOf<Kind extends OperationKind> =
  (typeof operationFamilies)[(typeof operationKinds)[Kind]['family']]['carrier'];

/** The kinds that these carry. */
export type KindCarriedBy<Carrier extends OperationCarrier> = {
  [Kind in OperationKind]: CarrierOf<Kind> extends Carrier ? Kind : never;
}[OperationKind];

/** The carriers of which somebody may ask this: each must do it. */
export type CarrierThatMay<Verb extends OperationVerb> = {
  [Kind in OperationKind]: Verb extends keyof (typeof operationKinds)[Kind]['may'] ? CarrierOf<Kind> : never;
}[OperationKind];

export function isOperationKind(kind: string): kind is OperationKind {
  return Object.hasOwn(operationKinds, kind);
}

/** Whether the kind is one of those that this carrier has. */
export function isCarriedBy<Carrier extends OperationCarrier>(
  kind: string,
  carrier: Carrier,
): kind is KindCarriedBy<Carrier> {
  return isOperationKind(kind) && carrierOf(kind) === carrier;
}

export function carrierOf(kind: OperationKind): OperationCarrier {
  return operationFamilies[operationKinds[kind].family].carrier;
}

/** Whether somebody else than the asker has to approve it. */
export function needsAnother(kind: OperationKind): boolean {
  const facts: KindFacts = operationKinds[kind];
  return facts.needsAnother === true;
}

export function isKept(kind: OperationKind): boolean {
  const facts: KindFacts = operationKinds[kind];
  return facts.isKept === true;
}

/** The least role that may ask this of an operation of that kind; undefined where nobody can. */
export function roleFor(kind: OperationKind, verb: OperationVerb): Role | undefined {
  const { may }: KindFacts = operationKinds[kind];
  return may[verb];
}

/** All kinds with what they do, for the OpenAPI document. */
export const aboutOperationKinds = operationKindNames
  .map((kind) => `- \`${kind}\`: ${operationKinds[kind].about}.`)
  .join('\n');
