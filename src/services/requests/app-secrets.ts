import { z } from 'zod';
import { webhookUrlProblem } from '../../domain/webhook-address.ts';
import type { SecretVault } from '../../ports/secrets.ts';
import { webhookKey } from './webhook-key.ts';
import { within } from './within.ts';

/** Where events are posted, and what signs them. */
export interface Webhook {
  /** https, or on this machine itself; see `webhookUrlProblem`. */
  readonly url: string;
  /** See `webhookKey`. */
  readonly secret: string;
}

export const appSecretNames = {
  administratorKey: 'administrator-key',
  webhookUrl: 'webhook-url',
  webhookSecret: 'webhook-secret',
} as const;
type AppSecretName = (typeof appSecretNames)[keyof typeof appSecretNames];

export interface AppSecretsOptions {
  /** The application's own vault. */
  readonly vault: Pick<SecretVault, 'get'>;
  /** Hosts of webhooks that may have a private address, in lower case. */
  readonly webhookAllowedHosts: readonly string[];
  readonly isUnresolvedReference: (value: string) => boolean;
  /** Told of each secret that could not be read; the error holds no value. */
  readonly onFault: (name: string, error: unknown) => void;
}

/** The application's own secrets as they were read last. */
export interface AppSecretsReading {
  readonly administratorKey: string | undefined;
  /** The vault said so in this reading. Where it gave no answer the key may be another one by now. */
  readonly isKeyConfirmed: boolean;
  readonly webhook: Webhook | undefined;
  /** Names of the secrets that have to be there and are not, or cannot be used. */
  readonly missing: readonly AppSecretName[];
}

/** A vault that takes the question and never answers is one that gave no answer. */
const answerMaxMs = 30_000;

/**
 * Reads the application's own secrets from its vault. A secret that the vault says is not there is not there; where the
 * vault gave no answer, what it said last stands. Without a webhook's address there is no webhook; with one, its secret
 * has to be there.
 */
export function createAppSecrets(options: AppSecretsOptions): { readonly read: () => Promise<AppSecretsReading> } {
  const { administratorKey, webhookUrl, webhookSecret } = appSecretNames;
  const secretOf = (lengthMin: number) =>
    z
      .string()
      .min(lengthMin)
      .refine((value) => !options.isUnresolvedReference(value));
  const rules: Readonly<Record<AppSecretName, z.ZodType<string>>> = {
    // What a header carries and the way in reads: the line end of a file is no part of a key. One of that length that
    // anybody could guess is one character again and again.
    [administratorKey]: secretOf(32).refine((key) => /^[\x21-\x7e]{32,256}$/.test(key) && new Set(key).size > 1),
    [webhookUrl]: secretOf(1).refine((url) => webhookUrlProblem(url, options.webhookAllowedHosts) === undefined),
    [webhookSecret]: secretOf(1).refine((secret) => webhookKey(secret) !== undefined),
  };
  /** What the vault said last; `null` when there is no such secret. */
  const answers = new Map<AppSecretName, string | null>();

  /** False where the vault gave no answer. */
  async function ask(name: AppSecretName): Promise<boolean> {
    try {
      const secret = await within(options.vault.get(name), answerMaxMs, 'Key Vault');
      answers.set(name, secret?.value ?? null);
      return true;
    } catch (error) {
      options.onFault(name, error);
      return false;
    }
  }

  function usable(name: AppSecretName): string | undefined {
    const { success, data } = rules[name].safeParse(answers.get(name));
    return success ? data : undefined;
  }

  return {
    read: async () => {
      const [isKeyConfirmed] = await Promise.all([ask(administratorKey), ask(webhookUrl), ask(webhookSecret)]);
      const needed = answers.get(webhookUrl) === null ? [administratorKey] : Object.values(appSecretNames);
      const url = usable(webhookUrl);
      const secret = usable(webhookSecret);
      return {
        administratorKey: usable(administratorKey),
        isKeyConfirmed,
        webhook: url === undefined || secret === undefined ? undefined : { url, secret },
        missing: needed.filter((name) => usable(name) === undefined),
      };
    },
  };
}
