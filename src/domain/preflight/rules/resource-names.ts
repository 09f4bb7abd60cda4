import { faultsOfName, type NamedResource } from '../../azure-names.ts';
import { sources } from '../sources.ts';
import type { PreflightRule, PreflightSubject } from '../subject.ts';

interface NameInPlan {
  readonly path: string;
  readonly resource: NamedResource;
  readonly name: string;
  readonly restsOn?: readonly string[];
}

/** Every name that Azure will be asked to take. */
export const resourceNames: PreflightRule = {
  name: 'resourceNames',
  check: (subject) =>
    namesIn(subject).flatMap(({ path, resource, name, restsOn }) =>
      faultsOfName(resource, name).map((message) => ({
        path,
        code: 'nameRefused',
        ...(restsOn === undefined ? {} : { restsOn }),
        severity: 'error',
        message,
        fix: `Choose another name instead of ${JSON.stringify(name)}.`,
        source: sources.names,
      })),
    ),
};

function namesIn({ plan }: PreflightSubject): readonly NameInPlan[] {
  return [
    { path: '/name', resource: 'virtualNetworkGateway', name: plan.name },
    { path: '/resourceGroup', resource: 'resourceGroup', name: plan.resourceGroup },
    ...networkNames(plan),
    ...addressNames(plan),
  ];
}

function networkNames({ virtualNetwork }: PreflightSubject['plan']): readonly NameInPlan[] {
  if (virtualNetwork.kind === 'existing') return [];
  return [
    { path: '/virtualNetwork/name', resource: 'virtualNetwork', name: virtualNetwork.name },
    ...virtualNetwork.subnets.map(({ name }, index) => ({
      path: `/virtualNetwork/subnets/${index}/name`,
      resource: 'subnet' as const,
      name,
    })),
  ];
}

function addressNames({ ipConfigurations }: PreflightSubject['plan']): readonly NameInPlan[] {
  const restsOn = ['/activeActive'];
  const publicIps = ipConfigurations.map(({ publicIp }) => publicIp.name);
  const configurations = ipConfigurations.map(({ name }) => name);
  return [
    { path: '/publicIp/name', resource: 'publicIp', name: firstAtFault('publicIp', publicIps), restsOn },
    {
      path: '/ipConfigurationName',
      resource: 'ipConfiguration',
      name: firstAtFault('ipConfiguration', configurations),
      restsOn,
    },
  ];
}

/**
 * Of names that are made of one, which is told of once: an active-active gateway's further names have a digit behind
 * them.
 */
function firstAtFault(resource: NamedResource, names: readonly string[]): string {
  return names.find((name) => faultsOfName(resource, name).length > 0) ?? names[0] ?? '';
}
