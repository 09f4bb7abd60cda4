/** A gateway of the services' world with one revocation that is proven, and its rows. */
import { aCertificateRequest, toRequestPem } from './builders/a-certificate-request.ts';
import { given } from './given.ts';
import { aGateway, aRequest, aRoot, randomnessOf, runWriter, type ServicesWorld } from './services-world.ts';

export const gatewayId = 'vnet1gw';
export const sixMinutesMs = 6 * 60 * 1000;
export const csr = toRequestPem(aCertificateRequest());

export async function gatewayOf(world: ServicesWorld) {
  return given(await world.stores.gateways.get({ partitionKey: 'gateway', rowKey: gatewayId })).record;
}

export async function rowOf(world: ServicesWorld, thumbprint: string) {
  return given(await world.stores.gatewayRevocations.get({ partitionKey: gatewayId, rowKey: thumbprint })).record;
}

/** A gateway whose one revocation is proven. */
export async function aProvenRevocation(world: ServicesWorld): Promise<string> {
  await aRoot(world);
  await aGateway(world);
  await world.trust.trust(gatewayId, 'root-1', undefined, aRequest(world, 'trust'));
  await runWriter(world);
  const asked = { rootId: 'root-1', owner: 'kim', csr, requestedBy: 'tester' };
  const thumbprint = given((await world.certificates.issue(asked, randomnessOf('c'))).record.thumbprint);
  await world.revocations.revoke(thumbprint, { reason: 'left' }, aRequest(world, 'revoke'));
  await runWriter(world);
  world.clock.advance(sixMinutesMs);
  await world.sessions.record(gatewayId, { cut: [], unproven: [] });
  expect((await rowOf(world, thumbprint)).state).toBe('proven');
  return thumbprint;
}
