import type { Refusal } from '../../domain/failure.ts';
import { activityReference } from '../operations/activity.ts';
import { commonSteps } from './common-steps.ts';
import { type PlannedStep, plannedStep } from './on-premises.ts';
import { shownAs } from './remote-step.ts';
import { vpnAccessSteps as steps } from './vpn-access-steps.ts';

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
export const restartAfterRoles = shownAs(steps.restartRouting, {
  title: 'Restart Routing and Remote Access, first time',
});
export const restartAfterSettings = shownAs(steps.restartRouting, {
  id: 'P9',
  title: 'Restart Routing and Remote Access, second time',
});
export const keepCertificateStep = { id: 'P18', title: 'Keep the root certificate', usualSeconds: 2 };

export function openVpnAccessSteps(plan: Pick<VpnAccessPlan, 'natVia' | 'users'>): readonly PlannedStep[] {
  return [
    ...(plan.natVia === undefined ? [] : [plannedStep(steps.reachNatFromHost)]),
    ...[steps.findAdapters, steps.findRootCertificate, steps.exportRootCertificate, keepCertificateStep].map((step) =>
      plannedStep(step),
    ),
    ...[
      steps.keepSettings,
      steps.installVpnRole,
      steps.installSiteToSiteRole,
      restartAfterRoles,
      steps.setSharedKey,
      steps.setRouterType,
      restartAfterSettings,
      steps.preferInternalAdapter,
      steps.restoreAddressTranslation,
      steps.allowRemoteAccess,
      steps.readPublicAddress,
      steps.openFirewall,
    ].map((step) => plannedStep(step)),
    ...plan.users.map(({ name, wanted }) => plannedStep(userStep(wanted), name)),
    plannedStep(steps.checkPortal),
  ];
}

export function closeVpnAccessSteps(plan: Pick<VpnAccessPlan, 'natVia' | 'users'>): readonly PlannedStep[] {
  return [
    ...plan.users.map(({ name }) => plannedStep(steps.disableUser, name)),
    ...[
      steps.allowRemoteAccess,
      steps.openFirewall,
      steps.installSiteToSiteRole,
      steps.installVpnRole,
      steps.keepSettings,
      restartAfterRoles,
      steps.restoreAddressTranslation,
      steps.exportRootCertificate,
    ].map((step) => plannedStep(step)),
    ...(plan.natVia === undefined ? [] : [plannedStep(steps.reachNatFromHost)]),
  ];
}

/** The step that changes a user as requested. */
function userStep(
  wanted: VpnUserIntent['wanted'],
): typeof steps.letUserIn | typeof steps.disableUser | typeof steps.removeUser {
  if (wanted === 'enabled') return steps.letUserIn;
  return wanted === 'disabled' ? steps.disableUser : steps.removeUser;
}

export function setVpnUserSteps({ name, wanted }: Pick<VpnUserIntent, 'name' | 'wanted'>): readonly PlannedStep[] {
  return [plannedStep(userStep(wanted), name)];
}

export const checkMachineSteps: readonly PlannedStep[] = [plannedStep(commonSteps.checkMachine)];

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
/**
 * Checks the exported certificate against the thumbprint that the machine named, keeps it and registers its end date.
 */
export const keepStackCertificate = activityReference<
  {
    readonly stackId: string;
    readonly thumbprint: string;
    readonly store: 'LocalMachine' | 'CurrentUser';
    readonly certificate: string;
  },
  { readonly outcome: 'kept'; readonly notAfter: string } | Refusal
>('keepStackCertificate');
