/** A revoked person is out whatever Azure answers: absent, refused, odd, late or undone by somebody else. */
import { type RunningTestStack, startStack } from '../support/stack.ts';
import { changeGatewayInPortal, revokedOnGateway, withoutEntries } from './support/azure.ts';
import { endByClock, followByClock } from './support/by-clock.ts';
import { askForFault, type FaultAction, takeFaultsBack } from './support/faults.ts';
import {
  acceptedOperation,
  createRoot,
  examplePlan,
  expectStatus,
  gatewayRevocations,
  issue,
  putCountOf,
  readJournal,
} from './support/line.ts';

jest.setTimeout(600_000);

const gatewayId = 'vnet1gw';
const gateway = '/virtualNetworkGateways/VNet1GW\\?';
let stack: RunningTestStack;

beforeAll(async () => {
  stack = await startStack({ speed: 600, noise: 0 });
  await followByClock(stack, await stack.api('POST', '/api/gateways', examplePlan('vnet1-powershell')));
  await createRoot(stack, 'root-1');
  await followByClock(stack, await stack.api('PUT', `/api/gateways/${gatewayId}/roots/root-1`, {}));
});

afterEach(() => takeFaultsBack(stack));

afterAll(async () => {
  await stack.stop();
});

async function gatewayPuts(): Promise<number> {
  return putCountOf(await readJournal(stack, { service: 'arm' }), 'virtualNetworkGateways/VNet1GW');
}

async function stateOf(thumbprint: string): Promise<string | undefined> {
  return (await gatewayRevocations(stack, gatewayId)).find((row) => row.thumbprint === thumbprint)?.state;
}

async function gatewayState(): Promise<unknown> {
  return expectStatus(await stack.api('GET', `/api/gateways/${gatewayId}`), 200)['state'];
}

/** Begins a revocation and answers how to follow it. */
async function beginRevocation(): Promise<{ readonly thumbprint: string; readonly id: string }> {
  const { thumbprint } = await issue(stack, { rootId: 'root-1' });
  const answer = await stack.api('POST', `/api/certificates/${thumbprint}/revoke`, { reason: 'left' });
  return { thumbprint, id: acceptedOperation(answer).id };
}

function problem(status: number, code: string): FaultAction {
  return { status, headers: { 'content-type': 'application/json' }, body: { error: { code, message: `${code}.` } } };
}

describe('src/orchestrations/gateways/apply-gateway, for who is revoked', () => {
  it.each([
    ['the gateway is said not to be there once', 'GET', gateway, problem(404, 'ResourceNotFound')],
    ['the subscription is said not to be there once', 'GET', gateway, problem(404, 'SubscriptionNotFound')],
    ['the right to write is missing once', 'PUT', gateway, problem(403, 'AuthorizationFailed')],
    ['a proxy answers with a page', 'PUT', gateway, { status: 403, body: '<html><b>Forbidden</b></html>' }],
    ['Azure breaks once', 'PUT', gateway, problem(500, 'InternalServerError')],
    ['the list of sessions is no list', 'GET', '/operationResults/', { status: 200, body: null }],
  ] as const)('gets the revocation through though %s', async (_what, method, path, then) => {
    await askForFault(stack, { service: 'arm', method, path, times: 1 }, then);

    const { thumbprint, id } = await beginRevocation();
    const operation = await endByClock(stack, id);

    expect(operation.status).toBe('succeeded');
    expect(await revokedOnGateway(stack)).toContain(thumbprint);
    expect(await gatewayState()).toBe('ready');
    await stack.advance('PT15M');
    expect(await stateOf(thumbprint)).toBe('proven');
  });

  it('shows why a write does not get through as long as it does not, and gives nothing up', async () => {
    await askForFault(
      stack,
      { service: 'arm', method: 'PUT', path: gateway, times: 100 },
      problem(403, 'AuthorizationFailed'),
    );
    const { thumbprint, id } = await beginRevocation();

    await stack.advance('PT3H');

    expect(expectStatus(await stack.api('GET', `/api/operations/${id}`), 200)).toMatchObject({
      status: 'running',
      steps: [{ status: 'waiting', detail: expect.stringContaining('AuthorizationFailed') as unknown }],
    });
    expect(expectStatus(await stack.api('GET', `/api/gateways/${gatewayId}`), 200)).toMatchObject({
      writeFailure: {
        code: 'azureRefused',
        azure: { code: 'AuthorizationFailed' },
        nextTryAt: expect.any(String) as unknown,
      },
    });
    await takeFaultsBack(stack);
    expect((await endByClock(stack, id)).status).toBe('succeeded');
    expect(await revokedOnGateway(stack)).toContain(thumbprint);
  });

  it('goes by the clock where Azure throttles and asks for no pause', async () => {
    const throttled = { ...problem(429, 'TooManyRequests'), headers: { 'retry-after': '0' } } as FaultAction;
    await askForFault(stack, { service: 'arm', method: 'PUT', path: gateway, times: 30 }, throttled);
    const { id } = await beginRevocation();

    expect((await endByClock(stack, id)).status).toBe('succeeded');
  });

  it('does not wait for a profile package that Azure does not finish', async () => {
    await askForFault(
      stack,
      { service: 'arm', method: 'POST', path: 'generatevpnprofile', times: 1 },
      {
        status: 202,
        headers: { location: `${stack.info.arm.url}/never/ending?api-version=2026-01-01`, 'retry-after': '10' },
      },
    );
    await askForFault(
      stack,
      { service: 'arm', method: 'GET', path: '/never/ending', times: 10_000 },
      {
        status: 202,
        headers: { location: `${stack.info.arm.url}/never/ending?api-version=2026-01-01`, 'retry-after': '10' },
      },
    );
    acceptedOperation(await stack.api('POST', `/api/gateways/${gatewayId}/profile`));
    await stack.advance('PT5M');
    const before = await gatewayPuts();

    const { thumbprint, id } = await beginRevocation();
    await stack.advance('PT8M');

    expect(await gatewayPuts()).toBe(before + 1);
    expect(await revokedOnGateway(stack)).toContain(thumbprint);
    expect((await endByClock(stack, id)).status).toBe('succeeded');
  });

  it('is not proven while a revocation that was taken off waits to be put back', async () => {
    const { thumbprint, id } = await beginRevocation();
    await endByClock(stack, id);
    await stack.advance('PT15M');
    expect(await stateOf(thumbprint)).toBe('proven');
    await askForFault(
      stack,
      { service: 'arm', method: 'PUT', path: gateway, times: 40 },
      problem(429, 'TooManyRequests'),
    );

    await changeGatewayInPortal(stack, (body) => withoutEntries(body, 'vpnClientRevokedCertificates'));
    await stack.advance('PT5M');
    expect(await stateOf(thumbprint)).toBe('requested');

    await takeFaultsBack(stack);
    await stack.advance('PT30M');
    expect(await stateOf(thumbprint)).toBe('proven');
    const rows = expectStatus(await stack.api('GET', '/api/audit?top=1000'), 200)['items'];
    expect(JSON.stringify(rows)).toContain('gateway.putBack.revocation');
  });
});
