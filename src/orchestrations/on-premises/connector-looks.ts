import { connectorSteps as steps } from '../../contracts/on-premises/connector-steps.ts';
import { type ConnectorCloud, type ConnectorPlan, folder } from '../../contracts/on-premises/connectors.ts';
import { shownStep } from '../../contracts/on-premises/on-premises.ts';
import type { RemoteStepResult } from '../../contracts/on-premises/remote-commands.ts';
import type { Problem } from '../../domain/app-error.ts';
import { addressOf, tenantApiPort, tenantPortalPort } from '../../domain/connector-ports.ts';
import { endpointProblems, type SeenEndpoint } from '../../domain/endpoint-problems.ts';
import type { ProblemCode } from '../../domain/problem-codes.ts';
import { urlRewriteInstaller } from './connect-portals.ts';
import { on, type StepRequest } from './step-request.ts';

export interface Findings {
  readonly errors: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** One thing to look at on one machine, and what its answer means. */
export interface Look {
  readonly path: string;
  readonly request: StepRequest;
  readonly judge: (facts: unknown) => Findings;
  /** The warning that it is where the machine refused to look; undefined where that is an error. */
  readonly excuse?: (refused: { readonly code: ProblemCode; readonly message: string }) => Problem | undefined;
}

/** A look whose judge sees the facts of its own step: whoever read the answer has held them to its schema. */
export function look<Facts>(path: string, request: StepRequest<Facts>, judge: (facts: Facts) => Findings): Look {
  return { path, request, judge: (facts) => judge(facts as Facts) };
}

export const allWell: Findings = { errors: [], warnings: [] };

/** What a look's result means: what it found, or why it could not look. */
export function judged({ path, request, judge, excuse }: Look, result: RemoteStepResult<unknown>): Findings {
  if (result.outcome !== 'refused') return judge(result.facts);
  const { code, message } = result;
  const excused = excuse?.(result);
  if (excused !== undefined) return { errors: [], warnings: [excused] };
  const where = isOfMachine(code) ? request.machineId : `${request.machineId}, ${shownStep(request.step)}`;
  const fix = fixes[code] ?? 'Repair it on the machine, then resume the operation.';
  return { errors: [{ path, code, message: `${where}: ${message}`, fix }], warnings: [] };
}

/** A machine that is away is away for every look, and said to be so once. */
export function isOfMachine(code: ProblemCode): boolean {
  return code === 'unreachable';
}

const fixes: Readonly<Partial<Record<ProblemCode, string>>> = {
  unreachable: 'Bring the machine up, open the way to it, then resume the operation.',
  authFailed: 'Correct the secret or the account, see that it is not locked, then resume the operation.',
};

/** What can be seen without an account of somebody's, from every machine that will be worked on: side by side. */
export function looksOf(plan: ConnectorPlan): readonly Look[] {
  return [...looksOfStack(plan), ...plan.clouds.flatMap((cloud, index) => looksOfCloud(plan, cloud, index))];
}

function looksOfStack(plan: ConnectorPlan): readonly Look[] {
  const { waspMachine, clouds, checkMachines } = plan;
  const portals = clouds.map(({ tenantPortalFqdn }) => ({ host: tenantPortalFqdn, port: tenantPortalPort }));
  return [
    look('/clouds', on(waspMachine)(steps.checkNetwork, { endpoints: portals }), ({ results }) => ({
      ...allWell,
      errors: endpointProblems(results, { from: waspMachine, path: '/clouds' }),
    })),
    ...checkMachines.map((machineId, index) => {
      const path = `/checkMachines/${index}`;
      return look(path, on(machineId)(steps.checkTlsEndpoints, { endpoints: portals }), ({ results }) => ({
        ...allWell,
        errors: endpointProblems(results, { from: machineId, path }),
      }));
    }),
  ];
}

function looksOfCloud(plan: ConnectorPlan, cloud: ConnectorCloud, index: number): readonly Look[] {
  const path = `/clouds/${index}`;
  const { portalMachines, apiMachines, trustMachine, spfMachine, vmmMachine } = cloud;
  const at = (machineId: string): string => {
    const portal = portalMachines.indexOf(machineId);
    return portal >= 0 ? `${path}/portalMachines/${portal}` : `${path}/apiMachines/${apiMachines.indexOf(machineId)}`;
  };
  const allWellAt = (request: StepRequest, where = at(request.machineId)): Look => look(where, request, () => allWell);
  const products = (machineId: string, name: 'wap' | 'spf' | 'vmm', where?: string): Look =>
    allWellAt(on(machineId)(steps.checkVersions, { products: [{ name, minimum: plan.minimumVersions[name] }] }), where);
  const machines = [...new Set([...portalMachines, ...apiMachines])];
  return [
    ...machines.map((machineId) => products(machineId, 'wap')),
    ...(spfMachine === undefined ? [] : [products(spfMachine, 'spf', `${path}/spfMachine`)]),
    ...(vmmMachine === undefined ? [] : [products(vmmMachine, 'vmm', `${path}/vmmMachine`)]),
    ...portalMachines.flatMap((machineId) => [
      allWellAt(certificateRequest(machineId, cloud)),
      allWellAt(on(machineId)(steps.installUrlRewrite, urlRewriteInstaller(plan))),
    ]),
    ...machines.map((machineId) => namesLook(plan, cloud, machineId, path)),
    ...apiMachines.flatMap((machineId) => [
      allWellAt(on(machineId)(steps.updateTenantApi, { folder })),
      allWellAt(on(machineId)(steps.checkTenantApi, {})),
    ]),
    allWellAt(on(trustMachine)(steps.findSqlServer, { isServerKnown: true })),
  ];
}

function certificateRequest(
  machineId: string,
  { tenantPortalFqdn, certificateThumbprint: thumbprint }: ConnectorCloud,
): StepRequest {
  const wanted = thumbprint === undefined ? {} : { thumbprint };
  return on(machineId)(steps.checkCertificate, { tenantPortalFqdn, ...wanted });
}

/**
 * What W22 refuses later on a portal (a name that does not resolve there), and whether the machine gets at the files
 * that W10, W18 and W25 fetch. These are warnings only: a proxy may fetch what the machine itself does not reach.
 */
function namesLook(plan: ConnectorPlan, cloud: ConnectorCloud, machineId: string, path: string): Look {
  const { tenantPortalFqdn, tenantApiFqdn, portalMachines } = cloud;
  const isPortal = portalMachines.includes(machineId);
  const files = [plan.package, ...(isPortal && plan.urlRewrite !== undefined ? [plan.urlRewrite] : [])];
  const downloads = files.map(({ uri }) => addressOf(uri));
  const names = isPortal
    ? [
        { host: tenantPortalFqdn, port: tenantPortalPort },
        { host: tenantApiFqdn, port: tenantApiPort },
        { host: plan.azureStackPortalFqdn, port: 443 },
      ]
    : [];
  const isDownload = ({ host, port }: SeenEndpoint): boolean =>
    downloads.some((download) => download.host === host && download.port === port);
  const request = on(machineId)(steps.checkNetwork, { endpoints: [...names, ...downloads] });
  return look(path, request, ({ results: seen = [] }) => {
    const unresolved = seen.filter((each) => !isDownload(each) && each.issue === 'notResolved');
    return {
      errors: endpointProblems(unresolved, { from: machineId, path }),
      warnings: endpointProblems(seen.filter(isDownload), { from: machineId, path: '/package' }),
    };
  });
}
