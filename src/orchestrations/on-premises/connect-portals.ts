import type { OrchestrationContext } from 'durable-functions';
import { endStep, failStep } from '../../contracts/operations/steps.ts';
import {
  folder,
  portalBranches,
  type ConnectorCloud,
  type ConnectorPlan,
  type BranchResult,
  type PortalBranchInput,
} from '../../contracts/on-premises/connectors.ts';
import { connectorSteps as steps } from '../../contracts/on-premises/connector-steps.ts';
import { shownStep } from '../../contracts/on-premises/on-premises.ts';
import { addressOf } from '../../domain/connector-ports.ts';
import { endpointProblems } from '../../domain/endpoint-problems.ts';
import { callActivity, waitSeconds, type Steps } from '../operations/call-activity.ts';
import { readPlan } from './connector-access.ts';
import {
  begin,
  createProcedure,
  endOf,
  must,
  runStep,
  stopped,
  type StepRequest,
  type Procedure,
} from './procedure.ts';

/** Every third portal machine of a cloud, one after the other. */
export function* connectPortals(context: OrchestrationContext): Steps<BranchResult> {
  const input = context.df.getInput<PortalBranchInput>();
  const end = yield* endOf(connectBranch(context, input));
  switch (end.status) {
    case 'succeeded':
      return { outcome: 'done' };
    case 'canceled':
      return { outcome: 'canceled' };
    case 'failed':
      return { outcome: 'refused', step: end.step, code: end.code, message: end.message };
  }
}

function* connectBranch(context: OrchestrationContext, input: PortalBranchInput): Steps<void> {
  const procedure = createProcedure(input, `c${input.position}l${input.branch}-`);
  const { plan } = yield* readPlan(context, input.connectorId);
  const cloud = plan.clouds.find(({ name }) => name === input.cloud);
  const machines = (cloud?.portalMachines ?? []).filter((_, index) => index % portalBranches === input.branch);
  for (const machineId of machines)
    if (cloud !== undefined) yield* connectPortal(context, procedure, plan, cloud, machineId);
}

function* connectPortal(
  context: OrchestrationContext,
  procedure: Procedure,
  plan: ConnectorPlan,
  cloud: ConnectorCloud,
  machineId: string,
): Steps<void> {
  for (const request of portalRequests(plan, cloud, machineId)) yield* must(context, procedure, request);
  const areOthersAtWork = cloud.portalMachines.length > 1;
  yield* checkEndpoint(context, procedure, { plan, cloud, machineId, areOthersAtWork });
}

/** W10 to W22 on one portal machine, in order. */
export function portalRequests(plan: ConnectorPlan, cloud: ConnectorCloud, machineId: string): readonly StepRequest[] {
  const { tenantPortalFqdn, tenantApiFqdn } = cloud;
  const { azureStackPortalFqdn } = plan;
  const thumbprint = cloud.certificateThumbprint ?? plan.thumbprints[machineId] ?? '';
  const at = { machineId, where: machineId };
  return [
    { ...at, ...urlRewriteRequest(plan) },
    { ...at, step: steps.stagePackage, parameters: { ...plan.package, folder } },
    { ...at, step: steps.installConnector, parameters: { folder } },
    { ...at, step: steps.checkSites, parameters: {} },
    { ...at, step: steps.bindCertificate, parameters: { folder, thumbprint } },
    {
      ...at,
      step: steps.configureConnector,
      parameters: { folder, tenantPortalFqdn, tenantApiFqdn, azureStackPortalFqdn },
    },
  ];
}

/** W10: looked at before anything is changed, done when it is the portal's turn. */
export function urlRewriteRequest({
  urlRewrite,
}: Pick<ConnectorPlan, 'urlRewrite'>): Pick<StepRequest, 'step' | 'parameters'> {
  const installer =
    urlRewrite === undefined ? {} : { installerUri: urlRewrite.uri, installerSha256: urlRewrite.sha256 };
  return { step: steps.installUrlRewrite, parameters: installer };
}

/** A portal is set up within minutes: by then whatever the endpoint still shows is not a matter of waiting. */
const othersMaxMs = 20 * 60 * 1000;
const lookAgainSeconds = 30;

interface EndpointCheck {
  readonly plan: ConnectorPlan;
  readonly cloud: ConnectorCloud;
  readonly machineId: string;
  /** Other portals of the cloud are being set up just now. */
  readonly areOthersAtWork: boolean;
}

/**
 * W23: the connector answers to Azure Stack's portal and to whoever uses it, with a certificate that they trust. Behind one name
 * stand all portals of a cloud: while others are being set up, one that is not ready may answer, so it is looked at again.
 */
export function* checkEndpoint(
  context: OrchestrationContext,
  procedure: Procedure,
  { plan, cloud, machineId, areOthersAtWork }: EndpointCheck,
): Steps<void> {
  const { operationId } = procedure;
  const step = shownStep(steps.checkTlsEndpoints, machineId);
  yield* begin(context, procedure, step);
  const parameters = { endpoints: [addressOf(cloud.endpoint)] };
  const begunMs = context.df.currentUtcDateTime.getTime();
  for (const from of [plan.waspMachine, ...plan.checkMachines]) {
    for (;;) {
      const request = {
        step: steps.checkTlsEndpoints,
        where: machineId,
        machineId: from,
        action: 'probe',
        parameters,
      } as const;
      const result = yield* runStep(context, procedure, request);
      const problem =
        result.outcome === 'refused'
          ? { code: result.code, message: result.message }
          : endpointProblems(result.facts['results'], { from, path: '' })[0];
      if (problem === undefined) break;
      const isLate = context.df.currentUtcDateTime.getTime() - begunMs > othersMaxMs;
      if (result.outcome === 'refused' || !areOthersAtWork || isLate) {
        const { code, message } = problem;
        yield* callActivity(context, failStep, { operationId, step, code, detail: `${code}: ${message}` });
        throw stopped(step, code, message);
      }
      yield* waitSeconds(context, lookAgainSeconds);
    }
  }
  yield* callActivity(context, endStep, { operationId, step });
}
