import type { OrchestrationContext } from 'durable-functions';
import { connectorSteps as steps } from '../../contracts/on-premises/connector-steps.ts';
import {
  bindConnector,
  type BranchResult,
  type CloudDataFile,
  type CollectedFile,
  type ConnectorPlan,
  connectPortalsName,
  matchDataFiles,
  ownSteps,
  portalBranches,
  type PortalBranchInput,
} from '../../contracts/on-premises/connectors.ts';
import { type OnPremisesEnd, shownStep } from '../../contracts/on-premises/on-premises.ts';
import type { Problem } from '../../domain/app-error.ts';
import { ownSecretName } from '../../domain/secret-uses.ts';
import type { Steps } from '../operations/call-activity.ts';
import { connectApis } from './connect-apis.ts';
import { endpointLock, multiCloudRequest, readPlan } from './connector-access.ts';
import { checkPreconditions } from './connector-preconditions.ts';
import { diagnosed, type Reached, reachedBefore } from './diagnose-connector.ts';
import { type Procedure, runProcedure } from './procedure.ts';
import { ProcedureStopped, stopped } from './procedure-end.ts';
import { on } from './step-request.ts';
import { trustIssuers } from './trust-issuers.ts';

/**
 * Connects Windows Azure Pack clouds to Azure Stack. Azure Stack's side comes first, once; then cloud by cloud: its
 * portals side by side, its tenant APIs one at a time, the trust from one of them. People approve what cannot simply be
 * taken back.
 */
export function* connectClouds(context: OrchestrationContext): Steps<OnPremisesEnd> {
  return yield* runProcedure(context, function* (procedure, connectorId) {
    const first = yield* readPlan(procedure, connectorId);
    const { plan, warnings } = yield* checkPreconditions(procedure, first.plan);
    const bound = yield* procedure.call(bindConnector, { connectorId });
    if (bound.outcome === 'refused') throw stopped('', bound.code, bound.message);
    const progress: Progress = { plan, warnings, reached: reachedBefore(plan) };
    yield* diagnosed(procedure, progress, connect(procedure, progress));
    return { clouds: plan.clouds.map(({ name }) => name), warnings };
  });
}

interface Progress {
  readonly plan: ConnectorPlan;
  readonly warnings: readonly Problem[];
  readonly reached: Reached;
}

function* connect(procedure: Procedure, { plan, warnings, reached }: Progress): Steps<void> {
  yield* trustIssuers(procedure, plan, { onTrusted: (cloud) => reached.issuers.add(cloud) });
  const files = yield* enableMultiCloud(procedure, plan, warnings);
  yield* procedure.approval({
    step: shownStep(ownSteps.approvePortal),
    name: 'portal-shows-clouds',
    detail:
      `Sign in to https://${plan.azureStackPortalFqdn}/ as a tenant. Errors about fetching subscriptions or extensions from the new clouds are expected now. ` +
      'Approve when the Cloud list at the top left shows ' +
      `${plan.clouds.map(({ name }) => name).join(', ')}.`,
    days: plan.approvalDays,
  });
  for (const cloud of plan.clouds) {
    yield* connectPortalsOf(procedure, plan, cloud.name, reached);
    const file = files.find((candidate) => candidate.cloud === cloud.name);
    if (file === undefined) throw stopped('', 'precondition', `Cloud ${cloud.name} has no data file.`);
    yield* connectApis(procedure, plan, cloud, file);
  }
  yield* procedure.approval({
    step: shownStep(ownSteps.approveTenantView),
    name: 'tenant-sees-machines',
    detail:
      'Sign in to the portal of Azure Stack as a tenant whose user principal name exists in both clouds, choose each new cloud and look at its virtual machines. ' +
      'Remote Desktop and routing between the clouds are not checked here. Approve when they are shown.',
    days: plan.approvalDays,
  });
}

/** W11 to W16: the privileged endpoint, under a lock because it serves one such change at a time. */
function* enableMultiCloud(
  procedure: Procedure,
  plan: ConnectorPlan,
  warnings: readonly Problem[],
): Steps<readonly CloudDataFile[]> {
  const { computerName, authentication, credentialSecret: credential } = plan.privilegedEndpoint;
  const host = on(plan.hostMachine);
  if (authentication === 'Credssp') yield* procedure.run(host(steps.allowCredssp, { computerName }));
  const secrets = { credential };
  yield* procedure.run(host(steps.openPrivilegedEndpoint, { computerName, authentication }, { secrets }));

  const enable = multiCloudRequest(plan);
  if (yield* procedure.isDone(enable)) {
    yield* procedure.skip(shownStep(ownSteps.approveMultiCloud), 'Multi-cloud mode is on already.');
  } else {
    yield* approveMultiCloud(procedure, plan, warnings);
  }
  yield* procedure.locked({ lock: endpointLock(plan), step: shownStep(enable.step) }, () => procedure.run(enable));
  return yield* collectDataFiles(procedure, plan);
}

function approveMultiCloud(procedure: Procedure, plan: ConnectorPlan, warnings: readonly Problem[]): Steps<void> {
  return procedure.approval({
    step: shownStep(ownSteps.approveMultiCloud),
    name: 'enable-multi-cloud',
    detail:
      `Add-AzurePackConnector will run on ${plan.privilegedEndpoint.computerName} for ${plan.clouds.map(({ name, endpoint }) => `${name} (${endpoint})`).join(', ')}. ` +
      'The connector is a preview for test environments, on systems other than CPS: never for production. Approve when that is so, and when the names and addresses are right.' +
      warnings.map(({ message }) => ` Warning: ${message}`).join(''),
    days: plan.approvalDays,
  });
}

function* collectDataFiles(procedure: Procedure, plan: ConnectorPlan): Steps<readonly CloudDataFile[]> {
  const { connectorId, dataFiles, hostMachine } = plan;
  const { share, credentialSecret: shareCredential } = dataFiles;
  const host = on(hostMachine);
  const secrets = { shareCredential };
  const listed = yield* procedure.run(host(steps.listDataFiles, { share }, { secrets }));
  const newest = [...(listed.facts.files ?? [])].sort((a, b) => (a.writtenAt < b.writtenAt ? 1 : -1));

  const step = shownStep(steps.collectDataFile);
  yield* procedure.begin(step);
  const collected: CollectedFile[] = [];
  for (const { name: fileName, sha256 } of newest.slice(0, filesMax(plan))) {
    const secretName = ownSecretName('dataFile', `${connectorId}-${sha256.slice(0, 16)}`);
    const secretFacts = { content: secretName };
    const request = host(steps.collectDataFile, { share, fileName, sha256 }, { secrets, secretFacts });
    const result = yield* procedure.attempt(request, 'ensure');
    const problem = result.outcome === 'refused' ? { problem: result.message } : {};
    collected.push({ fileName, sha256, secretName, ...problem });
  }
  const matched = yield* procedure.call(matchDataFiles, { connectorId, collected });
  if (matched.outcome === 'refused') return yield* procedure.fail(step, matched);
  yield* procedure.end(step, `${matched.files.length} files.`);
  return matched.files;
}

/** The share keeps the files of earlier runs: those of now are among the newest. */
function filesMax({ clouds }: ConnectorPlan): number {
  return Math.max(10, clouds.length * 3);
}

/** The portals of a cloud in branches side by side; a failure in one lets the others end. */
function* connectPortalsOf(procedure: Procedure, plan: ConnectorPlan, cloud: string, reached: Reached): Steps<void> {
  const count = plan.clouds.find(({ name }) => name === cloud)?.portalMachines.length ?? 0;
  const position = plan.clouds.findIndex(({ name }) => name === cloud);
  const { connectorId } = plan;
  const inputs = Array.from({ length: Math.min(portalBranches, count) }, (_, branch) => {
    const input: Omit<PortalBranchInput, 'operationId' | 'attempt'> = { connectorId, cloud, position, branch };
    return { key: `portals-${position}-${branch}`, input };
  });
  const results = yield* procedure.branches<BranchResult>(connectPortalsName, inputs);
  const refused = results.find((result) => result.outcome === 'refused');
  // W23 is the look at what was set up until then.
  if (refused === undefined || refused.step.startsWith(`${steps.checkTlsEndpoints.id} `)) reached.endpoints.add(cloud);
  if (refused?.outcome === 'refused') throw stopped(refused.step, refused.code, refused.message);
  if (results.some(({ outcome }) => outcome === 'canceled')) throw new ProcedureStopped({ status: 'canceled' });
}
