/** The certificate services in this process, without host, network, storage and Key Vault: what the application's own code costs. */
import { generateKeyPairSync, type KeyObject, privateEncrypt, randomBytes, sign } from 'node:crypto';
import { assembleCertificate } from '../src/pki/assemble-certificate.ts';
import { buildRootTbs } from '../src/pki/build-root-certificate.ts';
import { createSerialNumber } from '../src/pki/create-serial-number.ts';
import type { RootKeys } from '../src/ports/root-keys.ts';
import { createCertificateLookup } from '../src/services/certificates/certificate-lookup.ts';
import { createCertificates } from '../src/services/certificates/issue-certificate.ts';
import { createOwners } from '../src/services/certificates/owners.ts';
import { createExpiries } from '../src/services/operations/expiries.ts';
import { createOutbox } from '../src/stores/outbox.ts';
import type { RootRecord } from '../src/stores/records/certificates.ts';
import { createStores } from '../src/stores/stores.ts';
import { createUnfinished } from '../src/stores/unfinished.ts';
import { createCountingTables } from './counting-tables.ts';

export interface ServicesAlone {
  /** Issues one certificate for the request; the signature is made by the caller's function. */
  issue(csr: string): Promise<void>;
  /** A signature as Key Vault makes it, by Node: the part of `issue` that is not the application's. */
  signDigest(digest: Uint8Array): Uint8Array;
  requestCount(): number;
}

const dayMs = 86_400_000;
/** DigestInfo of SHA-256 up to the digest (RFC 8017, section 9.2): Node signs messages only, and this makes it sign a digest. */
const sha256Prefix = Buffer.from('3031300d060960864801650304020105000420', 'hex');

export async function createServicesAlone(): Promise<ServicesAlone> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const tables = createCountingTables();
  const now = (): Date => new Date();
  const stores = createStores(tables);
  await stores.roots.insert(createRoot(privateKey, publicKey.export({ format: 'der', type: 'spki' })));

  const signDigest = (digest: Uint8Array): Uint8Array =>
    privateEncrypt(privateKey, Buffer.concat([sha256Prefix, digest]));
  const services = createCertificates({
    stores,
    lookup: createCertificateLookup({ stores, now }),
    owners: createOwners({ stores, now }),
    rootKeys: createSigner(signDigest),
    expiries: createExpiries({ tables }),
    outbox: createOutbox({ tables, now, keptDays: 90 }),
    unfinished: createUnfinished({ tables, now }),
    // Keys come with their requests.
    keyFiles: { holds: () => Promise.resolve(false), withdraw: () => Promise.resolve() },
    // Written nowhere: what it costs to write is the host's.
    log: () => undefined,
    now,
  });
  return {
    signDigest,
    requestCount: () => tables.requestCount(),
    issue: async (csr) => {
      const order = { rootId: 'bench', owner: 'ann@example.com', csr, requestedBy: 'bench' };
      await services.issue(order, (_label, length) => randomBytes(length));
    },
  };
}

function createRoot(privateKey: KeyObject, publicKeySpki: Uint8Array): RootRecord {
  const serialNumber = createSerialNumber((length) => randomBytes(length));
  const subject = { commonName: 'Bench root' };
  // X.509 counts in whole seconds.
  const todayMs = Math.floor(Date.now() / dayMs) * dayMs;
  const notBefore = new Date(todayMs - dayMs);
  const notAfter = new Date(todayMs + 3650 * dayMs);
  const { tbs } = buildRootTbs({ subject, publicKeySpki, serialNumber, notBefore, notAfter });
  const certificate = Buffer.from(assembleCertificate(tbs, sign('sha256', tbs, privateKey))).toString('base64');
  return {
    id: 'bench',
    commonName: subject.commonName,
    subject,
    kind: 'created',
    state: 'active',
    keyType: 'RSA-2048',
    hsm: false,
    serialNumber,
    notBefore: notBefore.toISOString(),
    notAfter: notAfter.toISOString(),
    certificate,
    key: { name: 'bench', signingKeyId: 'bench', versions: [] },
    createdAt: notBefore.toISOString(),
  };
}

function createSigner(signDigest: (digest: Uint8Array) => Uint8Array): RootKeys {
  const notHere = { outcome: 'refused', code: 'NotHere', message: 'Only signatures are made here.' } as const;
  return {
    ensureSelfSigned: () => Promise.resolve(notHere),
    install: () => Promise.resolve(notHere),
    importPfx: () => Promise.resolve(notHere),
    remove: () => Promise.resolve(notHere),
    disableVersion: () => Promise.resolve(notHere),
    sign: (_keyId, digest) => Promise.resolve({ outcome: 'done', value: signDigest(digest) }),
  };
}
