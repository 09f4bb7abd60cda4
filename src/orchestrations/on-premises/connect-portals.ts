import type { OrchestrationContext } from 'durable-functions';
import { connectorSteps as steps } from '../../contracts/on-premises/connector-steps.ts';
import {
  type BranchResult,
  type ConnectorCloud,
  type ConnectorPlan,
  folder,
  portalBranches,
  type PortalBranchInput,
} from '../../contracts/on-premises/connectors.ts';
import { shownStep } from '../../contracts/on-premises/on-premises.ts';
import type { StepParameters } from '../../contracts/on-premises/remote-step.ts';
import { addressOf } from '../../domain/connector-ports.ts';
import { endpointProblems } from '../../domain/endpoint-problems.ts';
import type { Steps } from '../operations/call-activity.ts';
import { readPlan } from './connector-access.ts';
import { createProcedure, type Procedure } from './procedure.ts';
import { endOf } from './procedure-end.ts';
import { on, type StepRequest } from './step-request.ts';

/** Every third portal machine of a cloud, one after the other. */
export function* connectPortals(context: OrchestrationContext): Steps<BranchResult> {
  const input = context.df.getInput<PortalBranchInput>();
  const procedure = createProcedure(context, input, `c${input.position}l${input.branch}-`);
  const end = yield* endOf(connectBranch(procedure, input));
  switch (end.status) {
    case 'succeeded':
      return { outcome: 'done' };
    case 'canceled':
      return { outcome: 'canceled' };
    case 'failed':
      return { outcome: 'refused', step: end.step, code: end.code, message: end.message };
  }
}

function* connectBranch(procedure: Procedure, input: PortalBranchInput): Steps<void> {
  const { plan } = yield* readPlan(procedure, input.connectorId);
  const cloud = plan.clouds.find(({ name }) => name === input.cloud);
  const machines = (cloud?.portalMachines ?? []).filter((_, index) => index % portalBranches === input.branch);
  for (const machineId of machines) if (cloud !== undefined) yield* connectPortal(procedure, plan, cloud, machineId);
}

function* connectPortal(
  procedure: Procedure,
  plan: ConnectorPlan,
  cloud: ConnectorCloud,
  machineId: string,
): Steps<void> {
  const { urlRewrite, stage, install, sites, bind, configure } = portalRequests(plan, cloud, machineId);
  for (const request of [urlRewrite, stage, install, sites, bind, configure]) yield* procedure.run(request);
  const areOthersAtWork = cloud.portalMachines.length > 1;
  yield* checkEndpoint(procedure, { plan, cloud, machineId, areOthersAtWork });
}

type PortalRequests = Readonly<
  Record<'urlRewrite' | 'stage' | 'install' | 'sites' | 'bind' | 'configure', StepRequest>
>;

/** What is done on one portal machine, in this order; to look at it and to take it back as well. */
export function portalRequests(plan: ConnectorPlan, cloud: ConnectorCloud, machineId: string): PortalRequests {
  const { tenantPortalFqdn, tenantApiFqdn } = cloud;
  const { azureStackPortalFqdn } = plan;
  const thumbprint = cloud.certificateThumbprint ?? plan.thumbprints[machineId] ?? '';
  const portal = on(machineId, machineId);
  return {
    urlRewrite: portal(steps.installUrlRewrite, urlRewriteInstaller(plan)),
    stage: portal(steps.stagePackage, { ...plan.package, folder }),
    install: portal(steps.installConnector, { folder }),
    sites: portal(steps.checkSites, {}),
    bind: portal(steps.bindCertificate, { folder, thumbprint }),
    configure: portal(steps.configureConnector, { folder, tenantPortalFqdn, tenantApiFqdn, azureStackPortalFqdn }),
  };
}

/** Looked for before anything is changed, installed when it is the portal's turn. */
export function urlRewriteInstaller({
  urlRewrite,
}: Pick<ConnectorPlan, 'urlRewrite'>): StepParameters<typeof steps.installUrlRewrite> {
  return urlRewrite === undefined ? {} : { installerUri: urlRewrite.uri, installerSha256: urlRewrite.sha256 };
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
 * The connector answers to Azure Stack's portal and to whoever uses it, with a certificate that they trust. Behind one
 * name stand all portals of a cloud: while others are being set up, one that is not ready may answer, so it is looked
 * at again.
 */
export function* checkEndpoint(
  procedure: Procedure,
  { plan, cloud, machineId, areOthersAtWork }: EndpointCheck,
): Steps<void> {
  const step = shownStep(steps.checkTlsEndpoints, machineId);
  yield* procedure.begin(step);
  const endpoints = [addressOf(cloud.endpoint)];
  const begunMs = procedure.nowMs();
  for (const from of [plan.waspMachine, ...plan.checkMachines]) {
    for (;;) {
      const result = yield* procedure.attempt(on(from, machineId)(steps.checkTlsEndpoints, { endpoints }), 'probe');
      const problem =
        result.outcome === 'refused' ? result : endpointProblems(result.facts.results, { from, path: '' })[0];
      if (problem === undefined) break;
      const isLate = procedure.nowMs() - begunMs > othersMaxMs;
      const { code, message } = problem;
      if (result.outcome === 'refused' || !areOthersAtWork || isLate) {
        return yield* procedure.fail(step, { code, message });
      }
      yield* procedure.wait(lookAgainSeconds);
    }
  }
  yield* procedure.end(step);
}
