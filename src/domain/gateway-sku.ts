/** Every SKU name a plan may carry, the ones Azure no longer builds included: those are refused with the reason. */
export const gatewaySkus = [
  'VpnGw1AZ',
  'VpnGw2AZ',
  'VpnGw3AZ',
  'VpnGw4AZ',
  'VpnGw5AZ',
  'VpnGw1',
  'VpnGw2',
  'VpnGw3',
  'VpnGw4',
  'VpnGw5',
  'Basic',
  'Standard',
  'HighPerformance',
] as const;

export type GatewaySku = (typeof gatewaySkus)[number];

export const gatewayGenerations = ['Generation1', 'Generation2'] as const;

export type GatewayGeneration = (typeof gatewayGenerations)[number];

/**
 * `current` can be built; `nonZonal` (VpnGw1-5), `basic` and `legacy` (Standard, HighPerformance) cannot, or not
 * usefully. The last generation listed is the one chosen when a plan names none: it carries more traffic.
 */
interface GatewaySkuTraits {
  readonly standing: 'current' | 'nonZonal' | 'basic' | 'legacy';
  readonly generations: readonly [GatewayGeneration, ...GatewayGeneration[]];
  /** Point-to-site clients connected at once, over IKEv2 and OpenVPN together; over SSTP on SKUs that have no other. */
  readonly clientsMax: number;
  /** The SKU to ask for instead; a current SKU names itself. */
  readonly successor: GatewaySku;
}

const traits: Readonly<Record<GatewaySku, GatewaySkuTraits>> = {
  VpnGw1AZ: { standing: 'current', generations: ['Generation1'], clientsMax: 250, successor: 'VpnGw1AZ' },
  VpnGw2AZ: {
    standing: 'current',
    generations: ['Generation1', 'Generation2'],
    clientsMax: 500,
    successor: 'VpnGw2AZ',
  },
  VpnGw3AZ: {
    standing: 'current',
    generations: ['Generation1', 'Generation2'],
    clientsMax: 1000,
    successor: 'VpnGw3AZ',
  },
  VpnGw4AZ: { standing: 'current', generations: ['Generation2'], clientsMax: 5000, successor: 'VpnGw4AZ' },
  VpnGw5AZ: { standing: 'current', generations: ['Generation2'], clientsMax: 10_000, successor: 'VpnGw5AZ' },
  VpnGw1: { standing: 'nonZonal', generations: ['Generation1'], clientsMax: 250, successor: 'VpnGw1AZ' },
  VpnGw2: { standing: 'nonZonal', generations: ['Generation1', 'Generation2'], clientsMax: 500, successor: 'VpnGw2AZ' },
  VpnGw3: {
    standing: 'nonZonal',
    generations: ['Generation1', 'Generation2'],
    clientsMax: 1000,
    successor: 'VpnGw3AZ',
  },
  VpnGw4: { standing: 'nonZonal', generations: ['Generation2'], clientsMax: 5000, successor: 'VpnGw4AZ' },
  VpnGw5: { standing: 'nonZonal', generations: ['Generation2'], clientsMax: 10_000, successor: 'VpnGw5AZ' },
  Basic: { standing: 'basic', generations: ['Generation1'], clientsMax: 128, successor: 'VpnGw1AZ' },
  Standard: { standing: 'legacy', generations: ['Generation1'], clientsMax: 128, successor: 'VpnGw1AZ' },
  HighPerformance: { standing: 'legacy', generations: ['Generation1'], clientsMax: 128, successor: 'VpnGw2AZ' },
};

export function traitsOf(sku: GatewaySku): GatewaySkuTraits {
  return traits[sku];
}

/** The generation a gateway of this SKU gets when nobody names one. */
export function usualGeneration(sku: GatewaySku): GatewayGeneration {
  const { generations } = traits[sku];
  return generations.at(-1) ?? generations[0];
}

/** The smallest SKU still built that takes this many clients at once, or undefined beyond the largest. */
export function smallestSkuFor(clients: number): GatewaySku | undefined {
  return gatewaySkus.find((sku) => traits[sku].standing === 'current' && traits[sku].clientsMax >= clients);
}
