import { z } from 'zod';
import type { Invocation, SecretReference } from './invocation.ts';
import type { SecretValue } from './records.ts';

/** Reads a secret with the identity of a machine; what it throws, the script on that machine meets. */
export type ReadSecret = (vaultUrl: string, name: string) => Promise<string>;

export interface GivenSecrets {
  /** What came with the command: sealed beside it, or typed in by a person. */
  readonly values: Readonly<Record<string, SecretValue>>;
  /** Undefined on a machine that has no identity in Azure. */
  readonly readSecret: ReadSecret | undefined;
}

/** The name under which the account for the machine behind this one is given. */
export const viaSecret = 'viaCredential';

const credentialSchema = z.object({ username: z.string(), password: z.string() });

/** A secret that the launcher cannot have: what Windows or Key Vault says of it. */
class SecretMissing extends Error {}

/** Every secret of an invocation by its parameter, that of `via` under `viaSecret`. */
export async function resolveSecrets(
  invocation: Invocation,
  given: GivenSecrets,
): Promise<Readonly<Record<string, SecretValue>>> {
  const references: [string, SecretReference][] = Object.entries(invocation.secrets);
  if (invocation.via !== undefined) references.push([viaSecret, invocation.via.credential]);
  const resolved: [string, SecretValue][] = [];
  for (const [parameter, reference] of references) {
    const value = await read(invocation.source, parameter, reference, given);
    resolved.push([parameter, reference.kind === 'credential' ? toCredential(value) : toText(value)]);
  }
  return Object.fromEntries(resolved);
}

async function read(
  source: Invocation['source'],
  parameter: string,
  reference: SecretReference,
  { values, readSecret }: GivenSecrets,
): Promise<SecretValue> {
  if (source === 'vault') {
    if (readSecret === undefined) throw new SecretMissing('Unable to connect to the remote server.');
    if (reference.vaultUrl === undefined) throw new SecretMissing('Invalid URI: The hostname could not be parsed.');
    return await readSecret(reference.vaultUrl, reference.name);
  }
  const value = values[parameter];
  if (value === undefined) {
    throw new SecretMissing(
      `The property '${parameter}' cannot be found on this object. Verify that the property exists.`,
    );
  }
  return value;
}

function toText(value: SecretValue): string {
  if (typeof value !== 'string') throw new SecretMissing('A secret has to be a text and is a credential.');
  return value;
}

function toCredential(value: SecretValue): SecretValue {
  if (typeof value !== 'string') return value;
  try {
    return credentialSchema.parse(JSON.parse(value));
  } catch {
    throw new SecretMissing('Invalid JSON primitive.');
  }
}
