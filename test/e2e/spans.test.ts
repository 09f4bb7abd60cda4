/**
 * The spans of what a stack does, as a collector gets them: one trace from the request to Azure, and nothing in it that
 * is a secret.
 */
import { type CollectedSpan, type SpanCollector, startSpanCollector } from '../support/span-collector.ts';
import { type RunningTestStack, startStack, waitUntil } from '../support/stack.ts';
import { readSecrets } from './support/azure.ts';
import { createRoot, examplePlan, followAccepted, operationTimeoutMs, testSpeed } from './support/line.ts';

jest.setTimeout(600_000);

let collector: SpanCollector;
let stack: RunningTestStack;

beforeAll(async () => {
  collector = await startSpanCollector();
  stack = await startStack({ speed: testSpeed, noise: 0, collector: collector.url });
});

afterAll(async () => {
  await stack.stop();
  await collector.stop();
});

const armGateway =
  '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.Network/virtualNetworkGateways/{name}';

/** The caller's own span, as its header says. */
const callers = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
const headers = { traceparent: `00-${callers.traceId}-${callers.spanId}-01` };

/** The spans of a trace, once this many have come that a test is about and none waits for its parent. */
async function spansOfTrace(traceId: string, isThere: (spans: readonly CollectedSpan[]) => boolean) {
  const ofTrace = (): readonly CollectedSpan[] => collector.spans.filter((span) => span.traceId === traceId);
  const isWhole = (spans: readonly CollectedSpan[]): boolean => {
    const ids = new Set([callers.spanId, ...spans.map(({ spanId }) => spanId)]);
    return spans.every(({ parentSpanId }) => ids.has(parentSpanId));
  };
  await waitUntil(() => isThere(ofTrace()) && isWhole(ofTrace()), operationTimeoutMs);
  return ofTrace();
}

describe('spans', () => {
  it('are one trace of a build, from the caller’s request over the activities to Resource Manager', async () => {
    const answer = await stack.api('POST', '/api/gateways', examplePlan('vnet1-powershell'), headers);
    const { id } = await followAccepted(stack, answer);
    const spans = await spansOfTrace(callers.traceId, (all) => all.some(({ name }) => name === `PUT ${armGateway}`));
    const nameOf = new Map(spans.map(({ spanId, name }) => [spanId, name]));

    const [request, ...others] = spans.filter(({ kind }) => kind === 'server');
    expect(others).toEqual([]);
    expect(request).toMatchObject({
      service: 'gatehouse',
      name: 'POST /api/gateways',
      parentSpanId: callers.spanId,
      isFailed: false,
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/api/gateways',
        'http.response.status_code': 202,
        'gatehouse.operation.id': id,
      },
    });

    const activities = spans.filter(({ kind }) => kind === 'internal');
    expect(new Set(activities.map(({ parentSpanId }) => nameOf.get(parentSpanId)))).toEqual(
      new Set(['POST /api/gateways']),
    );
    expect(activities.find(({ name }) => name === 'activity ensureResource')?.attributes).toMatchObject({
      'durabletask.type': 'activity',
      'durabletask.task.name': 'ensureResource',
      'durabletask.task.instance_id': expect.stringContaining(id) as string,
      'gatehouse.operation.id': id,
    });

    const write = spans.find(({ name }) => name === `PUT ${armGateway}`);
    expect(write).toMatchObject({
      kind: 'client',
      isFailed: false,
      attributes: {
        'http.request.method': 'PUT',
        'url.template': armGateway,
        'server.address': 'localhost',
        'http.response.status_code': 201,
        'az.service_request_id': expect.stringMatching(/.+/) as string,
      },
    });
    expect(nameOf.get(write?.parentSpanId ?? '')).toBe('activity ensureResource');
  });

  it('tell of a root its calls to Key Vault, below its request', async () => {
    const traceId = 'a0f92f3577b34da6a3ce929d0e0e4736';
    await createRoot(stack, 'root-1', {}, { traceparent: `00-${traceId}-${callers.spanId}-01` });
    const sign = 'POST /keys/{name}/{version}/sign';
    const spans = await spansOfTrace(traceId, (all) => all.some(({ name }) => name === sign));

    const request = spans.find(({ name }) => name === 'POST /api/roots');
    const ofVault = spans.filter(({ kind }) => kind === 'client');
    expect(ofVault.map(({ name }) => name)).toEqual(
      expect.arrayContaining([sign, 'POST /certificates/{name}/create', 'POST /certificates/{name}/pending/merge']),
    );
    expect(new Set(ofVault.map(({ parentSpanId }) => parentSpanId))).toEqual(new Set([request?.spanId]));
  });

  it('hold no secret, no query, and no name out of a path', async () => {
    const traceId = 'b0f92f3577b34da6a3ce929d0e0e4736';
    const trace = { traceparent: `00-${traceId}-${callers.spanId}-01` };
    const token = 'T0kenOfADownloadThatNobodyMayRead0123456789';
    await stack.api('GET', `/api/downloads?token=${token}`, undefined, { ...trace, 'x-api-key': '' });
    await stack.api('GET', '/api/operations/op-of-nobody?token=in-a-query', undefined, trace);
    await spansOfTrace(traceId, (all) => all.length >= 2);

    const received = collector.received();
    const { masterKey, durableKey, eventGridKey, clientSecret, administratorKey, webhookSecret, storageKey } =
      readSecrets(stack);
    const secrets = [masterKey, durableKey, eventGridKey, clientSecret, administratorKey, webhookSecret, storageKey];
    expect(secrets.filter((secret) => secret.length < 8)).toEqual([]);
    const names = ['VNet1GW', 'TestRG1', 'root-root-1', stack.info.arm.subscriptionId, 'api-version'];
    const tokens = [token, 'in-a-query', 'op-of-nobody', 'Bearer', 'eyJ'];
    expect([...secrets, ...names, ...tokens].filter((text) => received.includes(text))).toEqual([]);
  });
});
