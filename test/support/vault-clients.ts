/** A Key Vault emulator of its own for one test file, with the real SDK clients on it. */
import type { TokenCredential } from '@azure/core-auth';
import { CertificateClient, type CertificatePolicy } from '@azure/keyvault-certificates';
import { CryptographyClient, KeyClient, type KeyVaultKey } from '@azure/keyvault-keys';
import { SecretClient, type SecretClientOptions } from '@azure/keyvault-secrets';
import { type RunningKeyVault, startKeyVault } from '../../sandbox/keyvault/keyvault-service.ts';
import { requestOver, type WireAnswer } from './https-request.ts';
import { createTestHost, type TestHost, type TestHostOptions } from './service-host.ts';

const vaultAudience = 'https://vault.azure.net';
export const vaultApiVersion = 'api-version=2025-07-01';

export interface TestVault {
  readonly test: TestHost;
  readonly keys: KeyClient;
  readonly certificates: CertificateClient;
  readonly secrets: SecretClient;
  /** What makes a client of one's own: without it, retries and the trusted CA would be the machine's. */
  readonly credential: TokenCredential;
  readonly clientOptions: SecretClientOptions;
  service(): RunningKeyVault;
  cryptography(key: KeyVaultKey | string): CryptographyClient;
  /** One authorised request as it is on the wire; `api-version` is added to a path without a query. */
  readonly ask: (method: string, path: string, body?: unknown) => Promise<WireAnswer>;
  /** Ends the service and starts it again from what it kept. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Starts the vault; clients do not retry, so that a refusal is seen at once. */
export async function startTestVault(options: TestHostOptions = {}): Promise<TestVault> {
  const test = await createTestHost(options);
  let service = await startKeyVault(test.host, { port: 0 });
  const credential = {
    // Asked for each time: the clients' cache knows nothing of a clock that jumps.
    getToken: () => Promise.resolve({ token: test.tokenFor(vaultAudience), expiresOnTimestamp: Date.now() }),
  };
  const clientOptions = {
    disableChallengeResourceVerification: true,
    tlsOptions: { ca: test.ca },
    retryOptions: { maxRetries: 0 },
  };
  const { url, port } = service;
  return {
    test,
    keys: new KeyClient(url, credential, clientOptions),
    certificates: new CertificateClient(url, credential, clientOptions),
    secrets: new SecretClient(url, credential, { ...clientOptions, serviceVersion: '2025-07-01' }),
    credential,
    clientOptions,
    service: () => service,
    cryptography: (key) => new CryptographyClient(key, credential, clientOptions),
    ask: (method, path, body) =>
      requestOver(url, {
        method,
        path: path.includes('?') ? path : `${path}?${vaultApiVersion}`,
        ca: test.ca,
        headers: { authorization: `Bearer ${test.tokenFor(vaultAudience)}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
    restart: async () => {
      await service.close();
      service.flush();
      service = await startKeyVault(test.restart(), { port });
    },
    close: async () => {
      await service.close();
      service.flush();
      test.close();
    },
  };
}

/** A policy as a root certificate has it: signs, is not exportable, keeps its key. */
export function rootPolicy(issuerName: 'Self' | 'Unknown', change: Partial<CertificatePolicy> = {}): CertificatePolicy {
  return {
    issuerName,
    subject: 'CN=Test root',
    keyType: 'RSA',
    keySize: 2048,
    exportable: false,
    reuseKey: true,
    keyUsage: ['keyCertSign', 'cRLSign'],
    validityInMonths: 24,
    ...change,
  };
}
