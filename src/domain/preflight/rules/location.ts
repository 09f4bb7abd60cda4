import { isLocationName, normaliseLocation } from '../../azure-names.ts';
import type { PreflightRule } from '../subject.ts';

/** The region's spelling, and that the gateway stands where its virtual network is. */
export const location: PreflightRule = {
  name: 'location',
  check: ({ plan, context }) => {
    if (!isLocationName(plan.location)) {
      return [
        {
          path: '/location',
          code: 'locationRefused',
          severity: 'error',
          message: `${JSON.stringify(plan.location)} is not the name of an Azure region: those are lower-case letters and digits.`,
          fix: 'Write the region as Azure lists it, for example "eastus".',
        },
      ];
    }
    const existing = context.virtualNetworkFacts?.location;
    if (plan.virtualNetwork.kind === 'new' || existing === undefined) return [];
    if (normaliseLocation(existing) === plan.location) return [];
    return [
      {
        path: '/location',
        code: 'locationDiffersFromVirtualNetwork',
        severity: 'error',
        message: `The virtual network is in ${normaliseLocation(existing)}; Azure refuses a gateway in ${plan.location} with InvalidResourceReference, because both have to be in one region.`,
        fix: `Set location to "${normaliseLocation(existing)}".`,
      },
    ];
  },
};
