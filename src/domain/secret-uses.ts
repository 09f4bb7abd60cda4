import { z } from 'zod';

interface UseFacts {
  /** What the name of every secret of this use begins with. */
  readonly prefix: string;
  /** A text, or `{"username","password"}` as JSON. */
  readonly form: 'text' | 'credential';
  readonly what: string;
}

/**
 * What secrets may be used for: a closed list. A secret is read for one use only, the one that its name says, so
 * that nobody gets to read a secret by naming it where another kind is wanted.
 */
export const secretUses = {
  sshKey: { prefix: 'ssh-key-', form: 'text', what: 'private keys for SSH' },
  account: { prefix: 'account-', form: 'credential', what: 'accounts of machines, endpoints and shares' },
  runAsAccount: { prefix: 'run-as-', form: 'credential', what: 'accounts that a step runs as' },
  l2tpKey: { prefix: 'l2tp-key-', form: 'text', what: 'shared keys of L2TP' },
  vpnPassword: { prefix: 'vpn-password-', form: 'text', what: 'passwords of VPN users' },
  drainHook: { prefix: 'drain-hook-', form: 'text', what: 'addresses of load balancers’ hooks' },
  rootFile: { prefix: 'root-pfx-', form: 'text', what: 'files with the key of a root' },
  rootPassword: { prefix: 'root-password-', form: 'text', what: 'passwords of files with the key of a root' },
  /** Kept by the application only. */
  dataFile: { prefix: 'data-file-', form: 'text', what: 'data files of connectors' },
  /** Kept by the application only. */
  downloadKey: { prefix: 'download-key-', form: 'text', what: 'what opens files that wait to be fetched' },
} as const satisfies Readonly<Record<string, UseFacts>>;
export type SecretUse = keyof typeof secretUses;
/** What the application keeps by itself: no request names such a secret. */
type OwnUse = 'dataFile' | 'downloadKey';

/** A secret in Key Vault and what it is read for. */
export interface SecretReference {
  readonly use: SecretUse;
  readonly name: string;
}

/**
 * Before the prefix of what the application stores by itself: no request can name it, and nothing else is written or
 * deleted.
 */
const ownPrefix = 'gatehouse-';
/** What Key Vault takes as the name of a secret. */
const namePattern = /^[0-9A-Za-z-]{1,127}$/;

/** The name under which the application keeps a secret of its own. */
export function ownSecretName(use: SecretUse, rest: string): string {
  return `${ownPrefix}${secretUses[use].prefix}${rest}`;
}

export function isOwnSecret({ use, name }: SecretReference): boolean {
  return hasPrefix(name, ownSecretName(use, ''));
}

/** Whether the name says that the secret may be read for this use. */
export function isSetAside(secret: SecretReference): boolean {
  return hasPrefix(secret.name, secretUses[secret.use].prefix) || isOwnSecret(secret);
}

/** What to tell whoever named a secret that is not set aside for what it was to be used for. */
export function notSetAside({ use, name }: SecretReference): string {
  const { prefix, what } = secretUses[use];
  return `Secret '${name}' is not set aside for ${what}: names of those begin with '${prefix}'.`;
}

/**
 * The schema of a field in which a request names a secret: one that people set aside for this use, never one of ours.
 */
export function secretNameOf(use: Exclude<SecretUse, OwnUse>): z.ZodString {
  const { prefix, what } = secretUses[use];
  return z
    .string()
    .regex(namePattern, { abort: true })
    .refine((name) => hasPrefix(name, prefix), {
      error: `The names of ${what} in Key Vault begin with '${prefix}'.`,
      params: {
        code: 'secretNotSetAside',
        fix: `Store the secret under a name such as ${prefix}1, and send that name.`,
      },
    })
    .meta({
      description: `Name of a secret in Key Vault. The names of ${what} begin with '${prefix}'.`,
      examples: [`${prefix}1`],
    });
}

function hasPrefix(name: string, prefix: string): boolean {
  return namePattern.test(name) && name.startsWith(prefix) && name.length > prefix.length;
}
