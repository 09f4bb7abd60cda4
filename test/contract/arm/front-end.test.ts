import { type ArmStack, startArmStack } from '../../support/arm-stack.ts';
import { aVirtualNetwork } from '../../support/builders/arm-bodies.ts';

const network = '/providers/Microsoft.Network';

describe('sandbox/arm/front-end', () => {
  let stack: ArmStack;

  beforeAll(async () => {
    stack = await startArmStack();
  });

  afterAll(async () => {
    await stack.close();
  });

  it('refuses a request without a token and one with a forged token', async () => {
    const without = await stack.send('GET', stack.path(''), { token: undefined });
    const forged = await stack.send('GET', stack.path(''), { token: 'forged' });

    expect(without).toMatchObject({ status: 401, body: { error: { code: 'AuthenticationFailed' } } });
    expect(forged).toMatchObject({ status: 401, body: { error: { code: 'InvalidAuthenticationToken' } } });
    expect(forged.headers['www-authenticate']).toMatch(/^Bearer authorization_uri=/);
    expect(forged.headers['x-ms-failure-cause']).toBe('gateway');
  });

  it('accepts a token for the audience with and without its slash', async () => {
    const token = stack.test.tokenFor('https://management.azure.com');

    expect((await stack.send('GET', stack.path(''), { token })).status).toBe(404);
    const other = stack.test.tokenFor('https://vault.azure.net');
    expect((await stack.send('GET', stack.path(''), { token: other })).status).toBe(401);
  });

  it.each([
    ['', 'MissingApiVersionParameter'],
    ['?api-version=2024-07-01', 'InvalidApiVersionParameter'],
  ])('refuses a resource group request with the query "%s"', async (query, code) => {
    const answer = await stack.send('GET', `${stack.group}${query}`);

    expect(answer).toMatchObject({ status: 400, body: { error: { code } } });
  });

  it('refuses another api-version of the network provider, naming the one it has', async () => {
    const answer = await stack.send('GET', `${stack.group}${network}/virtualNetworks/x?api-version=2024-01-01`);

    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'NoRegisteredProviderFound' } } });
    expect(answer.text).toContain("'2026-01-01'");
  });

  it('answers 404 for another subscription and for a missing resource group', async () => {
    const other = stack.path('').replace(stack.subscriptionId, '99999999-2222-4333-8444-555555555555');

    expect((await stack.send('GET', other)).body).toMatchObject({ error: { code: 'SubscriptionNotFound' } });
    const missing = await stack.send('GET', stack.path(`${network}/virtualNetworks/x`));
    expect(missing).toMatchObject({ status: 404, body: { error: { code: 'ResourceGroupNotFound' } } });
  });

  it.each([
    ['POST', `${network}/virtualNetworkGateways/gw/reset`],
    ['GET', `${network}/networkSecurityGroups/x`],
  ])('answers 501 naming the operation for %s %s', async (method, rest) => {
    const answer = await stack.send(method, stack.path(rest), { body: method === 'POST' ? {} : undefined });

    expect(answer).toMatchObject({ status: 501, body: { error: { code: 'NotImplemented' } } });
    expect(answer.text).toContain(`${method} ${stack.group}${rest}`);
  });

  it('refuses content that is not a JSON object', async () => {
    const answer = await stack.send('PUT', stack.path(''), { body: ['eastus'] });

    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'InvalidRequestContent' } } });
  });

  it('sends the headers that Azure sends with every answer', async () => {
    const answer = await stack.send('GET', stack.path(''), { headers: { 'x-ms-client-request-id': 'mine' } });

    expect(answer.headers).toMatchObject({
      'cache-control': 'no-cache',
      expires: '-1',
      'x-ms-client-request-id': 'mine',
      'x-content-type-options': 'nosniff',
    });
    expect(answer.headers['x-ms-routing-request-id']).toMatch(/^SANDBOX:\d{8}T\d{6}Z:/);
    expect(Number(answer.headers['x-ms-ratelimit-remaining-subscription-reads'])).toBeGreaterThan(0);
  });

  it('throttles one principal that reads too fast, and lets it go on after Retry-After of stack time', async () => {
    const still = await startArmStack({ standsStill: true });
    const read = () => still.arm.putAsSomebodyElse('GET', still.path(''), undefined);
    for (let count = 0; count < 250; count += 1) await read();
    const refused = await read();

    expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
    expect(refused.body).toMatchObject({ error: { code: 'SubscriptionRequestsThrottled' } });
    expect(JSON.stringify(refused.body)).toContain("Number of 'read' requests");
    expect((await still.send('GET', still.path(''))).status).toBe(404);
    await still.test.advance(1000);
    expect((await read()).status).toBe(404);
    await still.close();
  });

  it('keeps the case of names and compares them without it', async () => {
    await stack.send('PUT', stack.path(''), { body: { location: 'eastus' } });
    const put = await stack.send('PUT', stack.path(`${network}/virtualNetworks/VNet1`), { body: aVirtualNetwork() });
    const read = await stack.send('GET', stack.path(`${network}/VIRTUALNETWORKS/vnet1`));

    expect(put.status).toBe(201);
    expect(read.body).toMatchObject({ name: 'VNet1', id: `${stack.group}${network}/virtualNetworks/VNet1` });
  });
});
