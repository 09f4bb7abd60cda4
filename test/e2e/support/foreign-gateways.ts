/** Gateways that others have made, each in a network of its own, by the portal. */
import {
  aClientConfiguration,
  aGateway,
  anIpConfiguration,
  aPublicIp,
  aVirtualNetwork,
} from '../../support/builders/arm-bodies.ts';
import type { RunningTestStack } from '../../support/stack.ts';
import { expectStatus, type JsonObject } from './line.ts';

const location = 'eastus';

/** Puts them there and waits by the clock until they are up; `clients` is their point-to-site, by name. */
export async function makeForeignGateways(
  stack: RunningTestStack,
  clients: Readonly<Record<string, JsonObject>>,
  group = 'others',
): Promise<string> {
  const groupId = `/subscriptions/${stack.info.arm.subscriptionId}/resourceGroups/${group}`;
  const network = `${groupId}/providers/Microsoft.Network`;
  await put(stack, groupId, { location });
  for (const name of Object.keys(clients)) {
    await put(stack, `${network}/virtualNetworks/net-${name}`, aVirtualNetwork());
    await put(stack, `${network}/publicIPAddresses/pip-${name}`, aPublicIp());
  }
  await stack.advance('PT5M');
  for (const [name, client] of Object.entries(clients)) {
    const configuration = JSON.stringify(anIpConfiguration(groupId, 'c', `pip-${name}`)).replace(
      'VNet1',
      `net-${name}`,
    );
    const ipConfigurations: unknown = [JSON.parse(configuration)];
    const vpnClientConfiguration = aClientConfiguration(client);
    await put(
      stack,
      `${network}/virtualNetworkGateways/${name}`,
      aGateway(groupId, { ipConfigurations, vpnClientConfiguration }),
    );
  }
  await stack.advance('PT2H');
  return groupId;
}

async function put(stack: RunningTestStack, path: string, body: unknown): Promise<void> {
  const answer = expectStatus(await stack.control('POST', '/resources', { method: 'PUT', path, body }), 200);
  const status = Number(answer['status']);
  if (status < 200 || status > 299) throw new Error(`PUT ${path}: ${JSON.stringify(answer)}`);
}
