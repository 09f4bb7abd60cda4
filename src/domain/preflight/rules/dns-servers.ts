import {
  type AddressPurpose,
  type AddressRange,
  contains,
  isPrivate,
  parseAddress,
  parseAddressRange,
  purposesTouched,
} from '../../address-range.ts';
import type { Problem } from '../problem.ts';
import { sources } from '../sources.ts';
import type { PreflightRule, PreflightSubject, SubjectNetwork } from '../subject.ts';

const platformResolver = '168.63.129.16';
const unusablePurposes: readonly AddressPurpose[] = ['multicast', 'loopback', 'linkLocal', 'unspecified', 'reserved'];

/** DNS servers are plain addresses, and a network's own ones have to ask Azure's for what they do not know. */
export const dnsServers: PreflightRule = {
  name: 'dnsServers',
  check: (subject) => [
    ...(subject.network.choosesDnsServers ? refusedServers(subject.network) : []),
    ...forwardingNeeded(subject.network),
    ...outOfReach(subject),
  ],
};

function refusedServers({ dnsServers: servers, dnsServersPath }: SubjectNetwork): readonly Problem[] {
  return servers.flatMap((server, index) => {
    const isRepeated = servers.indexOf(server) < index;
    if (isUsable(server) && !isRepeated) return [];
    return [
      {
        path: `${dnsServersPath}/${index}`,
        code: isRepeated ? 'dnsServerRepeated' : 'dnsServerRefused',
        severity: 'error' as const,
        message: isRepeated
          ? `${JSON.stringify(server)} is in the list already.`
          : `${JSON.stringify(server)} is not an IPv4 address that a DNS server can have.`,
        fix: isRepeated ? 'Leave it out.' : 'Write an address in plain dotted decimal, for example "10.2.1.4".',
      },
    ];
  });
}

function isUsable(server: string): boolean {
  if (parseAddress(server).outcome === 'refused') return false;
  const range = parseAddressRange(`${server}/32`);
  return (
    range.outcome === 'parsed' && !purposesTouched(range.range).some((purpose) => unusablePurposes.includes(purpose))
  );
}

function forwardingNeeded({ dnsServers: servers, dnsServersPath }: SubjectNetwork): readonly Problem[] {
  if (servers.every((server) => server === platformResolver)) return [];
  return [
    {
      path: dnsServersPath,
      code: 'customDnsMustForward',
      severity: 'warning',
      message: `With its own DNS servers, the network's gateway may lose touch with Azure unless they forward to ${platformResolver}. Client profiles carry these addresses too: a change later means new profiles for everybody.`,
      fix: `See to it that each server forwards to ${platformResolver}, or leave dnsServers out to use Azure's own.`,
      source: sources.faq,
    },
  ];
}

// Public servers are reached over the Internet; where a private one is, somebody has to know.
function outOfReach(subject: PreflightSubject): readonly Problem[] {
  const { network } = subject;
  const reached = reachedRanges(subject);
  if (reached === undefined) return [];
  return network.dnsServers.flatMap((server, index) => {
    const parsed = parseAddressRange(`${server}/32`);
    if (parsed.outcome === 'refused' || !isPrivate(parsed.range)) return [];
    if (reached.some((range) => contains(range, parsed.range))) return [];
    return [
      {
        path: network.choosesDnsServers ? `${network.dnsServersPath}/${index}` : network.dnsServersPath,
        code: 'dnsServerOutOfReach' as const,
        severity: 'warning' as const,
        message: `The DNS server ${server} is in no range that is known here: neither of the virtual network, nor of a network that is peered with it, nor on premises. Nobody reaches it, unless there is a way that the plan does not tell.`,
        fix: 'Correct the address, peer the network that it is in, or name its range in onPremisesRanges.',
        source: sources.virtualNetworkDns,
      },
    ];
  });
}

/** Undefined while not all of them can be read. */
function reachedRanges({
  plan,
  network,
  onPremises,
  customRoutes,
  context,
}: PreflightSubject): readonly AddressRange[] | undefined {
  const { virtualNetwork } = plan;
  const isWhole =
    virtualNetwork.kind === 'existing' || network.addressSpace.length === virtualNetwork.addressSpace.length;
  if (!network.isKnown || !isWhole || onPremises.length < plan.onPremisesRanges.length) return undefined;
  const peers = (context.virtualNetworkFacts?.peerings ?? []).flatMap(({ addressSpace }) =>
    addressSpace.flatMap((text) => {
      const parsed = parseAddressRange(text);
      return parsed.outcome === 'parsed' ? [parsed.range] : [];
    }),
  );
  return [...[...network.addressSpace, ...onPremises, ...customRoutes].map(({ range }) => range), ...peers];
}
