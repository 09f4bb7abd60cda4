/** More revocations at one moment than a gateway takes: few writes, nothing lost, and what is not in force said. */
import { asList, asObject, asText } from '../../../../src/domain/gateway-entries.ts';
import { createRegisterCertificate } from '../../../../src/services/gateways/register-certificate.ts';
import { given } from '../../../support/given.ts';
import { aGateway, aRequest, aRoot, createServicesWorld, runWriter } from '../../../support/services-world.ts';

const gatewayId = 'vnet1gw';
const rootId = 'root-1';
const placesMax = 300;

function aThumbprint(number: number): string {
  return number.toString(16).toUpperCase().padStart(40, '0');
}

async function aLine() {
  const world = createServicesWorld();
  await aRoot(world);
  const { resourceId } = await aGateway(world);
  await world.trust.trust(gatewayId, rootId, undefined, aRequest(world, 'trust'));
  await runWriter(world);
  const register = createRegisterCertificate(world);
  const revoke = async (number: number, reason: 'left' | 'compromised'): Promise<string> => {
    const thumbprint = aThumbprint(number);
    const commonName = `client-${number}`;
    const asked = { thumbprint, rootId, commonName, owner: `owner-${number}@example.com` };
    await register(asked, aRequest(world, `register-${number}`));
    return (await world.revocations.revoke(thumbprint, { reason }, aRequest(world, `revoke-${number}`))).id;
  };
  const refused = (): readonly string[] => {
    const { properties } = given(world.arm.resources.get(resourceId));
    const { vpnClientRevokedCertificates } = asObject(asObject(properties)['vpnClientConfiguration']);
    return asList(vpnClientRevokedCertificates).map((entry) =>
      asText(asObject(asObject(entry)['properties'])['thumbprint']),
    );
  };
  const countsOf = async (ids: readonly string[]) => {
    const counts: Record<string, number> = {};
    for (const id of ids) {
      const { status, problem } = given(await world.operations.get(id));
      const key = problem === undefined ? status : `${status} ${problem.code}`;
      counts[key] = (counts[key] ?? 0) + 1;
    }
    return counts;
  };
  return { world, revoke, refused, countsOf };
}

describe('src/services/gateways, of more revocations than there are places', () => {
  it('takes a thousand that come during one write with the next, those of keys that others have first', async () => {
    const { world, revoke, refused, countsOf } = await aLine();
    const ids = [await revoke(0, 'left')];
    const before = world.arm.puts.length;
    const { writer } = given(await world.stores.gateways.get({ partitionKey: 'gateway', rowKey: gatewayId })).record;
    await world.writeGateway({ gatewayId, epoch: given(writer).epoch });
    for (let number = 1; number < 1000; number += 1) {
      ids.push(await revoke(number, number % 100 === 99 ? 'compromised' : 'left'));
    }

    await runWriter(world);

    expect(world.arm.puts.length - before).toBeLessThanOrEqual(3);
    expect(refused()).toHaveLength(placesMax);
    const compromised = Array.from({ length: 10 }, (_, index) => aThumbprint(index * 100 + 99));
    expect(refused()).toEqual(expect.arrayContaining(compromised));
    // What was in force stays, whatever came since.
    expect(refused()).toContain(aThumbprint(0));
    expect(await countsOf(ids)).toEqual({ succeeded: placesMax, 'failed ERR_LIMIT_REACHED': 1000 - placesMax });
    const rows = (await world.stores.gatewayRevocations.list(gatewayId)).map(({ record }) => record.state);
    expect(rows.filter((state) => state === 'overLimit')).toHaveLength(1000 - placesMax);
  });
});
