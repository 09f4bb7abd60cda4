/** A gateway with a change window that is closed, and what comes to pass there. */
import { thumbprintOfRoot } from '../../src/composition/gateway-services.ts';
import { readEntries } from '../../src/domain/gateway-entries.ts';
import { watchGateways } from '../../src/services/gateways/watch-gateways.ts';
import { given } from './given.ts';
import { gatewayId } from './proven-revocation.ts';
import { aGateway, aRequest, aRoot, createServicesWorld, runWriter, type ServicesWorld } from './services-world.ts';

/** The clock of the world stands at noon of a Sunday. */
export const changeWindow = { schedule: '0 22 * * 6', timeZone: 'Europe/Berlin', durationMinutes: 240 };
export const opensAt = '2026-03-07T21:00:00.000Z';

/** A gateway that trusts root-1 and has the window. */
export async function aWindowedGateway(world = createServicesWorld()): Promise<ServicesWorld> {
  await aRoot(world);
  await aRoot(world, 'root-2');
  await aGateway(world);
  await world.trust.trust(gatewayId, 'root-1', undefined, aRequest(world, 'trust 1'));
  await runWriter(world);
  await setWindow(world, 'window', changeWindow);
  return world;
}

export async function setWindow(world: ServicesWorld, seed: string, window: typeof changeWindow | null): Promise<void> {
  await world.gatewayChanges.change(gatewayId, { changeWindow: window }, aRequest(world, seed));
  await runWriter(world);
}

export async function trust(world: ServicesWorld, rootId: string): Promise<string> {
  const { id } = await world.trust.trust(gatewayId, rootId, undefined, aRequest(world, `trust ${rootId}`));
  await runWriter(world);
  return id;
}

export function on(world: ServicesWorld, kind: 'root' | 'revocation'): readonly unknown[] {
  const [, body] = given([...world.arm.resources].find(([id]) => id.includes('virtualNetworkGateways')));
  return readEntries(body, kind, thumbprintOfRoot).map(({ name, thumbprint }) => (kind === 'root' ? name : thumbprint));
}

/** What the timers do when they are due. */
export async function tick(world: ServicesWorld): Promise<void> {
  await watchGateways(world);
  await runWriter(world);
}

export function advanceTo(world: ServicesWorld, time: string): void {
  world.clock.advance(Date.parse(time) - world.now().getTime());
}
