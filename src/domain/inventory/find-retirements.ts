import { type GatewaySku, gatewaySkus, traitsOf } from '../gateway-sku.ts';
import { sources } from '../preflight/sources.ts';
import type { GatewayFacts } from './gateway-facts.ts';
import { type InventoryFinding, severityAt } from './inventory-finding.ts';

/** A public address of a gateway, as the list of its subscription shows it. */
export interface GatewayAddress {
  readonly id: string;
  readonly sku: string;
}

const sstpEnds = '2027-03-31';
const nonZonalEnds = '2026-09-30';
const legacyEnds = '2026-03-31';
const basicAddressEnds = '2026-06-30';
const linuxClientEnded = '2026-08-31';

/** What of a gateway Azure has retired or is about to. */
export function findRetirements(
  facts: GatewayFacts,
  addresses: readonly GatewayAddress[],
  now: Date,
): readonly InventoryFinding[] {
  return [
    ...retiredSku(facts, now),
    ...basicAddresses(facts, addresses, now),
    ...sstp(facts, now),
    ...linuxOnEntra(facts),
    ...serverRoot(facts),
  ];
}

function retiredSku({ sku, pointToSite }: GatewayFacts, now: Date): readonly InventoryFinding[] {
  const name = knownSku(sku);
  if (name === undefined) return [];
  const { standing, successor } = traitsOf(name);
  switch (standing) {
    case 'current':
      return [];
    case 'nonZonal':
      return [
        {
          code: 'skuClosedNonZonal',
          severity: 'warning',
          date: nonZonalEnds,
          message: `${name} was retired on ${nonZonalEnds}. Azure moves such gateways to ${successor} by itself and expects no downtime.`,
          plan: `Nothing has to be done. Templates that name ${name} have to name ${successor} by the next deployment; the gateway can also be resized to ${successor} at a time of your choice.`,
          source: sources.skuConsolidation,
        },
      ];
    case 'legacy':
      return [
        {
          code: 'skuClosedLegacy',
          severity: severityAt(legacyEnds, now),
          date: legacyEnds,
          message: `The ${name} SKU was retired in March 2026.`,
          plan: `Resize the gateway to ${successor}, with up to ten minutes without connections.`,
          source: sources.whatsNew,
        },
      ];
    case 'basic':
      return [basicSku(pointToSite !== undefined, now)];
  }
}

function basicSku(hasPointToSite: boolean, now: Date): InventoryFinding {
  const plan =
    'Basic cannot be resized: build a gateway of VpnGw1AZ beside it, in another network, or delete this one and build it anew; its clients then need new profiles.';
  const source = sources.skus;
  if (!hasPointToSite) {
    const message = 'The Basic SKU has point-to-site over SSTP at most, which cannot be enabled any more.';
    return { code: 'skuBasicUnfit', severity: 'info', message, plan, source };
  }
  const message = `The Basic SKU has point-to-site over SSTP, which stops working on ${sstpEnds}; that it takes IKEv2 one page of Microsoft says and another denies.`;
  return { code: 'skuBasicUnfit', severity: severityAt(sstpEnds, now), date: sstpEnds, message, plan, source };
}

function basicAddresses(
  { sku }: GatewayFacts,
  addresses: readonly GatewayAddress[],
  now: Date,
): readonly InventoryFinding[] {
  const basic = addresses.filter((address) => address.sku.toLowerCase() === 'basic');
  if (basic.length === 0) return [];
  const names = basic.map(({ id }) => id.slice(id.lastIndexOf('/') + 1)).join(', ');
  if (knownSku(sku) === 'Basic') {
    return [
      {
        code: 'publicIpBasic',
        severity: 'info',
        message: `Public address ${names} is of the SKU Basic. Of gateways of the SKU Basic Microsoft takes such an address over: the gateway keeps it and names it no longer.`,
        plan: 'Read the address from the gateway, not from the public address, in whatever uses it.',
        source: sources.basicSkuAddressRemoval,
      },
    ];
  }
  return [
    {
      code: 'publicIpBasic',
      severity: severityAt(basicAddressEnds, now),
      date: basicAddressEnds,
      message: `Public address ${names} is of the SKU Basic, which VPN gateways may have until the end of June 2026.`,
      plan: 'Migrate it with Azure’s own migration: the address stays, with up to ten minutes without connections. It needs three free addresses in the GatewaySubnet; add a prefix to one of /28 or smaller first.',
      source: sources.basicAddressMigration,
    },
  ];
}

function sstp({ pointToSite }: GatewayFacts, now: Date): readonly InventoryFinding[] {
  if (pointToSite === undefined || !names(pointToSite.protocols, 'SSTP')) return [];
  const isAlone = pointToSite.protocols.length === 1;
  return [
    {
      code: 'protocolSstpRetired',
      severity: severityAt(sstpEnds, now),
      date: sstpEnds,
      message: `SSTP stops working on ${sstpEnds}${isAlone ? ', and is the only protocol of this gateway' : ''}.`,
      plan: isAlone
        ? 'Add IKEv2 beside SSTP first, which cuts nobody off; hand out new profiles; take SSTP off when nobody uses it. OpenVPN and SSTP do not go together.'
        : 'Take SSTP off when nobody uses it any more: clients with an IKEv2 profile stay connected.',
      source: sources.sstpMigration,
    },
  ];
}

function linuxOnEntra({ pointToSite }: GatewayFacts): readonly InventoryFinding[] {
  if (!pointToSite?.authentication.every((one) => one.toLowerCase() === 'aad')) return [];
  if (pointToSite.authentication.length === 0) return [];
  return [
    {
      code: 'linuxNeedsCertificates',
      severity: 'warning',
      date: linuxClientEnded,
      message: `People sign in with Entra ID alone. The Azure VPN Client for Linux was retired on ${linuxClientEnded}: users of Linux have no client for it.`,
      plan: 'If there are users of Linux, add Certificate beside Entra ID with a root, and give them certificates with OpenVPN. Whoever signs in with Entra ID keeps doing so.',
      source: sources.linuxClientRetirement,
    },
  ];
}

function serverRoot({ pointToSite }: GatewayFacts): readonly InventoryFinding[] {
  if (pointToSite === undefined) return [];
  return [
    {
      code: 'serverRootChanges',
      severity: 'warning',
      message:
        'Microsoft replaces the root of the certificate that the gateway itself shows. Clients whose profile is older than that do not connect any more, however they sign in. Azure tells the date of each gateway by mail and Service Health alone.',
      plan: 'Make a new profile when Microsoft announces it, hand it out beside the old one, and have it in use before the date.',
      source: sources.serverRootMigration,
    },
  ];
}

function knownSku(sku: string | undefined): GatewaySku | undefined {
  return gatewaySkus.find((name) => name.toLowerCase() === sku?.toLowerCase());
}

function names(protocols: readonly string[], wanted: string): boolean {
  return protocols.some((protocol) => protocol.toLowerCase() === wanted.toLowerCase());
}
