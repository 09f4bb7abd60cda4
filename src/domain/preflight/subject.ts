import { type AddressRange, parseAddressRange } from '../address-range.ts';
import type { GatewayPlan, PlannedSubnet, PlannedVirtualNetwork } from '../gateway-plan.ts';
import type { PreflightContext, VirtualNetworkFacts } from './facts.ts';
import type { Problem } from './problem.ts';

/** Text of the plan that has to be a range, and where it stands. */
export interface LocatedText {
  readonly path: string;
  readonly text: string;
}

export interface LocatedRange {
  readonly path: string;
  readonly range: AddressRange;
}

export interface LocatedSubnet {
  readonly namePath: string;
  readonly prefixPath: string;
  readonly name: string;
  /** Absent when its text is no canonical range. */
  readonly range?: AddressRange;
}

export interface SubjectNetwork {
  /** False for an existing virtual network that nobody has read: rules about its insides then say nothing. */
  readonly isKnown: boolean;
  /** The field that names it. */
  readonly path: string;
  readonly addressSpacePath: string;
  readonly subnetsPath: string;
  readonly dnsServersPath: string;
  readonly addressSpace: readonly LocatedRange[];
  readonly subnets: readonly LocatedSubnet[];
  readonly dnsServers: readonly string[];
  /** Whether the plan says which DNS servers they are, and not what is there. */
  readonly choosesDnsServers: boolean;
}

/**
 * A plan with its defaults, its ranges parsed once, and what is known of its surroundings: all that a rule looks at.
 */
export interface PreflightSubject {
  readonly plan: GatewayPlan;
  readonly context: PreflightContext;
  readonly network: SubjectNetwork;
  readonly pools: readonly LocatedRange[];
  readonly onPremises: readonly LocatedRange[];
  readonly customRoutes: readonly LocatedRange[];
  /** Every text the author wrote that has to be a canonical range. */
  readonly rangeTexts: readonly LocatedText[];
}

/** One named rule. It never throws, whatever a plan of the right shape says. */
export interface PreflightRule {
  readonly name: string;
  readonly check: (subject: PreflightSubject) => readonly Problem[];
}

export function readSubject(plan: GatewayPlan, context: PreflightContext): PreflightSubject {
  const pools = locate('/clientAddressPool', plan.clientAddressPool);
  const onPremises = locate('/onPremisesRanges', plan.onPremisesRanges);
  const customRoutes = locate('/customRoutes', plan.customRoutes ?? []);
  return {
    plan,
    context,
    network: readNetwork(plan, context.virtualNetworkFacts),
    pools: parsedOnly(pools),
    onPremises: parsedOnly(onPremises),
    customRoutes: parsedOnly(customRoutes),
    rangeTexts: [...networkTexts(plan), ...pools, ...customRoutes, ...onPremises],
  };
}

function readNetwork(plan: GatewayPlan, facts: VirtualNetworkFacts | undefined): SubjectNetwork {
  const { virtualNetwork } = plan;
  if (virtualNetwork.kind === 'existing') return readExistingNetwork(virtualNetwork, facts);
  return {
    isKnown: true,
    path: '/virtualNetwork/name',
    addressSpacePath: '/virtualNetwork/addressSpace',
    subnetsPath: '/virtualNetwork/subnets',
    dnsServersPath: '/virtualNetwork/dnsServers',
    addressSpace: parsedOnly(locate('/virtualNetwork/addressSpace', virtualNetwork.addressSpace)),
    subnets: locatePlannedSubnets(virtualNetwork.subnets),
    dnsServers: virtualNetwork.dnsServers,
    choosesDnsServers: true,
  };
}

/** Subnets of the plan where they stand in it. */
export function locatePlannedSubnets(subnets: readonly PlannedSubnet[]): readonly LocatedSubnet[] {
  return subnets.map((subnet, index) => {
    const path = `/virtualNetwork/subnets/${index}`;
    return locateSubnet(subnet, `${path}/name`, `${path}/prefix`);
  });
}

// Everything about a network that is there already is said at the one field that names it, but what the plan adds. Its
// IPv6 ranges are Azure's affair and left out: the plan has no say in them.
function readExistingNetwork(
  planned: Extract<PlannedVirtualNetwork, { kind: 'existing' }>,
  facts: VirtualNetworkFacts | undefined,
): SubjectNetwork {
  const path = '/virtualNetwork/resourceId';
  const there = (facts?.subnets ?? []).flatMap(({ name, prefixes }) =>
    // A subnet whose prefixes come from an address manager shows none, and is there all the same.
    (prefixes.length === 0 ? [''] : prefixes).map((prefix) => locateSubnet({ name, prefix }, path, path)),
  );
  return {
    isKnown: facts !== undefined,
    path,
    addressSpacePath: path,
    subnetsPath: path,
    dnsServersPath: planned.dnsServers === undefined ? path : '/virtualNetwork/dnsServers',
    addressSpace: parsedOnly((facts?.addressSpace ?? []).map((text) => ({ path, text }))),
    subnets: [
      ...there,
      ...locatePlannedSubnets(planned.subnets ?? []).filter(
        ({ name }) => !there.some((subnet) => isSameName(subnet.name, name)),
      ),
    ],
    dnsServers: planned.dnsServers ?? facts?.dnsServers ?? [],
    choosesDnsServers: planned.dnsServers !== undefined,
  };
}

/** Azure tells names apart by their letters alone. */
export function isSameName(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}

function locateSubnet(
  { name, prefix }: { readonly name: string; readonly prefix: string },
  namePath: string,
  prefixPath: string,
): LocatedSubnet {
  const parsed = parseAddressRange(prefix);
  return { namePath, prefixPath, name, ...(parsed.outcome === 'parsed' ? { range: parsed.range } : {}) };
}

function networkTexts({ virtualNetwork }: GatewayPlan): readonly LocatedText[] {
  return [
    ...(virtualNetwork.kind === 'existing' ? [] : locate('/virtualNetwork/addressSpace', virtualNetwork.addressSpace)),
    ...(virtualNetwork.subnets ?? []).map(({ prefix }, index) => ({
      path: `/virtualNetwork/subnets/${index}/prefix`,
      text: prefix,
    })),
  ];
}

function locate(path: string, texts: readonly string[]): readonly LocatedText[] {
  return texts.map((text, index) => ({ path: `${path}/${index}`, text }));
}

function parsedOnly(texts: readonly LocatedText[]): readonly LocatedRange[] {
  return texts.flatMap(({ path, text }) => {
    const parsed = parseAddressRange(text);
    return parsed.outcome === 'parsed' ? [{ path, range: parsed.range }] : [];
  });
}
