import { activityReference } from '../operations/activity.ts';
import { commonSteps } from './common-steps.ts';
import type { Refusal } from '../operations/outcomes.ts';
import { plannedStep, type PlannedStep } from './on-premises.ts';
import { vpnAccessSteps as steps } from './vpn-access-steps.ts';

export const openVpnAccessName = 'openVpnAccess';
export const closeVpnAccessName = 'closeVpnAccess';
export const setVpnUserName = 'setVpnUser';
export const checkMachineName = 'checkMachine';

export type VpnUserState = 'enabled' | 'disabled' | 'removed' | 'failed';

export interface VpnUserIntent {
  readonly name: string;
  readonly passwordSecret: string;
  readonly wanted: 'enabled' | 'disabled' | 'removed';
  readonly resetPassword: boolean;
}

/** All that a procedure needs, read once at its beginning. Names of secrets, never a secret. */
export interface VpnAccessPlan {
  readonly stackId: string;
  readonly hostMachine: string;
  readonly natMachine: string;
  /** How the host reaches the NATVM; absent when that is reached by itself. */
  readonly natVia?: { readonly computerName: string; readonly credentialSecret: string };
  readonly internalAddress: string;
  readonly addressFrom: string;
  readonly addressTo: string;
  readonly sharedKeySecret: string;
  /** Version of the shared key now, and whether the NATVM has that one. */
  readonly keyVersion: string;
  readonly keyIsCurrent: boolean;
  readonly subjectPatterns: readonly string[];
  readonly portalFqdn: string;
  readonly users: readonly VpnUserIntent[];
  /** From the last opening, for closing. */
  readonly externalNic?: string;
  readonly certificate?: { readonly thumbprint: string; readonly store: 'LocalMachine' | 'CurrentUser' };
}

/** Names of the operation's steps in the order in which they run. */
export const restart1 = { ...steps.P6, title: 'Restart Routing and Remote Access, first time' };
export const restart2 = { ...steps.P6, id: 'P9', title: 'Restart Routing and Remote Access, second time' };
export const keepCertificateStep = { id: 'P18', title: 'Keep the root certificate', usualSeconds: 2 };

const { P1, P2, P3, P4, P5, P7, P8, P10, P11, P12, P13, P14, P15, P15D, P15R, P16, P17, P21 } = steps;

export function openVpnAccessSteps(plan: Pick<VpnAccessPlan, 'natVia' | 'users'>): readonly PlannedStep[] {
  return [
    ...(plan.natVia === undefined ? [] : [plannedStep(P1)]),
    ...[P2, P16, P17, keepCertificateStep].map((step) => plannedStep(step)),
    ...[P3, P4, P5, restart1, P7, P8, restart2, P10, P11, P12, P13, P14].map((step) => plannedStep(step)),
    ...plan.users.map(({ name, wanted }) => plannedStep(userStep(wanted), name)),
    plannedStep(P21),
  ];
}

export function closeVpnAccessSteps(plan: Pick<VpnAccessPlan, 'natVia' | 'users'>): readonly PlannedStep[] {
  return [
    ...plan.users.map(({ name }) => plannedStep(P15D, name)),
    ...[P12, P14, P5, P4, P3, restart1, P11, P17].map((step) => plannedStep(step)),
    ...(plan.natVia === undefined ? [] : [plannedStep(P1)]),
  ];
}

/** The step that carries out a wish about a user. */
export function userStep(wanted: VpnUserIntent['wanted']): typeof P15 | typeof P15D | typeof P15R {
  if (wanted === 'enabled') return P15;
  return wanted === 'disabled' ? P15D : P15R;
}

export function setVpnUserSteps({ name, wanted }: Pick<VpnUserIntent, 'name' | 'wanted'>): readonly PlannedStep[] {
  return [plannedStep(userStep(wanted), name)];
}

export const checkMachineSteps: readonly PlannedStep[] = [plannedStep(commonSteps.C1)];

export const readVpnAccessPlan = activityReference<
  { readonly stackId: string },
  { readonly outcome: 'ready'; readonly plan: VpnAccessPlan } | Refusal
>('readVpnAccessPlan');
/** What the operation is to do about one user. */
export const readVpnUserIntent = activityReference<{ readonly operationId: string }, VpnUserIntent>(
  'readVpnUserIntent',
);
/** Undefined fields stay as they were. */
export const noteVpnServer = activityReference<
  {
    readonly stackId: string;
    readonly serverAddress?: string;
    readonly externalNic?: string;
    readonly dnsServers?: readonly string[];
    readonly keyVersion?: string;
  },
  null
>('noteVpnServer');
export const noteVpnUser = activityReference<
  { readonly stackId: string; readonly name: string; readonly state: VpnUserState },
  null
>('noteVpnUser');
/** Checks the exported certificate against the thumbprint that the machine named, keeps it and registers its end date. */
export const keepStackCertificate = activityReference<
  {
    readonly stackId: string;
    readonly thumbprint: string;
    readonly store: 'LocalMachine' | 'CurrentUser';
    readonly certificate: string;
  },
  { readonly outcome: 'kept'; readonly notAfter: string } | Refusal
>('keepStackCertificate');
