import { isLocationName, normaliseLocation } from '../../azure-names.ts';
import { hasZones } from '../../azure-regions.ts';
import type { RegionFacts } from '../facts.ts';
import type { Problem } from '../problem.ts';
import { sources } from '../sources.ts';
import type { PreflightRule, PreflightSubject } from '../subject.ts';

/** The region's spelling, whether it is known, and that the gateway stands where its virtual network is. */
export const location: PreflightRule = {
  name: 'location',
  check: ({ plan, context }) => {
    if (!isLocationName(plan.location)) return [misspelled(plan)];
    return [
      ...notOffered(plan, context.region),
      ...unknown(plan, context.region),
      ...elsewhere(plan, context.virtualNetworkFacts?.location),
    ];
  },
};

type Plan = PreflightSubject['plan'];

function misspelled(plan: Plan): Problem {
  return {
    path: '/location',
    code: 'locationRefused',
    severity: 'error',
    message: `${JSON.stringify(plan.location)} is not the name of an Azure region: those are lower-case letters and digits.`,
    fix: 'Write the region as Azure lists it, for example "eastus".',
  };
}

function notOffered(plan: Plan, region: RegionFacts | undefined): readonly Problem[] {
  if (region?.isOffered !== false) return [];
  return [
    {
      path: '/location',
      code: 'locationNotOffered',
      severity: 'error',
      message: `Azure lists no region ${JSON.stringify(plan.location)} for the subscription ${plan.subscriptionId}.`,
      fix: 'Check the spelling; "az account list-locations" lists the regions of the subscription.',
      source: sources.regions,
    },
  ];
}

// For when Azure's own list could not be read. A warning: Azure opens regions more often than the list here is brought
// up to date.
function unknown(plan: Plan, region: RegionFacts | undefined): readonly Problem[] {
  if (region !== undefined || hasZones(plan.location) !== undefined) return [];
  return [
    {
      path: '/location',
      code: 'locationUnknown',
      severity: 'warning',
      message: `${JSON.stringify(plan.location)} is no region that is known here. If Azure does not know it either, the build fails with its first resource.`,
      fix: 'Check the spelling; "az account list-locations" lists the regions of the subscription.',
      source: sources.regions,
    },
  ];
}

function elsewhere(plan: Plan, existing: string | undefined): readonly Problem[] {
  if (existing === undefined || normaliseLocation(existing) === plan.location) return [];
  return [
    {
      path: '/location',
      code: 'locationDiffersFromVirtualNetwork',
      severity: 'error',
      message: `The virtual network is in ${normaliseLocation(existing)}; Azure refuses a gateway in ${plan.location} with InvalidResourceReference, because both have to be in one region.`,
      fix: `Set location to "${normaliseLocation(existing)}".`,
    },
  ];
}
