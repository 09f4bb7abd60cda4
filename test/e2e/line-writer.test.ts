/** The single writer beside other people: what is theirs stays, and many wishes cost few writes. */
import { createHash } from 'node:crypto';
import { createRootData } from '../support/root-certificates.ts';
import { type RunningTestStack, startStack } from '../support/stack.ts';
import {
  changeGatewayInPortal,
  type GatewayEntry,
  type GatewayResource,
  networkPath,
  postResource,
  readGateway,
  revokedOnGateway,
  rootsOnGateway,
} from './support/azure.ts';
import { endByClock, followByClock } from './support/by-clock.ts';
import {
  acceptedOperation,
  createRoot,
  examplePlan,
  getOperation,
  issue,
  type JsonObject,
  putCountOf,
  readJournal,
} from './support/line.ts';

jest.setTimeout(600_000);

const gatewayId = 'vnet1gw';
const certificatesMany = 50;
let stack: RunningTestStack;

/**
 * Slow enough that many calls fall into one write of Azure's, which is minutes long and which the clock then jumps
 * over.
 */
beforeAll(async () => {
  stack = await startStack({ speed: 1, noise: 0 });
  await follow('POST', '/api/gateways', examplePlan('vnet1-powershell'));
});

afterAll(async () => {
  await stack.stop();
});

/** Follows what this call begins to its success while the clock goes over Azure's writes. */
async function follow(method: string, path: string, body: JsonObject = {}): Promise<void> {
  const operation = await followByClock(stack, await stack.api(method, path, body));
  expect(operation).toMatchObject({ status: 'succeeded' });
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
    await stack.advance('PT10M');

    await createRoot(stack, 'root-1');
    await follow('PUT', `/api/gateways/${gatewayId}/roots/root-1`);
    const { thumbprint } = await issue(stack, { rootId: 'root-1' });
    await follow('POST', `/api/certificates/${thumbprint}/revoke`, { reason: 'left' });

    expect(await rootsOnGateway(stack)).toEqual(['foreign-root', 'root-1']);
    expect(await revokedOnGateway(stack)).toEqual([foreignThumbprint, thumbprint]);
    expect((await readGateway(stack)).properties).toMatchObject({
      anotherFutureSetting: 'kept',
      vpnClientConfiguration: { someFutureSetting: { kept: true } },
    });
    const secrets = await postResource(stack, `${networkPath(stack)}/listRadiusSecrets`);
    expect(secrets).toMatchObject({
      value: [{ radiusServerAddress: '10.1.0.9', radiusServerSecret: 'portal-radius-secret' }],
    });

    await follow('POST', `/api/certificates/${thumbprint}/reinstate`);
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

    const ends = [];
    for (const id of [trust.id, ...revocations.map((answer) => acceptedOperation(answer).id)]) {
      ends.push((await endByClock(stack, id)).status);
    }
    expect(new Set(ends)).toEqual(new Set(['succeeded']));

    expect((await writes()) - before).toBeLessThanOrEqual(3);
    const revoked = await revokedOnGateway(stack);
    expect(certificates.filter(({ thumbprint }) => !revoked.includes(thumbprint))).toEqual([]);
  });

  async function stackTimeMs(): Promise<number> {
    const { body } = await stack.control('GET', '/clock');
    return Date.parse((body as { readonly now: string }).now);
  }

  it('keeps a root for the change window, and no urgent revocation', async () => {
    const hourMs = 3600 * 1000;
    const opensAt = new Date(Math.floor((await stackTimeMs()) / hourMs + 3) * hourMs);
    const changeWindow = { schedule: `0 ${opensAt.getUTCHours()} * * *`, timeZone: 'UTC', durationMinutes: 60 };
    await follow('PATCH', `/api/gateways/${gatewayId}`, { changeWindow });
    await createRoot(stack, 'root-3');
    const { thumbprint } = await issue(stack, { rootId: 'root-1' });

    const trust = acceptedOperation(await stack.api('PUT', `/api/gateways/${gatewayId}/roots/root-3`, {}));
    await follow('POST', `/api/certificates/${thumbprint}/revoke`, { reason: 'left' });

    expect(await revokedOnGateway(stack)).toContain(thumbprint);
    expect(await rootsOnGateway(stack)).not.toContain('root-3');
    const startsAt = opensAt.toISOString();
    expect(await getOperation(stack, trust.id)).toMatchObject({ status: 'waiting', steps: [{ startsAt }] });
    const gateway = (await stack.api('GET', `/api/gateways/${gatewayId}`)).body;
    expect(gateway).toMatchObject({ changeWindow, deferred: { startsAt, roots: ['root-3'], revocations: [] } });

    // In one move: whoever waits looks at the operation after each of the small ones.
    await stack.advance(`PT${Math.ceil((opensAt.getTime() - (await stackTimeMs())) / 1000)}S`);
    expect(await endByClock(stack, trust.id)).toMatchObject({ status: 'succeeded' });
    const { endedAt = '' } = (await getOperation(stack, trust.id)).steps[0] ?? {};
    expect(Date.parse(endedAt)).toBeGreaterThan(opensAt.getTime());
    expect(await rootsOnGateway(stack)).toContain('root-3');
  });
});
