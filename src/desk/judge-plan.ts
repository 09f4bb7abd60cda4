import { asList, asObject, asText } from '../domain/gateway-entries.ts';
import type { GatewayPlanInput } from '../domain/gateway-plan.ts';
import type { JsonObject, JsonValue } from '../domain/json.ts';
import { checkPlan } from '../domain/preflight/check-plan.ts';
import type { Problem } from '../domain/preflight/problem.ts';
import type { PreflightContext } from '../domain/preflight/subject.ts';
import type { Arm } from '../ports/arm.ts';
import type { Books } from './books.ts';
import { gatewayPartition } from './records/gateways.ts';
import { rootKeys } from './records/certificates.ts';

export interface PlanJudgement {
  readonly problems: readonly Problem[];
  /** Of the existing virtual network that the plan names. */
  readonly existingAddressSpace?: readonly string[];
}

/** Judges a plan by itself, by the network that it names, by the other gateways and by the roots there are. */
export function createJudgePlan(options: {
  readonly arm: Arm;
  readonly books: Books;
  readonly subscriptionId: string;
}): (input: GatewayPlanInput) => Promise<PlanJudgement> {
  const { arm, books } = options;

  async function otherGateways(input: GatewayPlanInput): Promise<NonNullable<PreflightContext['otherGateways']>> {
    const rows = await books.gateways.list(gatewayPartition);
    return rows
      .map(({ record }) => record)
      .filter(({ id, state }) => id !== input.id && state !== 'removed')
      .map(({ id, resourceId, plan }) => ({
        id,
        resourceId,
        virtualNetworkId: plan.resourceIds.virtualNetwork,
        clientAddressPool: plan.clientAddressPool,
      }));
  }

  async function missingRoots(input: GatewayPlanInput): Promise<readonly Problem[]> {
    const problems: Problem[] = [];
    for (const [index, id] of (input.rootIds ?? []).entries()) {
      const root = (await books.roots.get(rootKeys(id)))?.record;
      if (root?.certificate !== undefined) continue;
      const message = `Root ${id} does not exist.`;
      problems.push({
        path: `/rootIds/${index}`,
        code: 'rootUnknown',
        severity: 'error',
        message,
        fix: 'Create it with POST /api/roots, or leave it out.',
      });
    }
    return problems;
  }

  async function readNetwork(
    resourceId: string,
  ): Promise<{ readonly facts?: PreflightContext['virtualNetworkFacts']; readonly problem?: Problem }> {
    const read = await arm.readRaw(resourceId);
    if (read.outcome === 'done') return { facts: toFacts(read.value) };
    const message =
      read.outcome === 'missing'
        ? `Virtual network ${resourceId} does not exist.`
        : `Virtual network ${resourceId} could not be read: ${read.code}.`;
    const severity = read.outcome === 'busy' ? 'warning' : 'error';
    return {
      problem: {
        path: '/virtualNetwork/resourceId',
        code: 'virtualNetworkUnreadable',
        severity,
        message,
        fix: 'Check the id, and that Gatehouse may read the network.',
      },
    };
  }

  return async (input) => {
    const { resourceId } = input.virtualNetwork;
    const network = resourceId === undefined ? {} : await readNetwork(resourceId);
    const context: PreflightContext = {
      subscriptionId: options.subscriptionId,
      otherGateways: await otherGateways(input),
      ...(network.facts === undefined ? {} : { virtualNetworkFacts: network.facts }),
    };
    const problems = [
      ...checkPlan(input, context),
      ...(network.problem === undefined ? [] : [network.problem]),
      ...(await missingRoots(input)),
    ];
    return { problems, ...(network.facts === undefined ? {} : { existingAddressSpace: network.facts.addressSpace }) };
  };
}

function toFacts(network: JsonObject): NonNullable<PreflightContext['virtualNetworkFacts']> {
  const properties = asObject(network['properties']);
  return {
    location: asText(network['location']),
    addressSpace: texts(asObject(properties['addressSpace'])['addressPrefixes']),
    dnsServers: texts(asObject(properties['dhcpOptions'])['dnsServers']),
    subnets: asList(properties['subnets']).map((item) => {
      const subnet = asObject(item);
      const own = asObject(subnet['properties']);
      const single = asText(own['addressPrefix']);
      return { name: asText(subnet['name']), prefixes: single === '' ? texts(own['addressPrefixes']) : [single] };
    }),
  };
}

function texts(value: JsonValue | undefined): string[] {
  return asList(value).filter((item) => typeof item === 'string');
}
