import type { Outcome } from '../../src/contracts/operations/outcomes.ts';
import type { GatewayRecord } from '../../src/stores/records/gateways.ts';
import { aGateway, createServicesWorld, type ServicesWorld } from './services-world.ts';

/** Resources of a build, in its order. */
export const order = ['resourceGroup', 'virtualNetwork', 'publicIp', 'gateway'] as const;

/** A gateway that is to be built, and nothing of it in Azure. */
export async function anEmptyAzure(): Promise<{ world: ServicesWorld; gateway: GatewayRecord }> {
  const world = createServicesWorld();
  const gateway = await aGateway(world, 'vnet1gw', { state: 'building' });
  world.arm.resources.clear();
  return { world, gateway };
}

/** Looks and pushes until ready, as the orchestration does. */
export async function settle(look: () => Promise<Outcome>): Promise<Outcome> {
  for (let round = 0; round < 10; round += 1) {
    const outcome = await look();
    if (outcome.outcome !== 'wait') return outcome;
  }
  throw new Error('never ready');
}
