import { AppError } from '../../domain/app-error.ts';
import { isOwnSecret, isSetAside, notSetAside, type SecretReference } from '../../domain/secret-uses.ts';
import type { Secrets, SecretVault } from '../../ports/secrets.ts';

/**
 * Secrets by their use. What is asked for by a name of another use is not read, whoever stored that name, and nothing
 * is written or deleted that the application does not keep itself: ERR_CONFLICT.
 */
export function createSetAsideSecrets(vault: SecretVault): Secrets {
  return {
    get: async (secret) => {
      if (!isSetAside(secret)) throw new AppError('ERR_CONFLICT', notSetAside(secret));
      return vault.get(secret.name);
    },
    set: async (secret, value) => {
      requireOwn(secret);
      return vault.set(secret.name, value);
    },
    remove: async (secret) => {
      requireOwn(secret);
      await vault.remove(secret.name);
    },
  };
}

function requireOwn(secret: SecretReference): void {
  if (isOwnSecret(secret)) return;
  throw new AppError(
    'ERR_CONFLICT',
    `Secret '${secret.name}' is not one that the application keeps: it stays as it is.`,
  );
}
