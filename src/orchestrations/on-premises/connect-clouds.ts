import type { OrchestrationContext } from 'durable-functions';
import { endStep, failStep } from '../../contracts/operations/steps.ts';
import {
  bindConnector,
  connectPortalsName,
  matchDataFiles,
  ownSteps,
  portalBranches,
  type CloudDataFile,
  type CollectedFile,
  type ConnectorPlan,
  type BranchResult,
  type PortalBranchInput,
} from '../../contracts/on-premises/connectors.ts';
import { connectorSteps as steps } from '../../contracts/on-premises/connector-steps.ts';
import { shownStep, type OnPremisesEnd } from '../../contracts/on-premises/on-premises.ts';
import type { Problem } from '../../domain/app-error.ts';
import { ownSecretName } from '../../domain/secret-uses.ts';
import { callActivity, type Steps } from '../operations/call-activity.ts';
import { connectApis } from './connect-apis.ts';
import { connectorAccess, readPlan } from './connector-access.ts';
import { trustIssuers } from './trust-issuers.ts';
import { checkPreconditions } from './connector-preconditions.ts';
import { diagnosed, reachedBefore, type Reached } from './diagnose-connector.ts';
import {
  begin,
  gate,
  isDoneAlready,
  locked,
  runStep,
  skip,
  stopped,
  ProcedureStopped,
  runProcedure,
  type Procedure,
} from './procedure.ts';

/**
 * Connects Windows Azure Pack clouds to Azure Stack. Azure Stack's side comes first, once; then cloud by cloud: its portals side by
 * side, its tenant APIs one at a time, the trust from one of them. People approve what cannot simply be taken back.
 */
export function* connectClouds(context: OrchestrationContext): Steps<OnPremisesEnd> {
  return yield* runProcedure(context, function* (procedure, connectorId) {
    const first = yield* readPlan(context, connectorId);
    const { plan, warnings } = yield* checkPreconditions(context, procedure, first.plan);
    const bound = yield* callActivity(context, bindConnector, { connectorId });
    if (bound.outcome === 'refused') throw stopped('', bound.code, bound.message);
    const progress: Progress = { plan, warnings, reached: reachedBefore(plan) };
    yield* diagnosed(context, procedure, progress, connect(context, procedure, progress));
    return { clouds: plan.clouds.map(({ name }) => name), warnings };
  });
}

interface Progress {
  readonly plan: ConnectorPlan;
  readonly warnings: readonly Problem[];
  readonly reached: Reached;
}

function* connect(
  context: OrchestrationContext,
  procedure: Procedure,
  { plan, warnings, reached }: Progress,
): Steps<void> {
  yield* trustIssuers(context, procedure, plan, { onTrusted: (cloud) => reached.issuers.add(cloud) });
  const files = yield* enableMultiCloud(context, procedure, plan, warnings);
  yield* gate(context, procedure, {
    step: shownStep(ownSteps.portalGate),
    name: 'portal-shows-clouds',
    detail:
      `Sign in to https://${plan.azureStackPortalFqdn}/ as a tenant. Errors about fetching subscriptions or extensions from the new clouds are expected now. ` +
      'Approve when the Cloud list at the top left shows ' +
      `${plan.clouds.map(({ name }) => name).join(', ')}.`,
    days: plan.approvalDays,
  });
  for (const cloud of plan.clouds) {
    yield* connectPortalsOf(context, procedure, plan, cloud.name, reached);
    const file = files.find((candidate) => candidate.cloud === cloud.name);
    if (file === undefined) throw stopped('', 'precondition', `Cloud ${cloud.name} has no data file.`);
    yield* connectApis(context, procedure, plan, cloud, file);
  }
  yield* gate(context, procedure, {
    step: shownStep(ownSteps.userGate),
    name: 'tenant-sees-machines',
    detail:
      'Sign in to the portal of Azure Stack as a tenant whose user principal name exists in both clouds, choose each new cloud and look at its virtual machines. ' +
      'Remote Desktop and routing between the clouds are not checked here. Approve when they are shown.',
    days: plan.approvalDays,
  });
}

/** W11 to W16: the privileged endpoint, under a lock because it serves one such change at a time. */
function* enableMultiCloud(
  context: OrchestrationContext,
  procedure: Procedure,
  plan: ConnectorPlan,
  warnings: readonly Problem[],
): Steps<readonly CloudDataFile[]> {
  const { privilegedEndpoint: pep, connectorId, hostMachine } = plan;
  const { host, enable } = connectorAccess(context, procedure, plan);
  if (pep.authentication === 'Credssp')
    yield* host({ step: steps.allowCredssp, parameters: { computerName: pep.computerName } });
  const { computerName, authentication } = pep;
  const secrets = { credential: pep.credentialSecret };
  yield* host({ step: steps.openPrivilegedEndpoint, parameters: { computerName, authentication }, secrets });

  if (yield* isDoneAlready(context, procedure, { ...enable, machineId: hostMachine }))
    yield* skip(context, procedure, shownStep(ownSteps.enableGate), 'Multi-cloud mode is on already.');
  else yield* approveMultiCloud(context, procedure, plan, warnings);
  const turn = { lock: `pep:${hostMachine}`, step: shownStep(enable.step) };
  yield* locked(context, procedure, turn, () => host(enable));
  return yield* collectDataFiles(context, procedure, plan, connectorId);
}

function approveMultiCloud(
  context: OrchestrationContext,
  procedure: Procedure,
  plan: ConnectorPlan,
  warnings: readonly Problem[],
): Steps<void> {
  return gate(context, procedure, {
    step: shownStep(ownSteps.enableGate),
    name: 'enable-multi-cloud',
    detail:
      `Add-AzurePackConnector will run on ${plan.privilegedEndpoint.computerName} for ${plan.clouds.map(({ name, endpoint }) => `${name} (${endpoint})`).join(', ')}. ` +
      'The connector is a preview for test environments, on systems other than CPS: never for production. Approve when that is so, and when the names and addresses are right.' +
      warnings.map(({ message }) => ` Warning: ${message}`).join(''),
    days: plan.approvalDays,
  });
}

function* collectDataFiles(
  context: OrchestrationContext,
  procedure: Procedure,
  plan: ConnectorPlan,
  connectorId: string,
): Steps<readonly CloudDataFile[]> {
  const { share, credentialSecret } = plan.dataFiles;
  const { host, hostRequest } = connectorAccess(context, procedure, plan);
  const secrets = { shareCredential: credentialSecret };
  const listed = yield* host({ step: steps.listDataFiles, parameters: { share }, secrets });
  const newest = listedFiles(listed.facts['files']).slice(0, filesMax(plan));

  const step = shownStep(steps.collectDataFile);
  yield* begin(context, procedure, step);
  const collected: CollectedFile[] = [];
  for (const { name: fileName, sha256 } of newest) {
    const secretName = ownSecretName('dataFile', `${connectorId}-${sha256.slice(0, 16)}`);
    const result = yield* runStep(context, procedure, {
      ...hostRequest({ step: steps.collectDataFile, parameters: { share, fileName, sha256 }, secrets }),
      secretFacts: { content: secretName },
    });
    collected.push({
      fileName,
      sha256,
      secretName,
      ...(result.outcome === 'refused' ? { problem: result.message } : {}),
    });
  }
  const matched = yield* callActivity(context, matchDataFiles, { connectorId, collected });
  const { operationId } = procedure;
  if (matched.outcome === 'refused') {
    yield* callActivity(context, failStep, {
      operationId,
      step,
      code: matched.code,
      detail: `${matched.code}: ${matched.message}`,
    });
    throw stopped(step, matched.code, matched.message);
  }
  yield* callActivity(context, endStep, { operationId, step, detail: `${matched.files.length} files.` });
  return matched.files;
}

/** The share keeps the files of earlier runs: those of now are among the newest. */
function filesMax({ clouds }: ConnectorPlan): number {
  return Math.max(10, clouds.length * 3);
}

interface ListedFile {
  readonly name: string;
  readonly sha256: string;
  readonly writtenAt: string;
}

function listedFiles(fact: unknown): readonly ListedFile[] {
  const files = Array.isArray(fact) ? (fact as readonly ListedFile[]) : [];
  return [...files].sort((a, b) => (a.writtenAt < b.writtenAt ? 1 : -1));
}

/** The portals of a cloud in branches side by side; a failure in one lets the others end. */
function* connectPortalsOf(
  context: OrchestrationContext,
  procedure: Procedure,
  plan: ConnectorPlan,
  cloud: string,
  reached: Reached,
): Steps<void> {
  const count = plan.clouds.find(({ name }) => name === cloud)?.portalMachines.length ?? 0;
  const position = plan.clouds.findIndex(({ name }) => name === cloud);
  const branches = Array.from({ length: Math.min(portalBranches, count) }, (_, branch) => {
    const { operationId, attempt } = procedure;
    const input: PortalBranchInput = { operationId, attempt, connectorId: plan.connectorId, cloud, position, branch };
    return context.df.callSubOrchestrator(
      connectPortalsName,
      input,
      `${operationId}-${attempt}-portals-${position}-${branch}`,
    );
  });
  const results = (yield context.df.Task.all(branches)) as readonly BranchResult[];
  const refused = results.find((result) => result.outcome === 'refused');
  // W23 is the look at what was set up until then.
  if (refused === undefined || refused.step.startsWith(`${steps.checkTlsEndpoints.id} `)) reached.endpoints.add(cloud);
  if (refused?.outcome === 'refused') throw stopped(refused.step, refused.code, refused.message);
  if (results.some(({ outcome }) => outcome === 'canceled')) throw new ProcedureStopped({ status: 'canceled' });
}
