import { sources } from '../preflight/sources.ts';
import { findOverlaps } from './find-overlaps.ts';
import { findRetirements, type GatewayAddress } from './find-retirements.ts';
import { findTrust } from './find-trust.ts';
import type { GatewayFacts } from './gateway-facts.ts';
import { compareFindings, type InventoryFinding } from './inventory-finding.ts';

/** A gateway that was looked at. */
export interface InventoryEntry {
  readonly resourceId: string;
  readonly name: string;
  readonly facts: GatewayFacts;
  readonly addresses: readonly GatewayAddress[];
}

/** What is to be known of each gateway, by resource id, the worst first. */
export function findAll(
  entries: readonly InventoryEntry[],
  now: Date,
): ReadonlyMap<string, readonly InventoryFinding[]> {
  const overlapping = findOverlaps(
    entries.map(({ resourceId, name, facts }) => ({ id: resourceId, name, pools: facts.pointToSite?.pools ?? [] })),
  );
  return new Map(
    entries.map(({ resourceId, facts, addresses }) => {
      const findings = [
        ...findState(facts),
        ...findTrust(facts, now),
        ...findRetirements(facts, addresses, now),
        ...(overlapping.get(resourceId) ?? []),
      ];
      return [resourceId, findings.toSorted(compareFindings)];
    }),
  );
}

function findState({ provisioningState, migration }: GatewayFacts): readonly InventoryFinding[] {
  const failed: readonly InventoryFinding[] = /^failed$/i.test(provisioningState)
    ? [
        {
          code: 'resourceFailed',
          severity: 'error',
          message:
            'Azure shows the gateway as Failed: its last change did not come through. It may serve people all the same.',
          plan: 'See in its activity log which change failed and why, and repeat it or take it back.',
          source: sources.faq,
        },
      ]
    : [];
  if (migration === undefined) return failed;
  const message = `A migration of the gateway is under way (${migration}).`;
  const plan = 'Commit or abort it before anything else is changed.';
  return [
    ...failed,
    { code: 'migrationOpen', severity: 'warning', message, plan, source: sources.basicAddressMigration },
  ];
}
