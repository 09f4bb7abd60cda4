import type { SecretVault } from '../../../src/ports/secrets.ts';

export interface MemorySecrets extends SecretVault {
  /** Names that were asked for, oldest first. */
  readonly asked: readonly string[];
}

/** Key Vault's secrets in memory. */
export function createMemorySecrets(given: Readonly<Record<string, string>> = {}): MemorySecrets {
  const values = new Map(Object.entries(given));
  const asked: string[] = [];
  return {
    asked,
    get: (name) => {
      asked.push(name);
      const value = values.get(name);
      return Promise.resolve(value === undefined ? undefined : { value, version: '1' });
    },
    set: (name, value) => {
      values.set(name, value);
      return Promise.resolve({ version: '1' });
    },
    remove: (name) => {
      values.delete(name);
      return Promise.resolve();
    },
  };
}
