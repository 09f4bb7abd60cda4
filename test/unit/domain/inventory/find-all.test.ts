import { findAll, type InventoryEntry } from '../../../../src/domain/inventory/find-all.ts';
import type { GatewayFacts, PointToSite } from '../../../../src/domain/inventory/gateway-facts.ts';
import type { InventoryFinding } from '../../../../src/domain/inventory/inventory-finding.ts';

const now = new Date('2026-11-30T12:00:00Z');

function aPointToSite(members: Partial<PointToSite> = {}): PointToSite {
  return {
    protocols: ['IkeV2', 'OpenVPN'],
    authentication: ['Certificate'],
    pools: ['172.16.201.0/24'],
    radiusServers: [],
    roots: [{ name: 'root', role: 'root', thumbprint: 'A', notAfter: '2036-01-01T00:00:00.000Z' }],
    revocations: [],
    unreadableRevocations: 0,
    ...members,
  };
}

function anEntry(members: Partial<GatewayFacts> = {}, name = 'gw', addresses: InventoryEntry['addresses'] = []) {
  const facts: GatewayFacts = {
    type: 'vpn',
    provisioningState: 'Succeeded',
    location: 'eastus',
    sku: 'VpnGw1AZ',
    activeActive: false,
    publicIpAddressIds: [],
    pointToSite: aPointToSite(),
    ...members,
  };
  return { resourceId: `/id/${name}`, name, facts, addresses };
}

function found(entry: InventoryEntry): readonly InventoryFinding[] {
  return findAll([entry], now).get(entry.resourceId) ?? [];
}

/** All that is found but what is found of every gateway with point-to-site. */
function special(entry: InventoryEntry): readonly (readonly [string, string, string | undefined])[] {
  return found(entry)
    .filter(({ code }) => code !== 'serverRootChanges')
    .map(({ code, severity, date }) => [code, severity, date]);
}

describe('src/domain/inventory/find-all', () => {
  it('finds nothing but the coming server root on a gateway that is as it should be', () => {
    expect(found(anEntry())).toEqual([
      {
        code: 'serverRootChanges',
        severity: 'warning',
        message: expect.any(String) as string,
        plan: expect.stringContaining('new profile') as string,
        source: expect.stringMatching(/^https:\/\/learn\.microsoft\.com\//) as string,
      },
    ]);
  });

  it('finds nothing on a gateway without point-to-site that has a current SKU', () => {
    const { pointToSite: _, ...facts } = anEntry().facts;

    expect(found({ ...anEntry(), facts })).toEqual([]);
  });

  it.each([
    ['VpnGw2', [['skuClosedNonZonal', 'warning', '2026-09-30']]],
    ['vpngw3', [['skuClosedNonZonal', 'warning', '2026-09-30']]],
    ['Standard', [['skuClosedLegacy', 'error', '2026-03-31']]],
    ['HighPerformance', [['skuClosedLegacy', 'error', '2026-03-31']]],
    ['Basic', [['skuBasicUnfit', 'warning', '2027-03-31']]],
    ['VpnGw5AZ', []],
    ['VpnGw9XL', []],
  ])('knows the end of the SKU %s', (sku, expected) => {
    expect(special(anEntry({ sku }))).toEqual(expected);
  });

  it('tells a Basic SKU without point-to-site that it gets none', () => {
    const { pointToSite: _, ...facts } = anEntry({ sku: 'Basic' }).facts;

    expect(special({ ...anEntry(), facts })).toEqual([['skuBasicUnfit', 'info', undefined]]);
  });

  it.each([
    ['VpnGw1AZ', 'Basic', [['publicIpBasic', 'error', '2026-06-30']]],
    ['VpnGw1AZ', 'Standard', []],
    [
      'Basic',
      'Basic',
      [
        ['skuBasicUnfit', 'warning', '2027-03-31'],
        ['publicIpBasic', 'info', undefined],
      ],
    ],
  ])('on a gateway %s finds of a public address %s: %j', (sku, addressSku, expected) => {
    expect(special(anEntry({ sku }, 'gw', [{ id: '/x/pip', sku: addressSku }]))).toEqual(expected);
  });

  it('finds SSTP in any letter case, and has a plan that cuts nobody off where it is the only protocol', () => {
    const alone = anEntry({ pointToSite: aPointToSite({ protocols: ['sstp'] }) });
    const both = anEntry({ pointToSite: aPointToSite({ protocols: ['SSTP', 'IkeV2'] }) });

    expect(special(alone)).toEqual([['protocolSstpRetired', 'warning', '2027-03-31']]);
    expect(found(alone).map(({ plan }) => plan)).toContainEqual(expect.stringContaining('Add IKEv2 beside SSTP'));
    expect(found(both).map(({ plan }) => plan)).toContainEqual(expect.stringContaining('Take SSTP off'));
  });

  it('says that SSTP is over once it is', () => {
    const entry = anEntry({ pointToSite: aPointToSite({ protocols: ['SSTP'] }) });
    const later = findAll([entry], new Date('2027-04-01T00:00:00Z')).get(entry.resourceId) ?? [];

    expect(later[0]).toMatchObject({ code: 'protocolSstpRetired', severity: 'error' });
  });

  it.each([
    [['AAD'], true],
    [['aad'], true],
    [['AAD', 'Certificate'], false],
    [['AAD', 'Radius'], false],
    [['Certificate'], false],
    [[], false],
  ])('with %j says whether users of Linux are shut out: %s', (authentication, isFound) => {
    const codes = special(anEntry({ pointToSite: aPointToSite({ authentication }) })).map(([code]) => code);

    expect(codes.includes('linuxNeedsCertificates')).toBe(isFound);
  });

  it('dates roots, tells intermediates apart, and has what is worst first', () => {
    const roots: PointToSite['roots'] = [
      { name: 'soon', role: 'root', thumbprint: 'A', notAfter: '2027-02-01T00:00:00.000Z' },
      { name: 'odd', role: 'unknown' },
      { name: 'gone', role: 'intermediate', thumbprint: 'B', notAfter: '2026-11-30T11:59:59.000Z' },
      { name: 'fine', role: 'root', thumbprint: 'C', notAfter: '2027-03-01T00:00:00.000Z' },
    ];

    const entry = anEntry({ pointToSite: aPointToSite({ roots }) });

    expect(special(entry)).toEqual([
      ['rootExpired', 'error', '2026-11-30'],
      ['rootExpiring', 'warning', '2027-02-01'],
      ['rootUnreadable', 'warning', undefined],
    ]);
    expect(found(entry)[0]?.message).toMatch(/^Intermediate "gone"/);
  });

  it.each([
    [15, 239, []],
    [
      16,
      240,
      [
        ['rootsNearLimit', 'warning', undefined],
        ['revocationsNearLimit', 'warning', undefined],
      ],
    ],
    [
      20,
      300,
      [
        ['rootsNearLimit', 'error', undefined],
        ['revocationsNearLimit', 'error', undefined],
      ],
    ],
  ])('with %i roots and %i revocations finds %j', (rootCount, revocationCount, expected) => {
    const [root] = aPointToSite().roots;
    const pointToSite = aPointToSite({
      roots: Array.from({ length: rootCount }, () => root ?? { name: '', role: 'root' }),
      revocations: Array.from({ length: revocationCount - 1 }, (_, index) => String(index)),
      unreadableRevocations: 1,
    });

    expect(special(anEntry({ pointToSite }))).toEqual(expected);
  });

  it('finds a failed gateway and a migration that is open', () => {
    expect(special(anEntry({ provisioningState: 'Failed', migration: 'Prepare, Succeeded' }))).toEqual([
      ['resourceFailed', 'error', undefined],
      ['migrationOpen', 'warning', undefined],
    ]);
  });

  it('finds pools of two gateways that overlap, on both, and none of one gateway with itself', () => {
    const entries = [
      anEntry({ pointToSite: aPointToSite({ pools: ['172.16.0.0/16', '172.16.1.0/24'] }) }, 'wide'),
      anEntry({ pointToSite: aPointToSite({ pools: ['172.16.200.0/25'] }) }, 'narrow'),
      anEntry({ pointToSite: aPointToSite({ pools: ['172.17.0.9/16', 'fd00::/64'] }) }, 'apart'),
    ];

    const all = findAll(entries, now);
    const overlapsOf = (name: string) =>
      all.get(`/id/${name}`)?.filter(({ code }) => code === 'poolOverlapsOtherGateway');

    expect(overlapsOf('wide')).toMatchObject([
      { severity: 'warning', message: expect.stringContaining('narrow (172.16.200.0/25)') as string },
    ]);
    expect(overlapsOf('narrow')).toMatchObject([
      { message: expect.stringContaining('wide (172.16.0.0/16)') as string },
    ]);
    expect(overlapsOf('apart')).toEqual([]);
  });

  it('keeps a finding readable where two hundred gateways have one pool', () => {
    const entries = Array.from({ length: 200 }, (_, index) => anEntry({}, `gw${index}`));

    const findings = findAll(entries, now)
      .get('/id/gw0')
      ?.filter(({ code }) => code === 'poolOverlapsOtherGateway');

    expect(findings).toHaveLength(1);
    expect(findings?.[0]?.message).toContain('and 194 others');
  });
});
