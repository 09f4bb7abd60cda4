/**
 * The identity emulator against what speaks to it in a stack: the real @azure/identity client on one side, and the
 * emulators that check the tokens on the other.
 */
import { ClientSecretCredential } from '@azure/identity';
import { startIdentity } from '../../../sandbox/identity/identity-service.ts';
import { openTokenIssuer, type TokenIssuer } from '../../../sandbox/identity/token-issuer.ts';
import type { RunningService } from '../../../sandbox/platform/https-service.ts';
import { requestOver } from '../../support/https-request.ts';
import { createTestHost, type TestHost } from '../../support/service-host.ts';

const application = { clientId: '6b3c6c9e-0000-4000-8000-000000000001', clientSecret: 'a-secret-of-this-test' };
const vault = 'https://vault.azure.net';

let test: TestHost;
let issuer: TokenIssuer;
let identity: RunningService;

beforeAll(async () => {
  test = await createTestHost();
  const { directory, clock, tenantId } = test.host;
  issuer = await openTokenIssuer({ directory, clock, tenantId });
  const principal = { appId: application.clientId, objectId: 'object-1', tenantId };
  identity = await startIdentity(test.host, { port: 0, issuer, application, principal });
});

afterAll(async () => {
  await identity.close();
  test.close();
});

function credential(options: { tenantId?: string; secret?: string } = {}): ClientSecretCredential {
  return new ClientSecretCredential(
    options.tenantId ?? test.host.tenantId,
    application.clientId,
    options.secret ?? application.clientSecret,
    {
      authorityHost: identity.url,
      disableInstanceDiscovery: true,
      tlsOptions: { ca: test.ca },
      retryOptions: { maxRetries: 0 },
    },
  );
}

async function askToken(form: Record<string, string>, tenant = test.host.tenantId) {
  return await requestOver(identity.url, {
    method: 'POST',
    path: `/${tenant}/oauth2/v2.0/token`,
    ca: test.ca,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  });
}

function validForm(): Record<string, string> {
  return {
    grant_type: 'client_credentials',
    client_id: application.clientId,
    client_secret: application.clientSecret,
    scope: `${vault}/.default`,
  };
}

function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as Record<string, unknown>;
}

describe('sandbox/identity', () => {
  it.each(['https://management.azure.com', vault, 'https://storage.azure.com'])(
    'gives the real client a token for %s that the stack accepts for nothing else',
    async (audience) => {
      const { token } = await credential().getToken(`${audience}/.default`);

      expect(await issuer.verify(`Bearer ${token}`, audience)).toEqual({
        appId: application.clientId,
        objectId: 'object-1',
        tenantId: test.host.tenantId,
      });
      expect(await issuer.verify(`Bearer ${token}`, 'https://example.com')).toBeUndefined();
      expect(claimsOf(token)).toMatchObject({
        aud: audience,
        iss: `https://sts.windows.net/${test.host.tenantId}/`,
        appid: application.clientId,
        oid: 'object-1',
      });
    },
  );

  it('refuses a token with another signature, without the word Bearer, or absent', async () => {
    const { token } = await credential().getToken(`${vault}/.default`);
    const [head, claims] = token.split('.');

    expect(await issuer.verify(`Bearer ${head ?? ''}.${claims ?? ''}.AAAA`, vault)).toBeUndefined();
    expect(await issuer.verify(token, vault)).toBeUndefined();
    expect(await issuer.verify(undefined, vault)).toBeUndefined();
  });

  it('refuses a token when an hour of stack time has passed', async () => {
    const own = await createTestHost();
    const { directory, clock, tenantId } = own.host;
    const shortLived = await openTokenIssuer({ directory, clock, tenantId });
    const token = await shortLived.issue({ appId: 'a', objectId: 'o', tenantId }, vault);

    clock.moveTo(clock.nowMs() + 59 * 60_000);
    expect(await shortLived.verify(`Bearer ${token}`, vault)).toBeDefined();
    clock.moveTo(clock.nowMs() + 2 * 60_000);
    expect(await shortLived.verify(`Bearer ${token}`, vault)).toBeUndefined();
    own.close();
  });

  it('dates storage tokens by real time, which is what Azurite knows', async () => {
    const own = await createTestHost();
    const { directory, clock, tenantId } = own.host;
    const ahead = await openTokenIssuer({ directory, clock, tenantId });
    clock.moveTo(clock.nowMs() + 30 * 24 * 3_600_000);

    const token = await ahead.issue({ appId: 'a', objectId: 'o', tenantId }, 'https://storage.azure.com');

    expect(claimsOf(token)['nbf']).toBeLessThanOrEqual(Date.now() / 1000);
    expect(claimsOf(token)['exp']).toBeGreaterThan(clock.nowMs() / 1000);
    own.close();
  });

  it('keeps its signing key, so that tokens outlive a restart', async () => {
    const { directory, clock, tenantId } = test.host;
    const { token } = await credential().getToken(`${vault}/.default`);

    const reopened = await openTokenIssuer({ directory, clock, tenantId });

    expect(await reopened.verify(`Bearer ${token}`, vault)).toBeDefined();
  });

  it('refuses the real client with a wrong secret or tenant, in words that name it', async () => {
    await expect(credential({ secret: 'wrong' }).getToken(`${vault}/.default`)).rejects.toThrow(/7000215/);
    const elsewhere = credential({ tenantId: '99999999-0000-4000-8000-000000000000' });
    await expect(elsewhere.getToken(`${vault}/.default`)).rejects.toThrow(/90002|not found|endpoints_resolution/i);
  });

  it.each([
    ['another grant', { grant_type: 'password' }, 400, 'unsupported_grant_type', 70003],
    ['an unknown application', { client_id: 'nobody' }, 400, 'unauthorized_client', 700016],
    ['a wrong secret', { client_secret: 'wrong' }, 401, 'invalid_client', 7000215],
    ['a scope without /.default', { scope: vault }, 400, 'invalid_scope', 1002012],
    [
      'two resources at once',
      { scope: `${vault}/.default https://storage.azure.com/.default` },
      400,
      'invalid_scope',
      1002012,
    ],
    ['an unknown resource', { scope: 'https://example.com/.default' }, 400, 'invalid_resource', 500011],
  ])('refuses %s', async (_what, change, status, error, number) => {
    const answer = await askToken({ ...validForm(), ...change });

    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject({ error, error_codes: [number] });
  });

  it('refuses an empty form and an unknown tenant', async () => {
    expect((await askToken({})).json).toMatchObject({ error: 'invalid_request' });
    expect((await askToken(validForm(), 'other-tenant')).json).toMatchObject({ error_codes: [90002] });
  });

  it('publishes discovery and the key that the tokens are signed with', async () => {
    const path = `/${test.host.tenantId}/v2.0/.well-known/openid-configuration`;
    const discovery = await requestOver(identity.url, { method: 'GET', path, ca: test.ca });
    const { token_endpoint: tokenEndpoint, jwks_uri: keysUrl } = discovery.json as Record<string, string>;

    expect(tokenEndpoint).toBe(`${identity.url}/${test.host.tenantId}/oauth2/v2.0/token`);
    const keys = await requestOver(identity.url, {
      method: 'GET',
      path: new URL(keysUrl ?? '').pathname,
      ca: test.ca,
    });
    expect(keys.json).toMatchObject({ keys: [{ kty: 'RSA', alg: 'RS256', n: issuer.jwk.n }] });
    expect(JSON.stringify(keys.json)).not.toContain('"d"');
  });

  it('answers 501 for a route it does not have', async () => {
    const answer = await requestOver(identity.url, {
      method: 'GET',
      path: `/${test.host.tenantId}/oauth2/v2.0/authorize`,
      ca: test.ca,
    });

    expect(answer.status).toBe(501);
  });
});
