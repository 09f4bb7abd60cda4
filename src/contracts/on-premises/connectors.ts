import type { Problem } from '../../domain/app-error.ts';
import type { Refusal } from '../../domain/failure.ts';
import { activityReference } from '../operations/activity.ts';
import { connectorSteps as steps } from './connector-steps.ts';
import { type PlannedStep, plannedStep } from './on-premises.ts';
import { shownAs } from './remote-step.ts';

export const connectPortalsName = 'connectPortals';

/** Portals are worked on side by side, at most so many at once. */
export const portalBranches = 3;

/** A certificate that the portal of Azure Stack has to trust. */
export interface IssuerCertificate {
  readonly cloud: string;
  readonly thumbprint: string;
  readonly store: 'CA' | 'Root';
  /** Base64 of the DER bytes. */
  readonly certificate: string;
}

export interface ConnectorCloud {
  readonly name: string;
  readonly endpoint: string;
  readonly tenantPortalFqdn: string;
  readonly tenantApiFqdn: string;
  readonly portalMachines: readonly string[];
  readonly apiMachines: readonly string[];
  readonly spfMachine?: string;
  readonly vmmMachine?: string;
  readonly certificateThumbprint?: string;
  readonly trustMachine: string;
  readonly sqlServer?: string;
  readonly sqlRunAsSecret: string;
  /** With an account that may read the directory of the cloud's domain. */
  readonly directoryCredentialSecret?: string;
  readonly drain?: 'approval' | 'hook';
}

/** All that the procedure needs, read once at its beginning. Names of secrets, never a secret. */
export interface ConnectorPlan {
  readonly connectorId: string;
  readonly hostMachine: string;
  readonly waspMachine: string;
  readonly identity: 'adfs' | 'entra';
  readonly azureStackCloudName: string;
  readonly azureStackPortalFqdn: string;
  readonly package: { readonly uri: string; readonly sha256: string };
  readonly urlRewrite?: { readonly uri: string; readonly sha256: string };
  readonly privilegedEndpoint: {
    readonly computerName: string;
    readonly credentialSecret: string;
    readonly authentication: 'Credssp' | 'Default';
  };
  readonly dataFiles: { readonly share: string; readonly credentialSecret: string };
  readonly checkMachines: readonly string[];
  readonly userPrincipalNames: readonly string[];
  readonly minimumVersions: Readonly<Record<'wap' | 'spf' | 'vmm', string>>;
  readonly clouds: readonly ConnectorCloud[];
  /** Data files that were written before are of a mode that was disabled since. */
  readonly filesSince?: string;
  /** Names of the clouds for which something may have been changed: what there is to take back. */
  readonly changedClouds: readonly string[];
  /** Names of the clouds for whose trust something may have been changed: established, or cut off meanwhile. */
  readonly trustAttemptedClouds: readonly string[];
  /** Names of the clouds whose trust was established, which is the last that is done for one. */
  readonly trustedClouds: readonly string[];
  /** By portal machine: the certificate that its services are to use. From the check of the preconditions. */
  readonly thumbprints: Readonly<Record<string, string>>;
  readonly issuers: readonly IssuerCertificate[];
  /** Days until an approval that nobody decided counts as rejected. */
  readonly approvalDays: number;
}

/** A data file of the multi-cloud mode, matched to its cloud. Its bytes are in Key Vault under `secretName`. */
export interface CloudDataFile {
  readonly cloud: string;
  readonly fileName: string;
  readonly sha256: string;
  readonly secretName: string;
  readonly realm: string;
  readonly signingThumbprint: string;
  readonly notAfter: string;
}

/** What a portal branch needs beside the plan. */
export interface PortalBranchInput {
  readonly operationId: string;
  readonly attempt: number;
  readonly connectorId: string;
  readonly cloud: string;
  /** Of the cloud in the plan. */
  readonly position: number;
  /** Of the cloud's portal machines this branch takes the ones at `branch`, `branch + portalBranches`, … */
  readonly branch: number;
}

export type BranchResult =
  { readonly outcome: 'done' } | { readonly outcome: 'canceled' } | (Refusal & { readonly step: string });

export const folder = 'C:\\temp\\WAPConnector';

/** Steps that are not a script's: what people decide and what the application does by itself. */
export const ownSteps = {
  checkPreconditions: { id: 'W1-W7', title: 'Check everything that has to hold before', usualSeconds: 60 },
  approveMultiCloud: { id: 'W13', title: 'Approve: multi-cloud mode', usualSeconds: 600 },
  approvePortal: { id: 'W17', title: 'Approve: the portal shows the clouds', usualSeconds: 600 },
  drain: { id: 'W24', title: 'Take out of the load balancer', usualSeconds: 60 },
  approveApiUpdate: { id: 'W27', title: 'Approve: the tenant API', usualSeconds: 600 },
  undrain: { id: 'W29', title: 'Put back into the load balancer', usualSeconds: 60 },
  approveTrust: { id: 'W31', title: 'Approve: the trust in SQL Server', usualSeconds: 600 },
  approveTenantView: { id: 'W33', title: 'Approve: a tenant sees the virtual machines', usualSeconds: 600 },
  forgetConnector: { id: 'W34', title: 'Remove what was never begun', usualSeconds: 2 },
} as const;

export const stageOnApi = shownAs(steps.stagePackage, { id: 'W25' });
export const verifyTrust = shownAs(steps.trustAzureStack, { id: 'W32', title: 'Check the trust' });

function portalSteps(machine: string): readonly PlannedStep[] {
  return [
    steps.installUrlRewrite,
    steps.stagePackage,
    steps.installConnector,
    steps.checkSites,
    steps.bindCertificate,
    steps.configureConnector,
    steps.checkTlsEndpoints,
  ].map((step) => plannedStep(step, machine));
}

function apiSteps(machine: string, isDrained: boolean): readonly PlannedStep[] {
  return [
    ...(isDrained ? [ownSteps.drain] : []),
    stageOnApi,
    steps.copyDataFile,
    steps.updateTenantApi,
    steps.checkTenantApi,
    ...(isDrained ? [ownSteps.undrain] : []),
  ].map((step) => plannedStep(step, machine));
}

type ShownPlan = Pick<ConnectorPlan, 'privilegedEndpoint' | 'clouds'>;

export function connectCloudsSteps({ privilegedEndpoint, clouds }: ShownPlan): readonly PlannedStep[] {
  return [
    plannedStep(ownSteps.checkPreconditions),
    ...clouds.map(({ name }) => plannedStep(steps.trustIssuer, name)),
    ...(privilegedEndpoint.authentication === 'Credssp' ? [plannedStep(steps.allowCredssp)] : []),
    ...[steps.openPrivilegedEndpoint, ownSteps.approveMultiCloud, steps.enableMultiCloud, steps.listDataFiles].map(
      (step) => plannedStep(step),
    ),
    plannedStep(steps.collectDataFile),
    plannedStep(ownSteps.approvePortal),
    ...clouds.flatMap((cloud) => [
      ...cloud.portalMachines.flatMap(portalSteps),
      plannedStep(ownSteps.approveApiUpdate, cloud.name),
      ...cloud.apiMachines.flatMap((machine) => apiSteps(machine, cloud.drain !== undefined)),
      plannedStep(steps.findSqlServer, cloud.name),
      plannedStep(ownSteps.approveTrust, cloud.name),
      plannedStep(steps.trustAzureStack, cloud.name),
      plannedStep(verifyTrust, cloud.name),
    ]),
    plannedStep(ownSteps.approveTenantView),
  ];
}

export function verifyConnectorSteps({ clouds }: ShownPlan): readonly PlannedStep[] {
  return [
    plannedStep(steps.enableMultiCloud),
    ...clouds.flatMap((cloud) => [
      ...cloud.portalMachines.flatMap((machine) =>
        [steps.checkSites, steps.bindCertificate, steps.configureConnector, steps.checkTlsEndpoints].map((step) =>
          plannedStep(step, machine),
        ),
      ),
      ...cloud.apiMachines.map((machine) => plannedStep(steps.checkTenantApi, machine)),
      plannedStep(verifyTrust, cloud.name),
    ]),
  ];
}

export function disconnectCloudsSteps(plan: ShownPlan & Pick<ConnectorPlan, 'changedClouds'>): readonly PlannedStep[] {
  if (plan.changedClouds.length === 0) return [plannedStep(ownSteps.forgetConnector)];
  const clouds = cloudsToTakeBack(plan);
  return [
    plannedStep(steps.enableMultiCloud),
    ...clouds.flatMap((cloud) => [
      plannedStep(ownSteps.approveTrust, cloud.name),
      plannedStep(steps.trustAzureStack, cloud.name),
      plannedStep(ownSteps.approveApiUpdate, cloud.name),
      ...cloud.apiMachines.flatMap((machine) =>
        [steps.updateTenantApi, steps.copyDataFile].map((step) => plannedStep(step, machine)),
      ),
      ...cloud.portalMachines.flatMap((machine) =>
        [steps.configureConnector, steps.bindCertificate, steps.installConnector, steps.stagePackage].map((step) =>
          plannedStep(step, machine),
        ),
      ),
      ...cloud.apiMachines.map((machine) => plannedStep(stageOnApi, machine)),
    ]),
    ...clouds.map(({ name }) => plannedStep(steps.trustIssuer, name)),
    ...(plan.privilegedEndpoint.authentication === 'Credssp' ? [plannedStep(steps.allowCredssp)] : []),
  ];
}

/** Not those whose preconditions never held: nothing was done for them, and their machines may not even answer. */
export function cloudsToTakeBack({
  clouds,
  changedClouds,
}: Pick<ConnectorPlan, 'clouds' | 'changedClouds'>): readonly ConnectorCloud[] {
  return clouds.filter(({ name }) => changedClouds.includes(name));
}

/** A file of the share. `problem` says why it could not be collected. */
export interface CollectedFile {
  readonly fileName: string;
  readonly sha256: string;
  readonly secretName: string;
  readonly problem?: string;
}

interface OfConnector {
  readonly connectorId: string;
}

export const readConnectorPlan = activityReference<
  OfConnector,
  { readonly outcome: 'ready'; readonly plan: ConnectorPlan; readonly files: readonly CloudDataFile[] } | Refusal
>('readConnectorPlan');

/**
 * Makes the connector its stack's, and notes that from now on there is something to take back. Refused where the stack
 * has got another one since, or other machines.
 */
export const bindConnector = activityReference<OfConnector, { readonly outcome: 'bound' } | Refusal>('bindConnector');

/**
 * What is wrong with the secrets that the application, or a machine by itself, will read for the connector; none is
 * told.
 */
export const checkConnectorSecrets = activityReference<OfConnector, readonly Problem[]>('checkConnectorSecrets');

/** Reads the collected files in Key Vault, matches them to the clouds by their endpoints, and keeps what they say. */
export const matchDataFiles = activityReference<
  OfConnector & {
    readonly collected: readonly CollectedFile[];
  },
  { readonly outcome: 'matched'; readonly files: readonly CloudDataFile[] } | Refusal
>('matchDataFiles');

/** Calls the load balancer's hook of a cloud. */
export const callDrainHook = activityReference<
  OfConnector & { readonly cloud: string; readonly machineId: string; readonly action: 'drain' | 'undrain' },
  | { readonly outcome: 'done' }
  | { readonly outcome: 'wait'; readonly seconds: number; readonly reason: string }
  | Refusal
>('callDrainHook');

/** Keeps what the procedure learned on its way; fields that are not there stay as they were. */
export const noteConnector = activityReference<
  OfConnector & {
    readonly warnings?: readonly Problem[];
    readonly thumbprints?: Readonly<Record<string, string>>;
    readonly issuers?: readonly IssuerCertificate[];
    readonly sqlServer?: { readonly cloud: string; readonly name: string };
    /** Before the first change for its trust. */
    readonly trustAttempted?: string;
    readonly trustedCloud?: string;
    readonly untrustedCloud?: string;
  },
  null
>('noteConnector');
