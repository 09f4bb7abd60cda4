import { gatewayRoutes } from '../../../../src/functions/gateways/gateways.ts';
import { createBuildGateway } from '../../../../src/services/gateways/build-gateway.ts';
import { createJudgePlan, createJudgePlanParts } from '../../../../src/services/gateways/judge-plan.ts';
import { aGatewayPlan, aSubscriptionId, aVirtualNetwork } from '../../../support/builders/a-gateway-plan.ts';
import { given } from '../../../support/given.ts';
import { createServicesWorld } from '../../../support/services-world.ts';
import { createTestApi } from '../../../support/test-route.ts';

async function refusalsOf(routeName: string, changes: object): Promise<unknown> {
  const world = createServicesWorld();
  const api = await createTestApi();
  const notAsked = () => Promise.reject(new Error('Azure is not to be asked'));
  const arm = { readRaw: notAsked, readPermissions: notAsked, readRegions: notAsked, readUsages: notAsked };
  const judgePlan = createJudgePlan({
    arm,
    stores: world.stores,
    subscriptionId: aSubscriptionId,
    wait: () => Promise.resolve(),
  });
  const routes = gatewayRoutes({
    ...world,
    judgePlan,
    build: createBuildGateway({ judgePlan, gatewayOperations: world.gatewayOperations }),
    judgePlanParts: createJudgePlanParts({ stores: world.stores, subscriptionId: aSubscriptionId }),
  });
  const route = given(routes.find(({ name }) => name === routeName));
  const { status, json } = await api.ask(route, { body: { ...aGatewayPlan(), ...changes } });
  const errors = (json['errors'] ?? []) as readonly Readonly<Record<'code' | 'path', string>>[];
  return { status, code: json['code'], errors: errors.map(({ code, path }) => `${path} ${code}`).sort() };
}

describe.each(['createGateway', 'preflightGateway'])('src/functions/gateways/gateways %s', (routeName) => {
  it('tells what preflight finds together with what is wrong with the shape', async () => {
    const answer = await refusalsOf(routeName, {
      colour: 'blue',
      expectedUsers: 'many',
      sku: 'Basic',
      protocols: ['OpenVPN', 'SSTP'],
      clientAddressPool: ['8.8.8.0/24'],
      rootIds: ['root-x'],
    });

    expect(answer).toEqual({
      status: 400,
      code: 'ERR_REQUEST_INVALID',
      errors: [
        '/clientAddressPool/0 poolNotPrivate',
        '/colour unknownField',
        '/expectedUsers wrongType',
        '/protocols protocolsExclusive',
        '/protocols/0 protocolNotOnSku',
        '/protocols/1 protocolSstpRetired',
        '/rootIds/0 rootUnknown',
        '/sku skuBasicUnfit',
      ],
    });
  });

  it.each<[string, object, readonly string[]]>([
    ['the SKU', { sku: 'Huge', generation: 'Generation2', expectedUsers: 255 }, ['/sku unknownValue']],
    [
      'the protocols',
      { protocols: ['PPTP'], authentication: ['Certificate', 'Radius'] },
      ['/authentication/1 authenticationNotInPlan', '/protocols/0 unknownValue'],
    ],
    [
      'a subnet',
      { virtualNetwork: aVirtualNetwork({ subnets: [{ name: 'GatewaySubnet' } as never] }) },
      ['/virtualNetwork/subnets/0/prefix missingField'],
    ],
    [
      'the address space',
      { virtualNetwork: { ...aVirtualNetwork(), addressSpace: '10.1.0.0/16' } },
      ['/virtualNetwork/addressSpace wrongType'],
    ],
    ['the network', { virtualNetwork: { resourceId: 'VNet1' } }, ['/virtualNetwork/resourceId wrongFormat']],
    ['the name', { name: 7 }, ['/name wrongType']],
  ])('says nothing that rests on what is wrong with the shape of %s', async (_what, changes, shapes) => {
    const found = (await refusalsOf(routeName, changes)) as { readonly errors: readonly string[] };

    expect(found.errors).toEqual(shapes);
  });

  it('tells of the other fields of a network what is wrong with them', async () => {
    const addressSpace = ['224.0.0.0/8', '10.1.0.0/16'];
    const virtualNetwork = { ...aVirtualNetwork({ addressSpace }), dnsServers: [7] };

    expect(await refusalsOf(routeName, { virtualNetwork, tags: { azureThing: 'x' } })).toMatchObject({
      errors: [
        '/tags/azureThing tagRefused',
        '/virtualNetwork/addressSpace/0 addressSpaceRefused',
        '/virtualNetwork/dnsServers/0 wrongType',
      ],
    });
  });

  it('finds no more in a body that is no plan', async () => {
    const world = createServicesWorld();
    const judge = createJudgePlanParts({ stores: world.stores, subscriptionId: aSubscriptionId });

    expect(await judge({}, [''])).toEqual([]);
  });
});
