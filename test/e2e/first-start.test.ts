/**
 * The first start of a deployment: rights come minutes after what they are for, and secrets are changed where they are
 * kept.
 */
import { type RunningTestStack, type StackAnswer, startStack } from '../support/stack.ts';
import { readSecret, writeSecret } from './support/azure.ts';
import { askForFault, takeFaultsBack } from './support/faults.ts';
import { readDeliveries } from './support/host.ts';
import { createRoot, testSpeed } from './support/line.ts';

jest.setTimeout(600_000);

let stack: RunningTestStack;

beforeAll(async () => {
  stack = await startStack({ speed: testSpeed, noise: 0 });
});

afterAll(async () => {
  await stack.stop();
});

/** As a load balancer asks: without a key. */
function probe(): Promise<StackAnswer> {
  return stack.api('GET', '/api/health', undefined, { 'x-api-key': '' });
}

function health(): Promise<StackAnswer> {
  return stack.api('GET', '/api/health');
}

/** The items that are not well, with what is said of them. */
async function badItems(): Promise<readonly { readonly name: string; readonly status: string }[]> {
  const { items } = (await health()).body as { readonly items: Awaited<ReturnType<typeof badItems>> };
  return items.filter(({ status }) => status !== 'ok');
}

function asHolderOf(key: string): Promise<StackAnswer> {
  return stack.api('GET', '/api/api-keys', undefined, { 'x-api-key': key });
}

describe('a first start', () => {
  it('says what is missing while the vault does not let it in, and works without a restart once it does', async () => {
    await askForFault(stack, { service: 'appvault', times: 1000 }, { status: 403, code: 'Forbidden' });
    await stack.killRuntime();
    const runtime = stack.currentInfo().processes['runtime'];

    const unready = await health();
    expect(unready.status).toBe(503);
    expect(unready.body).toMatchObject({
      status: 'unhealthy',
      missing: ['administrator-key', 'webhook-url', 'webhook-secret'],
    });
    for (const [method, path] of [
      ['GET', '/api/gateways'],
      ['GET', '/api/openapi.json'],
      ['GET', '/api/downloads?token=no-such-download'],
      ['POST', '/api/roots'],
    ] as const) {
      const answer = await stack.api(method, path, method === 'POST' ? {} : undefined);
      expect([path, answer.status]).toEqual([path, 503]);
      expect(answer.body).toMatchObject({ code: 'ERR_NOT_READY' });
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(answer.headers.get('retry-after')).toBe('60');
    }

    await takeFaultsBack(stack);
    await stack.advance('PT3M');

    expect(await badItems()).toEqual([]);
    expect((await probe()).body).toEqual({ status: 'healthy' });
    await createRoot(stack, 'root-1');
    await stack.advance('PT2M');
    expect(await readDeliveries(stack, 'gatehouse.root.created.v1')).toHaveLength(1);
    expect(stack.currentInfo().processes['runtime']).toBe(runtime);
  });
});

describe('health', () => {
  it.each([
    ['keyvault', 'keyVault'],
    ['appvault', 'appVault'],
    ['arm', 'resourceManager'],
  ] as const)('turns bad when %s fails, says so of it alone, and turns good again', async (service, name) => {
    await stack.advance('PT2M');
    expect((await probe()).status).toBe(200);

    await askForFault(stack, { service, times: 1000 }, { status: 403, code: 'Forbidden' });
    await stack.advance('PT2M');
    const [bare, bad] = [await probe(), await badItems()];
    await takeFaultsBack(stack);
    await stack.advance('PT2M');

    expect([bare.status, bare.body]).toEqual([503, { status: 'unhealthy' }]);
    expect(bad.map((item) => item.name)).toEqual([name]);
    expect((await probe()).status).toBe(200);
  });
});

describe('the administrator’s key', () => {
  it('is the one in the vault: a changed one replaces the old', async () => {
    const old = stack.info.app.apiKey;
    const changed = 'a-key-that-was-changed-in-the-vault-0123456789';
    expect((await asHolderOf(old)).status).toBe(200);

    await writeSecret(stack, 'administrator-key', changed, stack.info.appVault.url);
    await stack.advance('PT2M');

    expect([(await asHolderOf(old)).status, (await asHolderOf(changed)).status]).toEqual([401, 200]);
    await writeSecret(stack, 'administrator-key', old, stack.info.appVault.url);
    await stack.advance('PT2M');
    expect([(await asHolderOf(old)).status, (await asHolderOf(changed)).status]).toEqual([200, 401]);
  });

  it('is never the text of a reference to it', async () => {
    const reference = '@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/administrator-key)';
    const key = stack.info.app.apiKey;
    await writeSecret(stack, 'administrator-key', reference, stack.info.appVault.url);
    await stack.advance('PT2M');

    expect((await health()).body).toMatchObject({ missing: ['administrator-key'] });
    expect((await asHolderOf(reference)).status).toBe(503);

    await writeSecret(stack, 'administrator-key', key, stack.info.appVault.url);
    await stack.advance('PT2M');
    expect([(await asHolderOf(reference)).status, (await asHolderOf(key)).status]).toEqual([401, 200]);
  });

  it('is in a vault that requests do not reach', async () => {
    expect(await readSecret(stack, 'administrator-key')).toBeUndefined();
  });
});
