import { type AddressPurpose, parseAddress, parseAddressRange, purposesTouched } from '../../address-range.ts';
import type { Problem } from '../problem.ts';
import { sources } from '../sources.ts';
import type { PreflightRule, SubjectNetwork } from '../subject.ts';

const platformResolver = '168.63.129.16';
const unusablePurposes: readonly AddressPurpose[] = ['multicast', 'loopback', 'linkLocal', 'unspecified', 'reserved'];

/** DNS servers are plain addresses, and a network's own ones have to ask Azure's for what they do not know. */
export const dnsServers: PreflightRule = {
  name: 'dnsServers',
  check: ({ plan, network }) => [
    ...(plan.virtualNetwork.kind === 'existing' ? [] : refusedServers(network)),
    ...forwardingNeeded(network),
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
