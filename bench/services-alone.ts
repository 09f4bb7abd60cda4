/**
 * The certificate services in this process, without host, network, storage and Key Vault: what the application's own
 * code costs.
 */
import { privateEncrypt, randomBytes } from 'node:crypto';
import type { RootKeys } from '../src/ports/root-keys.ts';
import { createCertificateLookup } from '../src/services/certificates/certificate-lookup.ts';
import { createCertificates } from '../src/services/certificates/issue-certificate.ts';
import { createOwners } from '../src/services/certificates/owners.ts';
import { createExpiries } from '../src/services/operations/expiries.ts';
import { createOutbox } from '../src/stores/outbox.ts';
import { createStores } from '../src/stores/stores.ts';
import { createUnfinished } from '../src/stores/unfinished.ts';
import { createCountingTables } from './counting-tables.ts';
import { createRoot, makeRootKey } from './root.ts';

export interface ServicesAlone {
  /**
   * Issues one certificate for the request, to one owner who is registered with the first; answers base64 of its DER.
   */
  issue(csr: string): Promise<string>;
  /** Base64 of the DER of the root that issues. */
  readonly rootCertificate: string;
  /** A signature as Key Vault makes it, by Node: the part of `issue` that is not the application's. */
  signDigest(digest: Uint8Array): Uint8Array;
  requestCount(): number;
}

/** What an answer of the tables, or of the store of keys, waits for. */
export interface Waits {
  readonly tables?: () => Promise<void>;
  readonly keys?: () => Promise<void>;
}

/**
 * DigestInfo of SHA-256 up to the digest (RFC 8017, section 9.2): Node signs messages only, and this makes it sign a
 * digest.
 */
const sha256Prefix = Buffer.from('3031300d060960864801650304020105000420', 'hex');

export async function createServicesAlone(waits: Waits = {}): Promise<ServicesAlone> {
  const { privateKey, publicKey } = makeRootKey();
  const tables = createCountingTables(waits.tables);
  const now = (): Date => new Date();
  const stores = createStores(tables);
  const root = createRoot('bench', { privateKey, publicKey });
  await stores.roots.insert(root);

  const signDigest = (digest: Uint8Array): Uint8Array =>
    privateEncrypt(privateKey, Buffer.concat([sha256Prefix, digest]));
  const services = createCertificates({
    stores,
    lookup: createCertificateLookup({ stores, now }),
    owners: createOwners({ stores, now }),
    rootKeys: createSigner(async (digest) => {
      await waits.keys?.();
      return signDigest(digest);
    }),
    expiries: createExpiries({ tables }),
    outbox: createOutbox({ tables, now, keptDays: 90 }),
    unfinished: createUnfinished({ tables, now }),
    // Keys come with their requests.
    keyFiles: { holds: () => Promise.resolve(false), withdraw: () => Promise.resolve() },
    // As in life: nobody waits for it.
    follow: (work) => {
      void work();
      return Promise.resolve();
    },
    // Written nowhere: what it costs to write is the host's.
    log: () => undefined,
    now,
  });
  return {
    signDigest,
    rootCertificate: root.certificate,
    requestCount: () => tables.requestCount(),
    issue: async (csr) => {
      const order = { rootId: 'bench', owner: 'ann@example.com', csr, requestedBy: 'bench' };
      const { record } = await services.issue(order, (_label, length) => randomBytes(length));
      if (record.certificate === undefined) throw new Error('No certificate was issued.');
      return record.certificate;
    },
  };
}

function createSigner(signDigest: (digest: Uint8Array) => Promise<Uint8Array>): RootKeys {
  const notHere = { outcome: 'refused', code: 'NotHere', message: 'Only signatures are made here.' } as const;
  return {
    ensureSelfSigned: () => Promise.resolve(notHere),
    install: () => Promise.resolve(notHere),
    importPfx: () => Promise.resolve(notHere),
    remove: () => Promise.resolve(notHere),
    disableVersion: () => Promise.resolve(notHere),
    sign: async (_keyId, digest) => ({ outcome: 'done', value: await signDigest(digest) }),
  };
}
