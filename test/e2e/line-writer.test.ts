/** The single writer beside other people: what is theirs stays, and many wishes cost few writes. */
import { createHash } from 'node:crypto';
import { createRootData } from '../support/root-certificates.ts';
import { startStack, type RunningTestStack } from '../support/stack.ts';
import {
  changeGatewayInPortal,
  networkPath,
  postResource,
  readGateway,
  revokedOnGateway,
  rootsOnGateway,
  type GatewayEntry,
  type GatewayResource,
} from './support/azure.ts';
import {
  acceptedOperation,
  createRoot,
  examplePlan,
  issue,
  putCountOf,
  readJournal,
  reinstate,
  revoke,
  trustRoot,
  waitForOperation,
  type JsonObject,
} from './support/line.ts';

jest.setTimeout(300_000);

const gatewayId = 'vnet1gw';
const certificatesMany = 50;
let stack: RunningTestStack;

/** Slow enough that many calls fall into one write of Azure's, which the clock then jumps over. */
beforeAll(async () => {
  stack = await startStack({ speed: 10, noise: 0 });
  const operation = acceptedOperation(await stack.api('POST', '/api/gateways', examplePlan('vnet1-powershell')));
  await stack.advance('PT20M');
  await waitForOperation(stack, operation.id);
});

afterAll(async () => {
  await stack.stop();
});

/** Follows what `begin` starts while the clock goes over Azure's write. */
async function jump<T>(begin: () => Promise<T>): Promise<T> {
  const [result] = await Promise.all([begin(), advanceSoon()]);
  return result;
}

async function advanceSoon(): Promise<void> {
  for (let minutes = 0; minutes < 3; minutes += 1) await stack.advance('PT1M');
}

function withClient(gateway: GatewayResource, change: (client: JsonObject) => JsonObject): unknown {
  const { vpnClientConfiguration, ...properties } = gateway.properties;
  return { ...gateway, properties: { ...properties, vpnClientConfiguration: change(vpnClientConfiguration) } };
}

function entriesOf(client: JsonObject, list: string): readonly GatewayEntry[] {
  return (client[list] ?? []) as readonly GatewayEntry[];
}

describe('src/activities/gateways/write-gateway', () => {
  it('keeps roots, revocations, fields and a RADIUS secret that somebody else put on the gateway', async () => {
    const foreignRoot = await createRootData('Somebody else');
    const foreignThumbprint = createHash('sha1').update('a certificate of somebody else').digest('hex').toUpperCase();
    const radius = {
      radiusServerAddress: '10.1.0.9',
      radiusServerScore: 5,
      radiusServerSecret: 'portal-radius-secret',
    };
    await changeGatewayInPortal(stack, (gateway) => {
      const changed = withClient(gateway, (client) => ({
        ...client,
        radiusServers: [radius],
        someFutureSetting: { kept: true },
        vpnClientRootCertificates: [
          ...entriesOf(client, 'vpnClientRootCertificates'),
          { name: 'foreign-root', properties: { publicCertData: foreignRoot } },
        ],
        vpnClientRevokedCertificates: [{ name: 'foreign-entry', properties: { thumbprint: foreignThumbprint } }],
      })) as GatewayResource;
      return { ...changed, properties: { ...changed.properties, anotherFutureSetting: 'kept' } };
    });
    await advanceSoon();

    await createRoot(stack, 'root-1');
    await jump(() => trustRoot(stack, gatewayId, 'root-1'));
    const certificate = await issue(stack, { rootId: 'root-1' });
    await jump(() => revoke(stack, certificate.thumbprint));

    expect(await rootsOnGateway(stack)).toEqual(['foreign-root', 'root-1']);
    expect(await revokedOnGateway(stack)).toEqual([foreignThumbprint, certificate.thumbprint]);
    expect((await readGateway(stack)).properties).toMatchObject({
      anotherFutureSetting: 'kept',
      vpnClientConfiguration: { someFutureSetting: { kept: true } },
    });
    const secrets = await postResource(stack, `${networkPath(stack)}/listRadiusSecrets`);
    expect(secrets).toMatchObject({
      value: [{ radiusServerAddress: '10.1.0.9', radiusServerSecret: 'portal-radius-secret' }],
    });

    await jump(() => reinstate(stack, certificate.thumbprint));
    expect(await revokedOnGateway(stack)).toEqual([foreignThumbprint]);
  });

  it('carries fifty revocations that come while a write runs with two more writes at most', async () => {
    const certificates = [];
    for (let number = 0; number < certificatesMany; number += 1) {
      certificates.push(await issue(stack, { rootId: 'root-1', owner: `owner-${number}@example.com` }));
    }
    await createRoot(stack, 'root-2');
    const writes = async (): Promise<number> =>
      putCountOf(await readJournal(stack, { service: 'arm' }), 'virtualNetworkGateways/VNet1GW');
    const before = await writes();
    const trust = acceptedOperation(await stack.api('PUT', `/api/gateways/${gatewayId}/roots/root-2`, {}));
    const revocations = await Promise.all(
      certificates.map(({ thumbprint }) =>
        stack.api('POST', `/api/certificates/${thumbprint}/revoke`, { reason: 'left' }),
      ),
    );

    await advanceSoon();
    await waitForOperation(stack, trust.id);
    for (const revocation of revocations) await waitForOperation(stack, acceptedOperation(revocation).id);

    expect((await writes()) - before).toBeLessThanOrEqual(3);
    const revoked = await revokedOnGateway(stack);
    expect(certificates.filter(({ thumbprint }) => !revoked.includes(thumbprint))).toEqual([]);
  });
});
