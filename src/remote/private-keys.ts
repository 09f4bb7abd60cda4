import ssh2 from 'ssh2';
import type { RemoteRefusal } from '../ports/remote-runner.ts';
import type { Secrets } from '../ports/secrets.ts';
import { refused } from './refusal.ts';
import { readText } from './resolve-secrets.ts';

/**
 * Private keys by secret name, read from Key Vault at most once a minute: a procedure looks at its machines every few
 * seconds.
 */
export interface PrivateKeys {
  get(secretName: string): Promise<string | RemoteRefusal>;
  /** The next `get` asks Key Vault: a key that is not let in may have been renewed there. */
  forget(secretName: string): void;
}

const keptMs = 60_000;

export function createPrivateKeys(secrets: Secrets, now: () => Date): PrivateKeys {
  const kept = new Map<string, { readonly key: string; readonly untilMs: number }>();
  return {
    get: async (name) => {
      const known = kept.get(name);
      if (known !== undefined && known.untilMs > now().getTime()) return known.key;
      const key = await readPrivateKey(name, secrets);
      if (typeof key === 'string') kept.set(name, { key, untilMs: now().getTime() + keptMs });
      return key;
    },
    forget: (name) => {
      kept.delete(name);
    },
  };
}

async function readPrivateKey(name: string, secrets: Secrets): Promise<string | RemoteRefusal> {
  const text = await readText({ use: 'sshKey', name }, secrets);
  if (typeof text !== 'string') return text;
  const parsed: unknown = ssh2.utils.parseKey(text);
  const key: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
  const isPrivate =
    typeof key === 'object' && key !== null && 'isPrivateKey' in key && (key.isPrivateKey as () => boolean)();
  if (isPrivate) return text;
  return refused(
    'precondition',
    `Secret '${name}' is not a private key without passphrase, in OpenSSH's format or PEM.`,
  );
}
