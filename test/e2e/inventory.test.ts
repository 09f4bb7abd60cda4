/**
 * What gateways there are: three that others have made are looked at over HTTP, through throttling and a kill, and with
 * rights to a part of them.
 */
import type { Inventory } from '../../src/services/gateways/inventory-view.ts';
import { createRootData } from '../support/root-certificates.ts';
import { type RunningTestStack, startStack, waitUntil } from '../support/stack.ts';
import { readSecrets } from './support/azure.ts';
import { askForFault } from './support/faults.ts';
import { makeForeignGateways } from './support/foreign-gateways.ts';
import {
  acceptedOperation,
  expectStatus,
  followAccepted,
  readJournal,
  testSpeed,
  waitForOperation,
} from './support/line.ts';
import { readTables } from './support/read-tables.ts';

const timeoutMs = 600_000;
const dayMs = 24 * 3600 * 1000;
const radiusSecret = 'hush-hush-hush-of-radius';
const gatewayReads = String.raw`/virtualNetworkGateways/\w+\?`;

describe('GET /api/inventory and POST /api/inventory-scans', () => {
  let stack: RunningTestStack;
  let group: string;

  beforeAll(async () => {
    stack = await startStack({ speed: testSpeed, noise: 0 });
    const soon = await createRootData('Ends soon', 40 * dayMs);
    group = await makeForeignGateways(stack, {
      certs: { vpnClientRootCertificates: [{ name: 'soon', properties: { publicCertData: soon } }] },
      entra: {
        vpnClientAddressPool: { addressPrefixes: ['172.17.0.0/24'] },
        vpnClientProtocols: ['OpenVPN'],
        vpnAuthenticationTypes: ['AAD'],
        aadTenant: 'https://login.microsoftonline.com/00000000-0000-0000-0000-000000000001',
        aadAudience: 'c632b3df-fb67-4d84-bdcf-b95ad541b5c8',
        aadIssuer: 'https://sts.windows.net/00000000-0000-0000-0000-000000000001/',
      },
      radius: {
        vpnClientProtocols: ['IkeV2'],
        vpnAuthenticationTypes: ['Radius'],
        radiusServers: [{ radiusServerAddress: '10.1.0.9', radiusServerScore: 1, radiusServerSecret: radiusSecret }],
      },
    });
  }, timeoutMs);

  afterAll(async () => {
    await stack.stop();
  }, timeoutMs);

  const inventory = async () => expectStatus(await stack.api('GET', '/api/inventory'), 200) as unknown as Inventory;
  const idOf = (name: string) => `${group}/providers/Microsoft.Network/virtualNetworkGateways/${name}`;

  it(
    'shows each gateway, who is connected, what will break when, and no secret',
    async () => {
      expect((await stack.api('GET', '/api/inventory')).status).toBe(404);
      const session = { gateway: idOf('certs'), commonName: 'kim', publicIp: '203.0.113.7:1194' };
      expect((await stack.control('POST', '/sessions', session)).status).toBe(201);

      const order = { sessions: true };
      const operation = await followAccepted(stack, await stack.api('POST', '/api/inventory-scans', order));

      expect(operation.result).toEqual({ subscriptions: 1, gateways: 3, notLookedAt: 0 });
      const { gateways, notSeen, subscriptions } = await inventory();
      expect(subscriptions).toEqual([{ id: stack.info.arm.subscriptionId, name: 'Local stack', gateways: 3 }]);
      expect(notSeen).toEqual([]);
      const found = gateways.map(({ name, pointToSite, publicIpAddresses, findings, sessions }) => ({
        name,
        authentication: pointToSite?.authentication,
        addresses: publicIpAddresses?.map(({ sku }) => sku),
        codes: findings.map(({ code }) => code),
        connected: sessions?.byName,
      }));
      expect(found).toEqual([
        {
          name: 'certs',
          authentication: ['Certificate'],
          addresses: ['Standard'],
          codes: ['rootExpiring', 'serverRootChanges', 'poolOverlapsOtherGateway'],
          connected: [{ name: 'kim', count: 1 }],
        },
        {
          name: 'entra',
          authentication: ['AAD'],
          addresses: ['Standard'],
          codes: ['linuxNeedsCertificates', 'serverRootChanges'],
          connected: [],
        },
        {
          name: 'radius',
          authentication: ['Radius'],
          addresses: ['Standard'],
          codes: ['serverRootChanges', 'poolOverlapsOtherGateway'],
          connected: [],
        },
      ]);
      const csv = await stack.api('GET', '/api/inventory?format=csv');
      const page = await stack.api('GET', '/api/inventory?format=html');
      expect(String(csv.body).split('\r\n')).toHaveLength(1 + 7 + 1);
      expect(String(page.body)).toContain('172.17.0.0/24');
      const everything = [
        ...(await readTables(stack)).values(),
        JSON.stringify(await inventory()),
        csv.body,
        page.body,
      ];
      expect(everything.filter((text) => String(text).includes(radiusSecret))).toEqual([]);
    },
    timeoutMs,
  );

  it(
    'changes nothing in Azure, and asks for nothing that a reader may not have unless it is to',
    async () => {
      const before = await readJournal(stack, { service: 'arm' });

      await followAccepted(stack, await stack.api('POST', '/api/inventory-scans'));

      const calls = (await readJournal(stack, { service: 'arm' })).slice(before.length);
      expect(calls.length).toBeGreaterThan(3);
      expect(calls.filter(({ method }) => method !== 'GET')).toEqual([]);
      expect((await inventory()).gateways.map(({ sessions }) => sessions)).toEqual([undefined, undefined, undefined]);
    },
    timeoutMs,
  );

  it(
    'waits where Azure throttles, goes on where it was after kill -9 of the host, and misses nothing',
    async () => {
      const throttling = { service: 'arm', method: 'GET', path: gatewayReads, times: 2 } as const;
      await askForFault(stack, throttling, { status: 429, code: 'SubscriptionRequestsThrottled', retryAfter: 60 });
      const { id } = acceptedOperation(await stack.api('POST', '/api/inventory-scans', {}));
      await waitUntil(async () => {
        const calls = await readJournal(stack, { service: 'arm' });
        return calls.filter(({ status }) => status === 429).length === 2;
      }, timeoutMs);

      await stack.killRuntime();
      const second = await stack.api('POST', '/api/inventory-scans', {});
      const meanwhile = await inventory();
      await waitForOperation(stack, id);

      expect([second.status, JSON.stringify(second.body)]).toEqual([409, expect.stringContaining(id)]);
      expect(meanwhile.running?.id).toBe(id);
      expect(meanwhile.gateways).toHaveLength(3);
      const { gateways, notSeen, scan } = await inventory();
      expect(scan?.operationId).toBe(id);
      expect(gateways.map(({ notLookedAt, location }) => [notLookedAt, location])).toEqual(
        Array.from({ length: 3 }, () => [undefined, 'eastus']),
      );
      expect(notSeen).toEqual([]);
    },
    timeoutMs,
  );

  it(
    'says what it may not see',
    async () => {
      const role = {
        principal: readSecrets(stack).clientId,
        actions: ['Microsoft.Network/virtualNetworkGateways/read'],
        scope: idOf('entra'),
      };
      expectStatus(await stack.control('POST', '/roles', role), 200);

      await followAccepted(stack, await stack.api('POST', '/api/inventory-scans', { sessions: true }));

      const { gateways, notSeen } = await inventory();
      expect(gateways.map(({ name }) => name)).toEqual(['entra']);
      expect(notSeen.map(({ why }) => why)).toEqual([
        expect.stringContaining('may not read VPN gateways everywhere in this subscription'),
        expect.stringContaining('AuthorizationFailed'),
        expect.stringContaining('SKU is not known'),
      ]);
    },
    timeoutMs,
  );
});
