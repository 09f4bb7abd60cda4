import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type GatewayPlanInput, gatewayPlanSchema } from '../../../../src/domain/gateway-plan.ts';
import { describeProblems, problemsOf } from '../../../support/found-problems.ts';

function readExample(name: string): GatewayPlanInput {
  const file = path.join(__dirname, '../../../../examples', name);
  return gatewayPlanSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
}

const forwarding = 'warning customDnsMustForward /virtualNetwork/dnsServers';
const outOfReach = 'warning dnsServerOutOfReach /virtualNetwork/dnsServers/0';

describe('examples', () => {
  it.each([
    ['vnet1-powershell.json', [forwarding, outOfReach]],
    ['vnet1-portal.json', []],
    ['active-active.json', ['warning activeActiveThreeAddresses /activeActive']],
    ['existing-network.json', []],
    [
      'vnet1-as-written.json',
      [
        forwarding,
        outOfReach,
        'error publicIpDynamic /publicIp/allocationMethod',
        'error publicIpBasic /publicIp/sku',
        'error skuClosedNonZonal /sku',
        'error protocolSstpRetired /protocols/1',
      ],
    ],
  ])('%s gives the problems %j', (name, expected) => {
    expect(describeProblems(problemsOf(readExample(name)))).toEqual(expected);
  });

  it.each([
    ['vnet1-powershell.json', 'TestRG1', '10.1.0.0/16', '10.1.0.0/24', '10.1.255.0/27'],
    ['vnet1-portal.json', 'TestRG', '192.168.0.0/16', '192.168.1.0/24', '192.168.200.0/24'],
  ])('%s has the values of its article', (name, resourceGroup, addressSpace, frontEnd, gatewaySubnet) => {
    expect(readExample(name)).toMatchObject({
      name: 'VNet1GW',
      location: 'eastus',
      resourceGroup,
      virtualNetwork: {
        name: 'VNet1',
        addressSpace: [addressSpace],
        subnets: [
          { name: 'FrontEnd', prefix: frontEnd },
          { name: 'GatewaySubnet', prefix: gatewaySubnet },
        ],
      },
      publicIp: { name: 'VNet1GWpip' },
      clientAddressPool: ['172.16.201.0/24'],
    });
  });
});
