import type { VpnUserIntent } from '../../contracts/on-premises/vpn-access.ts';
import { AppError, invalidField, type Problem } from '../../domain/app-error.ts';
import { makePasswordFor, sharedKeyPattern } from '../../domain/make-password.ts';
import { ownSecretName } from '../../domain/secret-uses.ts';
import type { Secrets } from '../../ports/secrets.ts';
import { sha256Hex } from '../../stores/digest.ts';
import type { OnPremisesStores } from '../../stores/on-premises-stores.ts';
import { vpnUserKeys, type VpnUserRecord } from '../../stores/records/on-premises.ts';
import type { IntentRequest } from '../operations/intent-request.ts';

type RandomBytes = (label: string, length: number) => Uint8Array;

export interface UserRequest {
  readonly name: string;
  readonly passwordSecret?: string | undefined;
}

export interface AskedWithSeed extends IntentRequest {
  readonly randomBytes: RandomBytes;
}

/** What a request wants of a user, before anything is written. */
export interface UserIntent {
  readonly record: VpnUserRecord;
  /** Made up for this request. */
  readonly password?: string;
  /** The same request has come this far before. */
  readonly isRepeated: boolean;
}

/** What of the users and their secrets a request would change, looked at before anything is written. */
export interface VpnUserIntents {
  /** Whether the key that all clients share is there already: the caller's has to be, another one can be made up. */
  hasSharedKey(name: string, isGiven: boolean): Promise<boolean>;
  /**
   * What is to be noted of a user, and their password where one has to be made up. Writes nothing: the request may be
   * refused yet. `path` is the field to blame for a secret that is missing.
   */
  intend(
    stackId: string,
    user: UserRequest,
    asked: AskedWithSeed,
    options: { readonly isReset: boolean; readonly path?: string },
  ): Promise<UserIntent>;
  keep(intent: UserIntent): Promise<void>;
}

export function createVpnUserIntents({
  stores,
  secrets,
  now,
}: {
  readonly stores: OnPremisesStores;
  readonly secrets: Secrets;
  readonly now: () => Date;
}): VpnUserIntents {
  return {
    hasSharedKey: async (name, isGiven) => {
      const key = await secrets.get({ use: 'l2tpKey', name });
      const path = '/sharedKeySecret';
      if (key === undefined && isGiven) {
        throw invalidField(
          path,
          'secretMissing',
          `Key Vault has no secret ${name}.`,
          'Create the secret, or leave the field out: a key is then generated.',
        );
      }
      if (key !== undefined && !sharedKeyPattern.test(key.value)) {
        const message = `Secret ${name} holds a key that not every client accepts.`;
        throw invalidField(path, 'sharedKeyUnfit', message, 'Use 20 to 64 letters, digits, ".", "_" and "-".');
      }
      return key !== undefined;
    },

    intend: async (
      stackId,
      { name, passwordSecret },
      { operationId, randomBytes },
      { isReset, path = '/passwordSecret' },
    ) => {
      const before = (await stores.vpnUsers.get(vpnUserKeys(stackId, name)))?.record;
      const isOurs = passwordSecret === undefined && (before?.isPasswordOurs ?? true);
      const secretName = passwordSecret ?? before?.passwordSecret ?? passwordSecretName(stackId, name);
      const isThere = (await secrets.get({ use: 'vpnPassword', name: secretName })) !== undefined;
      const isMade = isOurs && (isReset || !isThere);
      if (!isMade && !isThere) {
        throw invalidField(
          path,
          'secretMissing',
          `Key Vault has no secret ${secretName}.`,
          'Create the secret, or leave the field out: a password is then generated.',
        );
      }
      const hasPassword = before?.state === 'enabled' && before.passwordSecret === secretName && !isMade;
      return {
        record: {
          stackId,
          name,
          passwordSecret: secretName,
          isPasswordOurs: isOurs,
          state: hasPassword ? 'enabled' : 'pending',
          wanted: 'enabled',
          operationId,
          updatedAt: now().toISOString(),
        },
        isRepeated: before?.operationId === operationId,
        ...(isMade ? { password: makePasswordFor(name, (attempt) => randomBytes(labelOf(name, attempt), 15)) } : {}),
      };
    },

    keep: async ({ record, password }) => {
      if (password !== undefined) await secrets.set({ use: 'vpnPassword', name: record.passwordSecret }, password);
      await stores.vpnUsers.upsert(record);
    },
  };
}

/** Each attempt has randomness of its own, the same whenever the request is repeated. */
function labelOf(name: string, attempt: number): string {
  return attempt === 0 ? `password ${name}` : `password ${name} ${attempt}`;
}

/** Throws ERR_NOT_FOUND for a user that is not there, or was removed. */
export async function requireUser(stores: OnPremisesStores, stackId: string, name: string): Promise<VpnUserRecord> {
  const user = (await stores.vpnUsers.get(vpnUserKeys(stackId, name)))?.record;
  if (user === undefined || user.state === 'removed') {
    throw new AppError('ERR_NOT_FOUND', `Stack ${stackId} has no user ${name}.`);
  }
  return user;
}

/** An account that was left from before, disabled, has another password than the one in Key Vault. */
export function intentOf({ name, passwordSecret, wanted, state }: VpnUserRecord): VpnUserIntent {
  return { name, passwordSecret, wanted, resetPassword: state !== 'enabled' };
}

/** The users of a plan as it will be read, in the order of their rows. */
export function withIntended(
  users: readonly VpnUserIntent[],
  intents: readonly UserIntent[],
): readonly VpnUserIntent[] {
  const byName = new Map(
    [...users, ...intents.map(({ record }) => intentOf(record))].map((user) => [user.name.toLowerCase(), user]),
  );
  return [...byName].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, user]) => user);
}

export function namedTwice(users: readonly UserRequest[]): readonly Problem[] {
  const names = users.map(({ name }) => name.toLowerCase());
  return users.flatMap(({ name }, index) =>
    names.indexOf(name.toLowerCase()) === index
      ? []
      : [
          {
            path: `/users/${index}/name`,
            code: 'userTwice',
            message: `${name} appears twice.`,
            fix: 'Windows does not tell letter case apart: name each user once.',
          },
        ],
  );
}

/** Names of secrets take letters, digits and hyphens only; the digest tells apart what becomes equal. */
function passwordSecretName(stackId: string, name: string): string {
  const plain = name.replaceAll(/[^A-Za-z0-9-]/g, '-');
  return ownSecretName('vpnPassword', `${stackId}-${plain}-${sha256Hex(name.toLowerCase()).slice(0, 6)}`);
}
