import fc from 'fast-check';
import { type GatewayPlanInput, gatewayPlanSchema } from '../../../../src/domain/gateway-plan.ts';
import { authenticationMethods, tunnelProtocols } from '../../../../src/domain/gateway-plan-schema.ts';
import { gatewayGenerations, gatewaySkus } from '../../../../src/domain/gateway-sku.ts';
import { checkPlanParts } from '../../../../src/domain/preflight/check-plan-parts.ts';
import type { PreflightContext } from '../../../../src/domain/preflight/facts.ts';
import { aCompletePlan } from '../../../support/builders/a-complete-plan.ts';
import { aGatewayPlan, aSubscriptionId, aVirtualNetwork } from '../../../support/builders/a-gateway-plan.ts';
import { describeProblems, foundProblems, problemsOf } from '../../../support/found-problems.ts';

// Messages quote what the plan says, so the words that would betray a broken message are kept out of the plan.
const brokenWords = /undefined|NaN|Infinity|\[object/;
const someText = (maxLength: number) => fc.string({ maxLength }).filter((text) => !brokenWords.test(text));

// Mostly near misses, since what is plainly wrong is refused by the first line of any rule.
const someRange = fc.oneof(
  fc
    .tuple(fc.constantFrom('10.1', '172.16', '192.168', '8.8', '0.0', '100.64'), fc.nat(255), fc.nat(255), fc.nat(34))
    .map(([head, third, fourth, length]) => `${head}.${third}.${fourth}/${length}`),
  fc.constantFrom(
    '0.0.0.0/0',
    '10.1.0.0/16',
    '10.1.255.0/27',
    '172.16.201.0/24',
    '255.255.255.255/32',
    '010.0.0.0/8',
    '::/0',
  ),
  someText(20),
);
const someName = fc.oneof(
  fc.constantFrom('VNet1', 'GatewaySubnet', 'gatewaysubnet', '', ' ', 'x'.repeat(90), '__proto__'),
  someText(40),
);
const someRanges = fc.array(someRange, { maxLength: 6 });
const someNetwork: fc.Arbitrary<GatewayPlanInput['virtualNetwork']> = fc.oneof(
  fc.record(
    {
      name: someName,
      addressSpace: fc.array(someRange, { minLength: 1, maxLength: 6 }),
      dnsServers: fc.array(fc.oneof(fc.ipV4(), someText(20)), { maxLength: 4 }),
      subnets: fc.array(fc.record({ name: someName, prefix: someRange }), { maxLength: 6 }),
    },
    { requiredKeys: ['name', 'addressSpace'] },
  ),
  fc.record(
    {
      resourceId: fc.constant(
        `/subscriptions/${aSubscriptionId}/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/Hub`,
      ),
      dnsServers: fc.array(fc.oneof(fc.ipV4(), someText(20)), { maxLength: 4 }),
      subnets: fc.array(fc.record({ name: someName, prefix: someRange }), { maxLength: 6 }),
      allowForeignVnet: fc.boolean(),
    },
    { requiredKeys: ['resourceId'] },
  ),
);
const somePlan: fc.Arbitrary<GatewayPlanInput> = fc.record(
  {
    name: someName,
    location: fc.oneof(fc.constantFrom('eastus', 'East US', ''), someText(40)),
    resourceGroup: someName,
    virtualNetwork: someNetwork,
    publicIp: fc.record(
      {
        name: someName,
        allocationMethod: fc.constantFrom('Static', 'Dynamic'),
        sku: fc.constantFrom('Standard', 'Basic'),
        zones: fc.array(fc.constantFrom('1', '2', '3'), { maxLength: 3 }),
      },
      { requiredKeys: [] },
    ),
    sku: fc.constantFrom(...gatewaySkus),
    generation: fc.constantFrom(...gatewayGenerations),
    vpnType: fc.constantFrom('RouteBased', 'PolicyBased'),
    activeActive: fc.boolean(),
    clientAddressPool: someRanges,
    customRoutes: someRanges,
    protocols: fc.array(fc.constantFrom(...tunnelProtocols), { maxLength: 4 }),
    authentication: fc.array(fc.constantFrom(...authenticationMethods), { maxLength: 4 }),
    rootIds: fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 25 }),
    onPremisesRanges: someRanges,
    expectedUsers: fc.integer({ min: 1, max: 1_000_000 }),
    tags: fc.dictionary(someText(10), someText(10), { maxKeys: 4 }),
  },
  { requiredKeys: ['name', 'location', 'resourceGroup', 'virtualNetwork'] },
);
const someContext: fc.Arbitrary<PreflightContext> = fc.record(
  {
    subscriptionId: fc.constant(aSubscriptionId),
    virtualNetworkFacts: fc.record({
      location: someName,
      addressSpace: someRanges,
      dnsServers: fc.array(someText(20), { maxLength: 3 }),
      subnets: fc.array(fc.record({ name: someName, prefixes: someRanges }), { maxLength: 4 }),
      peerings: fc.array(fc.record({ name: someName, addressSpace: someRanges, usesRemoteGateways: fc.boolean() }), {
        maxLength: 2,
      }),
      gatewaySubnet: fc.record(
        {
          securityGroupId: someName,
          routeTable: fc.record({
            resourceId: someName,
            isPropagationDisabled: fc.boolean(),
            routes: fc.array(fc.record({ name: someName, prefix: someRange }), { maxLength: 3 }),
          }),
        },
        { requiredKeys: [] },
      ),
      gateways: fc.array(fc.record({ resourceId: someName, gatewayType: someName }, { requiredKeys: ['resourceId'] }), {
        maxLength: 2,
      }),
    }),
    publicIps: fc.array(
      fc.record(
        { resourceId: someName, sku: someName, allocationMethod: someName, attachedTo: someName },
        { requiredKeys: ['resourceId', 'sku', 'allocationMethod'] },
      ),
      { maxLength: 2 },
    ),
    registration: fc.record({ freeId: someName, registeredAs: someName }, { requiredKeys: [] }),
    isGatewayForeign: fc.boolean(),
    otherGateways: fc.array(
      fc.record({ id: someName, resourceId: someName, virtualNetworkId: someName, clientAddressPool: someRanges }),
      { maxLength: 3 },
    ),
  },
  { requiredKeys: ['subscriptionId'] },
);

describe('src/domain/preflight/check-plan', () => {
  it('says nothing of a plan that is right', () => {
    expect(problemsOf(aGatewayPlan())).toEqual([]);
  });

  it.each([
    ['VpnGw1', ['error skuClosedNonZonal /sku']],
    ['Basic', ['error skuBasicUnfit /sku', 'error protocolNotOnSku /protocols/1']],
  ] as const)('answers everything that is out of date in a plan with %s in one list', (sku, ofSku) => {
    const found = foundProblems({
      sku,
      publicIp: { name: 'VNet1GWpip', allocationMethod: 'Dynamic', sku: 'Basic' },
      protocols: ['SSTP', 'OpenVPN'],
      clientAddressPool: ['10.1.201.0/24'],
      virtualNetwork: aVirtualNetwork({ subnets: [{ name: 'gatewaysubnet', prefix: '10.1.255.0/28' }] }),
    });

    expect(found.toSorted()).toEqual(
      [
        'warning gatewaySubnetSmall /virtualNetwork/subnets/0/prefix',
        'error publicIpDynamic /publicIp/allocationMethod',
        'error publicIpBasic /publicIp/sku',
        ...ofSku,
        'error protocolSstpRetired /protocols/0',
        'error protocolsExclusive /protocols',
        'error poolOverlapsVirtualNetwork /clientAddressPool/0',
        'warning poolClassfulRoute /clientAddressPool/0',
      ].toSorted(),
    );
  });

  it('answers any plan of the right shape, always the same, with problems that say all', () => {
    fc.assert(
      fc.property(somePlan, someContext, (plan, context) => {
        const input = gatewayPlanSchema.parse(plan);
        const problems = problemsOf(input, context);

        expect(problemsOf(input, context)).toEqual(problems);
        for (const { path, code, message, fix } of problems) {
          expect(path).toMatch(/^\/[a-zA-Z]+/);
          expect(code).toMatch(/^[a-z][a-zA-Z]+$/);
          expect(`${message} ${fix}`).not.toMatch(brokenWords);
          expect(fix).not.toBe('');
        }
      }),
      { numRuns: 200 },
    );
  });

  it('judges no pool that another field of the plan chooses, while that field cannot be read', () => {
    const input = gatewayPlanSchema.parse(aGatewayPlan({ customRoutes: ['0.0.0.0/0'], expectedUsers: 257 }));
    const { clientAddressPool: _chosen, customRoutes: _unreadable, ...parts } = input;

    expect(
      describeProblems(checkPlanParts(parts, ['/customRoutes'], { subscriptionId: aSubscriptionId })).filter((one) =>
        one.endsWith('/clientAddressPool'),
      ),
    ).toEqual([]);
  });

  it('finds in what is right of a plan no error that the whole plan has not', () => {
    const someFault = fc.tuple(somePlan, fc.nat(20)).map(([plan, at]) => {
      const input = gatewayPlanSchema.parse(plan);
      const fields = Object.keys(input);
      return { input, field: fields[at % fields.length] ?? 'name' };
    });
    fc.assert(
      fc.property(someFault, ({ input, field }) => {
        const parts = Object.fromEntries(Object.entries(input).filter(([name]) => name !== field));
        const found = checkPlanParts(parts, [`/${field}`], { subscriptionId: aSubscriptionId });

        const whole = describeProblems(problemsOf(input));
        expect(describeProblems(found).filter((problem) => !whole.includes(problem))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('completes any plan of the right shape, to the same text in whatever order its ranges stand', () => {
    fc.assert(
      fc.property(somePlan, (plan) => {
        const { onPremisesRanges = [], ...rest } = plan;
        const complete = (ranges: string[]) =>
          JSON.stringify(aCompletePlan({ ...rest, onPremisesRanges: ranges }, { subscriptionId: aSubscriptionId }));

        expect(complete(onPremisesRanges.toReversed())).toBe(complete(onPremisesRanges));
      }),
    );
  });

  it('answers a plan of the largest size with no more problems than it has entries to be wrong', () => {
    const subnets = Array.from({ length: 600 }, (_, n) => ({ name: `subnet-${n}`, prefix: '10.1.0.0/24' }));
    const addressSpace = Array.from({ length: 600 }, () => '10.1.0.0/16');
    const problems = problemsOf(aGatewayPlan({ virtualNetwork: aVirtualNetwork({ subnets, addressSpace }) }));

    expect(describeProblems(problems).filter((problem) => problem.includes('subnetOverlap'))).toHaveLength(599);
    expect(problems.length).toBeLessThan(1300);
  });
});
