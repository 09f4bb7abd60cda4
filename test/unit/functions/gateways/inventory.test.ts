import { inventoryRoutes } from '../../../../src/functions/gateways/inventory.ts';
import type { Route } from '../../../../src/functions/http/route.ts';
import { type Inventory, inventorySchema } from '../../../../src/services/gateways/inventory-view.ts';
import { createServicesWorld, type ServicesWorld } from '../../../support/services-world.ts';
import { createTestApi, type TestApi } from '../../../support/test-route.ts';

const subscription = '11111111-1111-1111-1111-111111111111';
const group = `/subscriptions/${subscription}/resourceGroups/rg`;
const gatewayId = (name: string) => `${group}/providers/Microsoft.Network/virtualNetworkGateways/${name}`;

/** What a scan could have seen: a gateway with all there is, one that was not looked at. */
function anInventory(): Inventory {
  return {
    scan: {
      operationId: `op-${'0'.repeat(32)}`,
      startedAt: '2026-11-30T10:00:00.000Z',
      finishedAt: '2026-11-30T10:01:00.000Z',
      requestedBy: 'kim',
      sessions: true,
      onlyNamed: true,
    },
    subscriptions: [{ id: subscription, name: 'Contoso', gateways: 2 }],
    notSeen: [{ id: gatewayId('hidden'), why: 'AuthorizationFailed: No <rights>.' }],
    expressRouteGateways: 1,
    gateways: [
      {
        resourceId: gatewayId('gw'),
        name: 'gw',
        resourceGroup: 'rg',
        subscriptionId: subscription,
        lookedAt: '2026-11-30T10:00:30.000Z',
        type: 'vpn',
        provisioningState: 'Succeeded',
        location: 'eastus',
        sku: 'VpnGw1',
        activeActive: false,
        publicIpAddresses: [{ id: `${group}/providers/Microsoft.Network/publicIPAddresses/pip`, sku: 'Basic' }],
        pointToSite: {
          protocols: ['SSTP'],
          authentication: ['Certificate'],
          pools: ['172.16.0.0/24'],
          radiusServers: [],
          roots: [{ name: '=HYPERLINK("http://x")', role: 'root', subject: 'CN=<script>alert(1)</script>' }],
          revocations: ['A'.repeat(40)],
          unreadableRevocations: 0,
          rootSlots: { used: 1, limit: 20 },
          revocationSlots: { used: 1, limit: 300 },
        },
        sessions: {
          askedAt: '2026-11-30T10:00:40.000Z',
          total: 2,
          byName: [{ name: '@kim', count: 2 }],
          furtherNames: 0,
          unreadable: 40,
        },
        findings: [
          {
            code: 'protocolSstpRetired',
            severity: 'warning',
            date: '2027-03-31',
            message: '=1+1 is no formula here',
            plan: 'Add IKEv2.',
            source: 'https://learn.microsoft.com/x?a=1&b=2',
          },
        ],
      },
      {
        resourceId: gatewayId('hidden'),
        name: 'hidden',
        resourceGroup: 'rg',
        subscriptionId: subscription,
        lookedAt: '2026-11-30T10:00:31.000Z',
        notLookedAt: 'AuthorizationFailed: No <rights>.',
        findings: [],
      },
    ],
  };
}

/** What Gatehouse itself writes, of a closed form; every other text may come from outside. */
const ownTexts = ['code', 'severity', 'role', 'type', 'date', 'startedAt', 'finishedAt', 'lookedAt', 'askedAt'];
const markup = '"><img src=x onerror=alert(1)>';

/** The same inventory, in which every text that may come from outside begins as a formula and goes on as markup. */
function hostile<Value>(value: Value, name = ''): Value {
  if (typeof value === 'string') return ownTexts.includes(name) ? value : (`=${value}${markup}` as Value);
  if (Array.isArray(value)) return value.map((item: unknown) => hostile(item, name)) as Value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, hostile(item, key)])) as Value;
}

describe('src/functions/gateways/inventory', () => {
  let api: TestApi;
  let world: ServicesWorld;

  beforeEach(async () => {
    api = await createTestApi();
    world = createServicesWorld(api.tables);
  });

  function routes(inventory?: Inventory): { readonly get: Route; readonly start: Route } {
    const own = inventory === undefined ? {} : { reportInventory: () => Promise.resolve(inventory) };
    const [get, start] = inventoryRoutes({ ...world, ...own });
    if (get === undefined || start === undefined) throw new Error('two routes');
    return { get, start };
  }

  it('answers 404 with the way out before the first scan', async () => {
    const { status, json } = await api.ask(routes().get, { as: 'reader' });

    expect(status).toBe(404);
    expect(json['detail']).toContain('POST /api/inventory-scans');
  });

  it('starts a scan without a body, and shows it while it is under way', async () => {
    const { get, start } = routes();

    const { status, json, headers } = await api.ask(start);

    expect(status).toBe(202);
    expect(json).toMatchObject({ kind: 'scanInventory', target: 'inventory', status: 'pending' });
    expect(headers['location']).toContain('/result');
    const shown = await api.ask(get, { as: 'reader' });
    expect(shown.json).toMatchObject({ running: { id: json['id'] }, gateways: [] });
    expect(shown.json).not.toHaveProperty('scan');
    expect(world.orchestrations.started).toEqual([]);
  });

  it('refuses a second scan with the first one’s id, a reader, and subscriptions that are no ids', async () => {
    const { start } = routes();
    const first = await api.ask(start, { body: { subscriptions: [subscription.toUpperCase()], sessions: true } });

    const second = await api.ask(start, { body: {} });
    const wrong = await api.ask(start, { body: { subscriptions: ['all'] } });

    expect(first.status).toBe(202);
    expect([second.status, second.json['detail']]).toEqual([409, expect.stringContaining(String(first.json['id']))]);
    expect((await api.ask(start, { as: 'reader' })).status).toBe(403);
    expect(wrong).toMatchObject({ status: 400, json: { errors: [{ path: '/subscriptions/0' }] } });
    expect((await api.ask(start, { body: { subscriptions: [] } })).status).toBe(400);
  });

  it('answers JSON as described', async () => {
    const { json } = await api.ask(routes(anInventory()).get, { as: 'reader' });

    expect(inventorySchema.parse(json)).toEqual(anInventory());
  });

  it.each([
    ['?format=csv', {}],
    ['', { accept: 'text/csv' }],
  ])('answers CSV to %s %j: a line for each finding and for what was not seen, no formula', async (query, headers) => {
    const answer = await api.ask(routes(anInventory()).get, { as: 'reader', query, headers });

    expect(answer.headers['content-type']).toContain('text/csv');
    expect(answer.headers['content-disposition']).toContain('gatehouse-inventory.csv');
    const [names, finding, unseen, ...rest] = answer.text.trim().split('\r\n');
    expect(names).toMatch(/^"subscription","resourceGroup","gateway",/);
    expect(finding).toContain('"gw","eastus","VpnGw1","SSTP","Certificate","172.16.0.0/24","1","1","42"');
    expect(finding).toContain(`"'=1+1 is no formula here"`);
    expect(unseen).toContain('"notLookedAt","Not looked at, because: AuthorizationFailed: No <rights>."');
    expect(rest).toEqual([]);
  });

  it.each([
    ['?format=html', {}],
    ['', { accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8' }],
  ])('answers a page to %s %j that runs nothing and fetches nothing', async (query, headers) => {
    const { text, headers: sent } = await api.ask(routes(anInventory()).get, { as: 'reader', query, headers });

    expect(sent['content-type']).toBe('text/html; charset=utf-8');
    expect(sent['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; /);
    expect(text).not.toMatch(/<script|<img|<link|<iframe| on\w+=|javascript:|url\(/i);
    expect(text).toContain('CN=&#60;script&#62;alert(1)');
    expect(text).toContain('Not looked at, because: AuthorizationFailed: No &#60;rights&#62;.');
    expect(text).toContain('2 gateways in 1 subscriptions (only those that were named), as');
    expect(text).toContain('2027-03-31');
    expect(text).toContain('href="https://learn.microsoft.com/x?a=1&#38;b=2"');
    expect(text).toContain('@media print');
    const [, anchor] = /<a href="#(g-[0-9a-f]+)">gw<\/a>/.exec(text) ?? [];
    expect(text).toContain(`<section id="${anchor ?? ''}">`);
  });

  it('claims nothing in CSV and on the page while the first scan is under way', async () => {
    const { get, start } = routes();
    await api.ask(start);

    const page = await api.ask(get, { as: 'reader', query: '?format=html' });
    const csv = await api.ask(get, { as: 'reader', query: '?format=csv' });

    expect(page.text).toContain('No scan has ended yet.');
    expect(page.text).toContain('under way');
    expect(page.text).not.toMatch(/Nothing was found|was looked at|None\.|<h2>/);
    expect(csv.text.trim().split('\r\n')).toEqual([
      expect.stringContaining('"subscription"'),
      expect.stringContaining('No scan has ended yet'),
    ]);
  });

  it('takes no text from outside for markup or for a formula, wherever it stands', async () => {
    const { get } = routes(hostile(anInventory()));

    const page = await api.ask(get, { as: 'reader', query: '?format=html' });
    const csv = await api.ask(get, { as: 'reader', query: '?format=csv' });

    expect(page.text.split('&#34;&#62;&#60;img').length).toBeGreaterThan(15);
    expect(page.text).not.toContain('<img');
    expect(page.text).not.toContain(markup);
    const fields = [...csv.text.matchAll(/(?:^|,)"((?:[^"]|"")*)"/gm)].map(([, field = '']) => field);
    expect(fields.filter((field) => field.startsWith("'=")).length).toBeGreaterThan(10);
    expect(fields.filter((field) => /^[=+@-]/.test(field))).toEqual([]);
    // A field that ends before its text does would leave the rest of it outside of quotes.
    expect(csv.text.replaceAll(/"(?:[^"]|"")*"/g, '')).toMatch(/^[,\r\n]*$/);
  });

  it('has the style of the page in its policy, so that a browser applies it', async () => {
    const { text, headers } = await api.ask(routes(anInventory()).get, { as: 'reader', query: '?format=html' });
    const [, style = ''] = /<style>([^]*)<\/style>/.exec(text) ?? [];
    const digest = Buffer.from(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(style))).toString(
      'base64',
    );

    expect(style.length).toBeGreaterThan(100);
    expect(headers['content-security-policy']).toContain(`'sha256-${digest}'`);
  });
});
