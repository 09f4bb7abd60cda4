import { z } from 'zod';
import { AppError } from '../../domain/app-error.ts';
import { type Role, roles } from '../../domain/caller.ts';
import { without } from '../../domain/without.ts';
import type { Tables } from '../../ports/tables.ts';
import { sha256Hex } from '../../stores/digest.ts';
import { createStore } from '../../stores/store.ts';
import { couldBeKey, keyLengthMin } from './guessable-keys.ts';

const apiKeySchema = z.object({
  id: z.string(),
  name: z.string(),
  role: z.enum(roles),
  keyHash: z.string(),
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
});
type ApiKeyRecord = z.infer<typeof apiKeySchema>;

const hashRowSchema = z.object({ keyHash: z.string(), id: z.string() });
const administratorsSchema = z.object({ ids: z.array(z.string()) });

/** An API key as it is shown: its hash never is. */
export type ApiKey = Omit<ApiKeyRecord, 'keyHash'>;

export interface NewApiKey {
  readonly id: string;
  readonly name?: string | undefined;
  readonly role: Role;
  /** Lower-case hexadecimal SHA-256 of a key that its owner made. */
  readonly keyHash: string;
  readonly createdBy: string;
}

/**
 * Keys that callers sign in with. Only their SHA-256 is known here; keys are long and random, so no slow hash is
 * needed.
 */
export interface ApiKeys {
  /**
   * The key that the caller holds, or undefined, as for every short one. Takes effect at once when keys change: nothing
   * is cached.
   */
  find(key: string): Promise<ApiKey | undefined>;
  /**
   * Makes the key or changes it. Refuses a hash that another id has, and taking away the last administrator or the
   * deployment's.
   */
  put(key: NewApiKey): Promise<ApiKey>;
  get(id: string): Promise<ApiKey | undefined>;
  list(): Promise<readonly ApiKey[]>;
  /** False when there is no such key. Refuses to remove the last administrator, and the deployment's. */
  remove(id: string): Promise<boolean>;
  /**
   * Makes the deployment's key, that of its vault, the only one of the administrator of that id: another one ceases to
   * be a key. A key is one id's, so that one of another id with the same hash is withdrawn.
   */
  ensureAdministrator(key: string): Promise<void>;
}

/** Id of the key that the deployment's own vault holds. */
const firstAdministratorId = 'administrator';

const keysPartition = 'key';
const hashesPartition = 'hash';
const administratorsKeys = { partitionKey: 'administrators', rowKey: '' };

export function createApiKeys({ tables, now }: { readonly tables: Tables; readonly now: () => Date }): ApiKeys {
  const keys = createStore(tables, {
    table: 'ApiKeys',
    schema: apiKeySchema,
    keys: ({ id }) => ({ partitionKey: keysPartition, rowKey: id }),
  });
  const hashes = createStore(tables, {
    table: 'ApiKeys',
    schema: hashRowSchema,
    keys: ({ keyHash }) => ({ partitionKey: hashesPartition, rowKey: keyHash }),
  });
  // Lists administrators' keys and only such: it is added to after a key became one and taken from before it ceases to
  // be one. So while it is not empty there is an administrator, whatever two callers do at once.
  const administrators = createStore(tables, {
    table: 'ApiKeys',
    schema: administratorsSchema,
    keys: () => administratorsKeys,
  });
  /** A crash may have come between the key and the list of administrators: both are written once by each process. */
  let isEnsured = false;
  const read = async (id: string): Promise<ApiKeyRecord | undefined> =>
    (await keys.get({ partitionKey: keysPartition, rowKey: id }))?.record;

  async function find(key: string): Promise<ApiKey | undefined> {
    if (!couldBeKey(key)) return undefined;
    const keyHash = sha256Hex(key);
    const row = await hashes.get({ partitionKey: hashesPartition, rowKey: keyHash });
    const record = await read(row?.record.id ?? 'nobody');
    // The key's own row decides; a hash row that a change left behind opens nothing.
    return record?.keyHash === keyHash ? without(record, 'keyHash') : undefined;
  }

  async function addAdministrator(id: string): Promise<void> {
    await administrators.insert({ ids: [] });
    await administrators.update(administratorsKeys, ({ ids }) =>
      ids.includes(id) ? undefined : { ids: [...ids, id] },
    );
  }

  async function dropAdministrator(id: string): Promise<void> {
    await administrators.update(administratorsKeys, ({ ids }) => {
      if (!ids.includes(id)) return undefined;
      const left = ids.filter((other) => other !== id);
      if (left.length > 0) return { ids: left };
      throw new AppError('ERR_CONFLICT', `API key '${id}' is the last administrator's. Make another one first.`);
    });
  }

  async function put({ name, ...key }: NewApiKey): Promise<ApiKey> {
    const before = await read(key.id);
    await claimHash(key);
    if (key.role !== 'administrator') await dropAdministrator(key.id);
    const createdAt = before?.createdAt ?? now().toISOString();
    const record = { ...key, name: name ?? key.id, createdAt, createdBy: before?.createdBy ?? key.createdBy };
    await keys.upsert(record);
    if (key.role === 'administrator') await addAdministrator(key.id);
    if (before !== undefined && before.keyHash !== key.keyHash) await freeHash(before);
    return without(record, 'keyHash');
  }

  async function claimHash({ id, keyHash }: NewApiKey): Promise<void> {
    if (await hashes.insert({ id, keyHash })) return;
    const holder = await otherHolderOf(keyHash, id);
    if (holder !== undefined) {
      throw new AppError('ERR_CONFLICT', 'Another API key has this hash. Make a new key for each id.');
    }
    await hashes.upsert({ id, keyHash });
  }

  async function otherHolderOf(keyHash: string, id: string): Promise<ApiKeyRecord | undefined> {
    const holder = (await hashes.get({ partitionKey: hashesPartition, rowKey: keyHash }))?.record.id;
    const record = holder === undefined || holder === id ? undefined : await read(holder);
    return record?.keyHash === keyHash ? record : undefined;
  }

  /** Not if it has become another id's meanwhile. */
  async function freeHash({ id, keyHash }: ApiKeyRecord): Promise<void> {
    const row = await hashes.get({ partitionKey: hashesPartition, rowKey: keyHash });
    if (row?.record.id === id) await hashes.remove(row.record, row.etag);
  }

  return {
    find,
    put: async (key) => {
      refuseDeployments(key.id);
      return put(key);
    },
    get: async (id) => {
      const record = await read(id);
      return record === undefined ? undefined : without(record, 'keyHash');
    },
    list: async () => (await keys.list(keysPartition)).map(({ record }) => without(record, 'keyHash')),
    remove: async (id) => {
      refuseDeployments(id);
      const record = await read(id);
      if (record === undefined) return false;
      await dropAdministrator(id);
      await keys.remove(record);
      await freeHash(record);
      return true;
    },
    ensureAdministrator: async (key) => {
      if (key.length < keyLengthMin) throw new Error(`The key must have at least ${keyLengthMin} characters.`);
      const keyHash = sha256Hex(key);
      const before = await read(firstAdministratorId);
      if (isEnsured && before?.keyHash === keyHash && before.role === 'administrator') return;
      const other = await otherHolderOf(keyHash, firstAdministratorId);
      // From here on the key is the deployment's, whatever a crash leaves of the other one.
      if (other !== undefined) await hashes.upsert({ id: firstAdministratorId, keyHash });
      await put({ id: firstAdministratorId, role: 'administrator', keyHash, createdBy: 'deployment' });
      if (other !== undefined) {
        await dropAdministrator(other.id);
        await keys.remove(other);
      }
      isEnsured = true;
    },
  };
}

function refuseDeployments(id: string): void {
  if (id !== firstAdministratorId) return;
  throw new AppError(
    'ERR_CONFLICT',
    `API key '${id}' is the deployment's own: put a new one into its vault, and the old one ends within a minute.`,
  );
}
