import { addressCount } from '../../address-range.ts';
import { smallestSkuFor, traitsOf } from '../../gateway-sku.ts';
import type { Problem } from '../problem.ts';
import { sources } from '../sources.ts';
import type { PreflightRule, PreflightSubject } from '../subject.ts';

/** Whether everybody who is expected can be connected at once: by the SKU, and by the addresses there are. */
export const capacity: PreflightRule = {
  name: 'capacity',
  check: (subject) => {
    const { expectedUsers } = subject.plan;
    return expectedUsers === undefined
      ? []
      : [...beyondSku(subject, expectedUsers), ...beyondPool(subject, expectedUsers)];
  },
};

function beyondSku({ plan }: PreflightSubject, expectedUsers: number): readonly Problem[] {
  const { clientsMax } = traitsOf(plan.sku);
  if (expectedUsers <= clientsMax) return [];
  const larger = smallestSkuFor(expectedUsers);
  return [
    {
      path: '/expectedUsers',
      code: 'usersBeyondSku',
      restsOn: ['/sku'],
      severity: 'error',
      message: `${plan.sku} connects ${clientsMax} clients at once; ${expectedUsers} are expected.`,
      fix:
        larger === undefined
          ? 'No SKU takes that many: spread them over several gateways.'
          : `Set sku to "${larger}", which takes ${traitsOf(larger).clientsMax}.`,
      source: sources.skus,
    },
  ];
}

function beyondPool({ plan, pools }: PreflightSubject, expectedUsers: number): readonly Problem[] {
  // A pool that is missing or unreadable is another rule's; a sum over the rest would mislead.
  if (pools.length === 0 || pools.length < plan.clientAddressPool.length) return [];
  const addresses = pools.reduce((sum, { range }) => sum + addressCount(range), 0);
  if (expectedUsers > addresses) return [tooFewAddresses(addresses, expectedUsers)];
  if (plan.activeActive && expectedUsers > addresses / 2) return [halfTooSmall(addresses / 2, expectedUsers)];
  return [];
}

function tooFewAddresses(addresses: number, expectedUsers: number): Problem {
  return {
    path: '/clientAddressPool',
    code: 'poolTooSmallForUsers',
    restsOn: [
      '/expectedUsers',
      '/virtualNetwork/addressSpace',
      '/virtualNetwork/resourceId',
      '/onPremisesRanges',
      '/customRoutes',
    ],
    severity: 'error',
    message: `The pool has ${addresses} addresses; ${expectedUsers} users are expected at once.`,
    fix: `Take a pool of /${prefixLengthFor(expectedUsers)} or larger.`,
    source: sources.certificateGateway,
  };
}

function halfTooSmall(half: number, expectedUsers: number): Problem {
  return {
    path: '/clientAddressPool',
    code: 'poolHalfTooSmallForUsers',
    severity: 'warning',
    message: `An active-active gateway splits the pool between its two instances: while one is out, ${half} addresses remain for ${expectedUsers} users.`,
    fix: `Take a pool of /${prefixLengthFor(expectedUsers * 2)} or larger.`,
    source: sources.certificateGateway,
  };
}

// Never smaller than what Azure takes for either kind of gateway.
function prefixLengthFor(addresses: number): number {
  return Math.min(28, 32 - Math.ceil(Math.log2(addresses)));
}
