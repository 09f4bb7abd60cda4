import type { PreflightContext, Usage } from '../facts.ts';
import type { Problem } from '../problem.ts';
import { sources } from '../sources.ts';
import type { PreflightRule } from '../subject.ts';

type Made = keyof NonNullable<PreflightContext['toMake']>;

/**
 * What Azure counts, in lower case. A gateway's addresses are Standard: `PublicIPAddresses` and
 * `StaticPublicIPAddresses` are the numbers of Basic ones, which nobody can make any more.
 */
const counted: Readonly<Record<string, Made>> = {
  virtualnetworks: 'virtualNetworks',
  standardskupublicipaddresses: 'publicIps',
  ipv4standardskupublicipaddresses: 'publicIps',
};
const paths: Readonly<Record<Made, string>> = { virtualNetworks: '/virtualNetwork/name', publicIps: '/publicIp/name' };

/** Whether the subscription may have as many more networks and addresses in the region as the plan makes. */
export const quota: PreflightRule = {
  name: 'quota',
  check: ({ plan, context: { usages = [], toMake } }) =>
    toMake === undefined ? [] : usages.flatMap((usage) => exceeded(usage, toMake, plan.location)),
};

function exceeded(
  { name, used, limit }: Usage,
  toMake: Readonly<Record<Made, number>>,
  location: string,
): readonly Problem[] {
  const made = counted[name.toLowerCase()];
  if (made === undefined || toMake[made] === 0 || used + toMake[made] <= limit) return [];
  return [
    {
      path: paths[made],
      code: 'quotaExceeded',
      severity: 'error',
      message: `The subscription has ${used} of the ${limit} ${name} that it may have in ${location}; the plan makes ${toMake[made]} more.`,
      fix: 'Delete what is not needed, have Azure raise the limit, or take another region.',
      source: sources.limits,
    },
  ];
}
