import { folder, type ConnectorCloud, type ConnectorPlan } from '../contracts/connectors.ts';
import { connectorSteps as W } from '../contracts/connector-steps.ts';
import type { StoryProblem } from '../contracts/on-premises.ts';
import { addressOf, tenantApiPort, tenantPortalPort } from '../domain/connector-ports.ts';
import { endpointProblems, type SeenEndpoint } from '../domain/endpoint-problems.ts';
import { urlRewriteRequest } from './connect-portals.ts';
import type { StepRequest } from './story.ts';

export interface Findings {
  readonly errors: readonly StoryProblem[];
  readonly warnings: readonly StoryProblem[];
}

/** One thing to look at on one machine, and what its answer means. */
export interface Look {
  readonly path: string;
  readonly request: StepRequest;
  readonly judge: (facts: Readonly<Record<string, unknown>>, path: string) => Findings;
}

export const allWell: Findings = { errors: [], warnings: [] };

/** What can be seen without an account of somebody's, from every machine that will be worked on: side by side. */
export function looksOf(plan: ConnectorPlan): readonly Look[] {
  return [...looksOfStack(plan), ...plan.clouds.flatMap((cloud, index) => looksOfCloud(plan, cloud, index))];
}

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
  const { portalMachines, apiMachines, trustMachine, spfMachine, vmmMachine } = cloud;
  const at = (machineId: string): string => {
    const portal = portalMachines.indexOf(machineId);
    return portal >= 0 ? `${path}/portalMachines/${portal}` : `${path}/apiMachines/${apiMachines.indexOf(machineId)}`;
  };
  const look = (machineId: string, request: Omit<StepRequest, 'machineId' | 'wish'>, where = at(machineId)): Look => ({
    path: where,
    request: { ...request, machineId, wish: 'probe' },
    judge: () => allWell,
  });
  const products = (machineId: string, name: 'wap' | 'spf' | 'vmm', where?: string): Look =>
    look(machineId, { step: W.W2, parameters: { products: [{ name, minimum: plan.minimumVersions[name] }] } }, where);
  const machines = [...new Set([...portalMachines, ...apiMachines])];
  return [
    ...machines.map((machineId) => products(machineId, 'wap')),
    ...(spfMachine === undefined ? [] : [products(spfMachine, 'spf', `${path}/spfMachine`)]),
    ...(vmmMachine === undefined ? [] : [products(vmmMachine, 'vmm', `${path}/vmmMachine`)]),
    ...portalMachines.flatMap((machineId) => [
      look(machineId, certificateRequest(cloud)),
      look(machineId, urlRewriteRequest(plan)),
    ]),
    ...machines.map((machineId) => namesLook(plan, cloud, machineId, path)),
    ...apiMachines.flatMap((machineId) => [
      look(machineId, { step: W.W27, parameters: { folder } }),
      look(machineId, { step: W.W28, parameters: {} }),
    ]),
    look(trustMachine, { step: W.W30, parameters: { isServerKnown: true } }),
  ];
}

function certificateRequest({ tenantPortalFqdn, certificateThumbprint: thumbprint }: ConnectorCloud) {
  return { step: W.W7, parameters: { tenantPortalFqdn, ...(thumbprint === undefined ? {} : { thumbprint }) } };
}

/**
 * What W22 refuses later on a portal (a name that does not resolve there), and whether the machine gets at the files that W10, W18
 * and W25 fetch. These are warnings only: a proxy may fetch what the machine itself does not reach.
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
  return {
    path,
    request: { step: W.W6, machineId, wish: 'probe', parameters: { endpoints: [...names, ...downloads] } },
    judge: ({ results }) => {
      const seen = Array.isArray(results) ? (results as readonly SeenEndpoint[]) : [];
      const unresolved = seen.filter((each) => !isDownload(each) && each.issue === 'notResolved');
      return {
        errors: endpointProblems(unresolved, { from: machineId, path }),
        warnings: endpointProblems(seen.filter(isDownload), { from: machineId, path: '/package' }),
      };
    },
  };
}
