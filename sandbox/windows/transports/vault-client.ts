/** A bearer token for Key Vault, of whoever reads or writes. */
export type GetVaultToken = () => Promise<string>;

/** Key Vault over the wire, as scripts and people use it. */
export interface VaultClient {
  /** The current value. Throws a VaultRefusal. As patient as the launcher of the scripts is. */
  read(vaultUrl: string, name: string): Promise<string>;
  write(vaultUrl: string, name: string, value: string): Promise<void>;
}

/** What Key Vault answers instead. */
export class VaultRefusal extends Error {
  readonly statusCode: number;

  constructor(statusCode: number, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}

/** The version that the scripts name to read; who fills a vault uses today's. */
const apiVersions = { GET: '7.4', PUT: '2025-07-01' } as const;
const timeoutMs = 30_000;
/** Throttled or away at random: scripts, and a person who fills a vault, try again. */
const triesMax = 5;

export function createVaultClient(getToken: GetVaultToken): VaultClient {
  async function call(method: 'GET' | 'PUT', vaultUrl: string, name: string, body?: string): Promise<string> {
    const url = new URL(`/secrets/${name}?api-version=${apiVersions[method]}`, vaultUrl);
    const response = await fetch(url, {
      method,
      headers: { authorization: `Bearer ${await getToken()}`, 'content-type': 'application/json' },
      signal: AbortSignal.timeout(timeoutMs),
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    if (response.ok) return text;
    throw new VaultRefusal(
      response.status,
      `The remote server returned an error: (${response.status}) ${response.statusText}.`,
    );
  }

  async function retryWhileThrottled(
    method: 'GET' | 'PUT',
    vaultUrl: string,
    name: string,
    body?: string,
  ): Promise<string> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await call(method, vaultUrl, name, body);
      } catch (error) {
        const isPassing = error instanceof VaultRefusal && [429, 503].includes(error.statusCode);
        if (!isPassing || tries === triesMax) throw error;
      }
    }
  }

  return {
    async read(vaultUrl, name) {
      const { value } = JSON.parse(await retryWhileThrottled('GET', vaultUrl, name)) as { readonly value: string };
      return value;
    },
    async write(vaultUrl, name, value) {
      await retryWhileThrottled('PUT', vaultUrl, name, JSON.stringify({ value }));
    },
  };
}
