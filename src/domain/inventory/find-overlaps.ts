import { type AddressRange, overlaps, parseAddressRange } from '../address-range.ts';
import { sources } from '../preflight/sources.ts';
import type { InventoryFinding } from './inventory-finding.ts';

/** The pools of one gateway; `id` is any text that tells gateways apart. */
export interface GatewayPools {
  readonly id: string;
  readonly name: string;
  readonly pools: readonly string[];
}

/** So many other gateways are named in one finding; the others are counted. */
const namedMax = 5;

/** Of each gateway, by id, which of its pools overlap those of others; one finding for each pool. */
export function findOverlaps(gateways: readonly GatewayPools[]): ReadonlyMap<string, readonly InventoryFinding[]> {
  const ranges = gateways.flatMap((gateway) => gateway.pools.flatMap((pool) => locate(gateway, pool)));
  const found = new Map<string, InventoryFinding[]>();
  for (const own of ranges) {
    const others = new Set(
      ranges.filter((other) => other.gateway.id !== own.gateway.id && overlaps(own.range, other.range)),
    );
    const rivals = [...new Map([...others].map(({ gateway, pool }) => [gateway.id, `${gateway.name} (${pool})`]))];
    if (rivals.length === 0) continue;
    const findings = found.get(own.gateway.id) ?? [];
    found.set(own.gateway.id, [
      ...findings,
      toFinding(
        own.pool,
        rivals.map(([, text]) => text),
      ),
    ]);
  }
  return found;
}

function toFinding(pool: string, rivals: readonly string[]): InventoryFinding {
  const named = rivals.slice(0, namedMax).join(', ');
  const more = rivals.length > namedMax ? ` and ${rivals.length - namedMax} others` : '';
  return {
    code: 'poolOverlapsOtherGateway',
    severity: 'warning',
    message: `Pool ${pool} overlaps that of ${named}${more}: where their networks are connected, answers to a client may go to the other gateway.`,
    plan: 'If the networks are peered, or share anything on premises, give one of them another pool: that cuts its clients off and takes new profiles.',
    source: sources.settings,
  };
}

interface Located {
  readonly gateway: GatewayPools;
  readonly pool: string;
  readonly range: AddressRange;
}

/** Azure takes prefixes with bits beyond their length; IPv6 pools are not compared. */
function locate(gateway: GatewayPools, pool: string): readonly Located[] {
  const parsed = parseAddressRange(pool);
  if (parsed.outcome === 'parsed') return [{ gateway, pool, range: parsed.range }];
  const repaired = parsed.fault === 'hostBitsSet' ? parseAddressRange(parsed.suggestion ?? '') : parsed;
  return repaired.outcome === 'parsed' ? [{ gateway, pool, range: repaired.range }] : [];
}
