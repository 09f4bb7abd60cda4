import type { OrchestrationContext } from 'durable-functions';
import { endStep } from '../contracts/build-gateway.ts';
import {
  noteConnector,
  ownSteps,
  type ConnectorCloud,
  type ConnectorPlan,
  type IssuerCertificate,
} from '../contracts/connectors.ts';
import { connectorSteps as W } from '../contracts/connector-steps.ts';
import { shownStep, type StoryProblem } from '../contracts/on-premises.ts';
import { failStep, type RemoteStepResult } from '../contracts/remote-commands.ts';
import { endpointProblems } from '../domain/endpoint-problems.ts';
import { tenantPortalPort } from '../domain/connector-ports.ts';
import { callActivity, type Steps } from './call-activity.ts';
import { begin, startStep, StoryStopped, type StepRequest, type Story } from './story.ts';

export interface Findings {
  readonly errors: readonly StoryProblem[];
  readonly warnings: readonly StoryProblem[];
}

/** One thing to look at, and what its answer means. */
interface Look {
  readonly path: string;
  readonly request: StepRequest;
  readonly judge: (facts: Readonly<Record<string, unknown>>, path: string) => Findings;
}

const allWell: Findings = { errors: [], warnings: [] };

/**
 * Looks at everything that has to hold before the first change, on all machines side by side, and reports all that does not in
 * one answer. What the portals' certificates are is kept for the steps that need it, and put into `plan`.
 */
export function* checkPreconditions(
  context: OrchestrationContext,
  story: Story,
  plan: ConnectorPlan,
): Steps<{
  readonly plan: ConnectorPlan;
  readonly warnings: readonly StoryProblem[];
}> {
  const step = shownStep(ownSteps.preconditions);
  yield* begin(context, story, step);
  const looks = [...looksOfStack(plan), ...plan.clouds.flatMap((cloud, index) => looksOfCloud(plan, cloud, index))];
  const results = (yield context.df.Task.all(
    looks.map(({ request }) => startStep(context, story, request)),
  )) as readonly RemoteStepResult[];

  if (results.some((result) => result.outcome === 'refused' && result.code === 'Canceled'))
    throw new StoryStopped({ status: 'canceled' });
  const findings = results.map((result, index) => judged(looks[index], result));
  const errors = findings.flatMap((finding) => finding.errors);
  const warnings = findings.flatMap((finding) => finding.warnings);
  const { operationId } = story;
  const certificates = certificatesOf(plan, looks, results);
  yield* callActivity(context, noteConnector, { connectorId: plan.connectorId, warnings, ...certificates });
  if (errors.length > 0) {
    const message = `${errors.length} of the preconditions do not hold; errors lists all of them.`;
    yield* callActivity(context, failStep, { operationId, step, detail: message });
    throw new StoryStopped({ status: 'failed', step, code: 'Precondition', message, errors });
  }
  const detail =
    warnings.length === 0
      ? 'All hold.'
      : `All hold; ${warnings.length} ${warnings.length === 1 ? 'warning' : 'warnings'}.`;
  yield* callActivity(context, endStep, { operationId, step, detail });
  return { plan: { ...plan, ...certificates }, warnings };
}

function judged(look: Look | undefined, result: RemoteStepResult): Findings {
  if (look === undefined) return allWell;
  const { path, request, judge } = look;
  if (result.outcome !== 'refused') return judge(result.facts, path);
  const { code, message } = result;
  const fix = fixes[code] ?? 'Mend it on the machine, then resume the operation.';
  return {
    errors: [{ path, code, message: `${request.machineId}, ${shownStep(request.step)}: ${message}`, fix }],
    warnings: [],
  };
}

const fixes: Readonly<Record<string, string>> = {
  Unreachable: 'Bring the machine up, open the way to it, then resume the operation.',
  AuthFailed: 'Correct the secret or the account, see that it is not locked, then resume the operation.',
};

function looksOfStack(plan: ConnectorPlan): readonly Look[] {
  const { hostMachine, waspMachine, userPrincipalNames, dataFiles, clouds, checkMachines } = plan;
  const portals = clouds.map(({ tenantPortalFqdn }) => ({ host: tenantPortalFqdn, port: tenantPortalPort }));
  const users: Look = {
    path: '/userPrincipalNames',
    request: {
      step: W.W3,
      machineId: hostMachine,
      wish: 'probe',
      parameters: { userPrincipalNames },
      secrets: { credential: dataFiles.credentialSecret },
    },
    judge: ({ missing }, path) => ({ ...allWell, warnings: missingUsers(missing, path) }),
  };
  return [
    ...(userPrincipalNames.length === 0 ? [] : [users]),
    {
      path: '/clouds',
      request: { step: W.W6, machineId: waspMachine, wish: 'probe', parameters: { endpoints: portals } },
      judge: ({ results }, path) => ({ ...allWell, errors: endpointProblems(results, { from: waspMachine, path }) }),
    },
    ...checkMachines.map((machineId, index): Look => ({
      path: `/checkMachines/${index}`,
      request: { step: W.W23, machineId, wish: 'probe', parameters: { endpoints: portals } },
      judge: ({ results }, path) => ({ ...allWell, errors: endpointProblems(results, { from: machineId, path }) }),
    })),
  ];
}

function missingUsers(missing: unknown, path: string): readonly StoryProblem[] {
  const names = Array.isArray(missing) ? (missing as readonly string[]) : [];
  return names.map((name) => ({
    path,
    code: 'userMissing',
    message: `${name} does not exist in the directory of Azure Stack.`,
    fix: 'Whoever uses both clouds needs the same user principal name in both.',
  }));
}

function looksOfCloud(plan: ConnectorPlan, cloud: ConnectorCloud, index: number): readonly Look[] {
  const path = `/clouds/${index}`;
  const products = (machineId: string, name: 'wap' | 'spf' | 'vmm', at: string): Look => ({
    path: `${path}/${at}`,
    request: {
      step: W.W2,
      machineId,
      wish: 'probe',
      parameters: { products: [{ name, minimum: plan.minimumVersions[name] }] },
    },
    judge: () => allWell,
  });
  const wap = [...new Set([...cloud.portalMachines, ...cloud.apiMachines])];
  return [
    ...wap.map((machineId) => products(machineId, 'wap', 'portalMachines')),
    ...(cloud.spfMachine === undefined ? [] : [products(cloud.spfMachine, 'spf', 'spfMachine')]),
    ...(cloud.vmmMachine === undefined ? [] : [products(cloud.vmmMachine, 'vmm', 'vmmMachine')]),
    ...cloud.portalMachines.map((machineId, position): Look => ({
      path: `${path}/portalMachines/${position}`,
      request: certificateLook(cloud, machineId),
      judge: () => allWell,
    })),
  ];
}

function certificateLook(cloud: ConnectorCloud, machineId: string): StepRequest {
  const { tenantPortalFqdn, certificateThumbprint: thumbprint } = cloud;
  return {
    step: W.W7,
    machineId,
    wish: 'probe',
    parameters: { tenantPortalFqdn, ...(thumbprint === undefined ? {} : { thumbprint }) },
  };
}

/** What the looks at the portals' certificates found. */
function certificatesOf(
  { clouds }: ConnectorPlan,
  looks: readonly Look[],
  results: readonly RemoteStepResult[],
): Pick<ConnectorPlan, 'thumbprints' | 'issuers'> {
  const thumbprints: Record<string, string> = {};
  const issuers: IssuerCertificate[] = [];
  for (const [index, { request }] of looks.entries()) {
    const result = results[index];
    const cloud = clouds.find(({ portalMachines }) => portalMachines.includes(request.machineId));
    if (request.step.id !== W.W7.id || result === undefined || result.outcome === 'refused' || cloud === undefined)
      continue;
    const facts = W.W7.facts.safeParse(result.facts).data;
    if (facts?.thumbprint !== undefined) thumbprints[request.machineId] = facts.thumbprint;
    for (const issuer of facts?.issuers ?? []) {
      const isKnown = issuers.some((known) => known.cloud === cloud.name && known.thumbprint === issuer.thumbprint);
      if (!isKnown) issuers.push({ cloud: cloud.name, ...issuer });
    }
  }
  return { thumbprints, issuers };
}
