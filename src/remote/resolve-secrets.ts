import { type Credential, readCredentialText } from '../domain/credential.ts';
import { isSetAside, notSetAside, type SecretReference, secretUses } from '../domain/secret-uses.ts';
import type { RemoteCommand, RemoteRefusal } from '../ports/remote-runner.ts';
import type { Secrets } from '../ports/secrets.ts';
import { isRefused, refused } from './refusal.ts';

export interface ResolvedSecrets {
  /** By name in the script. */
  readonly secrets: Readonly<Record<string, string | Credential>>;
  readonly runAs: Credential | undefined;
}

/** The values of a command's secrets and of its account, or which of them cannot be had. */
export async function resolveSecrets(
  { secrets: references, runAs }: Pick<RemoteCommand, 'secrets' | 'runAs'>,
  secrets: Secrets,
): Promise<ResolvedSecrets | RemoteRefusal> {
  const values: Record<string, string | Credential> = {};
  for (const [parameter, secret] of Object.entries(references)) {
    const isAccount = secretUses[secret.use].form === 'credential';
    const value = isAccount ? await readCredential(secret, secrets) : await readText(secret, secrets);
    if (isFailure(value)) return value;
    values[parameter] = value;
  }
  if (runAs === undefined) return { secrets: values, runAs: undefined };
  const account = await readRunAs(runAs, secrets);
  return isRefused(account) ? account : { secrets: values, runAs: account };
}

/**
 * The secret's text; a failure names the secret and what to do. One that is set aside for something else is not read.
 */
export async function readText(secret: SecretReference, secrets: Secrets): Promise<string | RemoteRefusal> {
  if (!isSetAside(secret)) return refused('precondition', notSetAside(secret));
  const found = await secrets.get(secret);
  return found?.value ?? refused('precondition', `Key Vault has no enabled secret '${secret.name}': set it there.`);
}

/** The account that a command runs as. */
export async function readRunAs(name: string, secrets: Secrets): Promise<Credential | RemoteRefusal> {
  return readCredential({ use: 'runAsAccount', name }, secrets);
}

/** The account that a secret holds as JSON. Other fields of it are left alone. */
async function readCredential(secret: SecretReference, secrets: Secrets): Promise<Credential | RemoteRefusal> {
  const text = await readText(secret, secrets);
  if (typeof text !== 'string') return text;
  const credential = readCredentialText(text);
  if (credential !== undefined) return credential;
  return refused(
    'precondition',
    `Secret '${secret.name}' is not {"username","password"} in JSON: set it so in Key Vault.`,
  );
}

function isFailure(value: string | object): value is RemoteRefusal {
  return typeof value === 'object' && isRefused(value);
}
