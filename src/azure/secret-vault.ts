import { setTimeout as wait } from 'node:timers/promises';
import type { TokenCredential } from '@azure/core-auth';
import { isRestError } from '@azure/core-rest-pipeline';
import { type KeyVaultSecret, SecretClient, type SecretClientOptions } from '@azure/keyvault-secrets';
import { AppError } from '../domain/app-error.ts';
import type { Log } from '../ports/log.ts';
import type { SecretVault } from '../ports/secrets.ts';
import {
  azureWordsOf,
  isMissing,
  isPassing,
  retryAfterOf,
  retryWhileThrottled,
  usualWaitSeconds,
  vaultClientOptions,
  wordsOf,
} from './vault-calls.ts';

export interface SecretVaultOptions {
  readonly vaultUrl: string;
  readonly credential: TokenCredential;
  readonly log: Log;
  /** For tests: a CA to trust. */
  readonly clientOptions?: Pick<SecretClientOptions, 'tlsOptions' | 'additionalPolicies'>;
}

/** The version whose published description the local vault is held to. */
const serviceVersion = '2025-07-01';
/** A deletion or a recovery takes Key Vault seconds; past this the caller is told to come back. */
const settleWaitMs = 30_000;
const settlePollMs = 500;

/**
 * Secrets in an Azure Key Vault. Throttling and lost answers are tried again; what stays is thrown as ERR_AZURE_BUSY or
 * ERR_AZURE_REFUSED in Azure's own words. The client's own errors never leave: they carry the request, value and all.
 */
export function createSecretVault({ vaultUrl, credential, log, clientOptions }: SecretVaultOptions): SecretVault {
  const options: SecretClientOptions = {
    serviceVersion,
    ...clientOptions,
    ...vaultClientOptions(vaultUrl, log, clientOptions),
  };
  const client = new SecretClient(vaultUrl, credential, options);

  async function read(name: string): Promise<{ readonly value: string; readonly version: string } | undefined> {
    try {
      return toVersion(await retryWhileThrottled(() => client.getSecret(name)));
    } catch (error) {
      if (isMissing(error) || wordsOf(error).innerCode === 'SecretDisabled') return undefined;
      throw error;
    }
  }

  /**
   * One try. Undefined where the name has to be freed first, or the answer was lost: the value is looked for before it
   * is sent again, or there would be two versions of it.
   */
  async function write(
    name: string,
    value: string,
    contentType: string | undefined,
  ): Promise<KeyVaultSecret | undefined> {
    try {
      return await client.setSecret(name, value, contentType === undefined ? {} : { contentType });
    } catch (error) {
      if (wordsOf(error).innerCode === 'ObjectIsDeletedButRecoverable') await recover(name);
      else if (!isPassing(error)) throw error;
      return undefined;
    }
  }

  async function recover(name: string): Promise<void> {
    try {
      await retryWhileThrottled(() => client.beginRecoverDeletedSecret(name));
    } catch (error) {
      // Somebody else recovered it, or it was purged: the next try shows.
      if (!isMissing(error) && !isPassing(error)) throw error;
    }
  }

  async function set(name: string, value: string, contentType: string | undefined): Promise<{ version: string }> {
    for (let waitedMs = 0; waitedMs <= settleWaitMs; waitedMs += settlePollMs) {
      const current = await read(name);
      if (current?.value === value) return { version: current.version };
      const written = await write(name, value, contentType);
      if (written !== undefined) return { version: toVersion(written).version };
      await wait(settlePollMs);
    }
    throw busy(`Key Vault did not take secret ${name} in ${settleWaitMs / 1000} s.`);
  }

  return {
    get: (name) => answer(name, 'read', () => read(name)),
    set: (name, value, contentType) => answer(name, 'set', () => set(name, value, contentType)),
    remove: (name) =>
      answer(name, 'delete', async () => {
        try {
          await retryWhileThrottled(() => client.beginDeleteSecret(name));
        } catch (error) {
          if (!isMissing(error)) throw error;
        }
      }),
  };
}

function toVersion({ name, value, properties }: KeyVaultSecret): { readonly value: string; readonly version: string } {
  if (properties.version === undefined) throw new Error(`Key Vault answered secret ${name} without its version.`);
  return { value: value ?? '', version: properties.version };
}

async function answer<T>(name: string, what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!isRestError(error)) throw error;
    const { statusCode } = error;
    if (statusCode === undefined) throw busy(`Key Vault could not be reached to ${what} secret ${name}.`);
    if (isPassing(error)) {
      throw busy(`Key Vault answered ${statusCode} to ${what} secret ${name}.`, retryAfterOf(error));
    }
    const azure = azureWordsOf(error);
    throw new AppError(
      'ERR_AZURE_REFUSED',
      `Key Vault refused to ${what} secret ${name}: ${azure.code}. ${azure.message}`.trim(),
      { azure },
    );
  }
}

function busy(message: string, retryAfterSeconds = usualWaitSeconds): AppError {
  return new AppError('ERR_AZURE_BUSY', message, { retryAfterSeconds });
}
