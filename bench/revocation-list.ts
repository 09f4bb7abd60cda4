/**
 * What a gateway should hold, read from the tables among few and among many certificates of its roots: rows and memory.
 */
import { createHash } from 'node:crypto';
import { thumbprintGroup } from '../src/services/certificates/certificate-lookup.ts';
import { readDesiredState } from '../src/services/gateways/desired-entries.ts';
import type { CertificateRecord } from '../src/stores/records/certificates.ts';
import { createStores, type Stores } from '../src/stores/stores.ts';
import { type CountingTables, createCountingTables } from './counting-tables.ts';
import { type Figure, median, type Section } from './figures.ts';
import { memoryOf } from './memory.ts';
import { createRoot, makeRootKey } from './root.ts';
import { measureInterleaved } from './rounds.ts';

export interface RevocationListOptions {
  readonly rounds: number;
  readonly few: number;
  readonly many: number;
  readonly revoked: number;
}

interface Read {
  readonly rows: number;
  readonly requests: number;
  readonly memoryKb: number;
}

const gatewayId = 'bench';
const rootIds = ['first', 'second'] as const;
const at = new Date();
const end = new Date(at.getTime() + 300 * 86_400_000).toISOString();
/** About as long as the bytes to be signed of a certificate. */
const tbs = 'A'.repeat(1200);

export async function measureRevocationList({ rounds, few, many, revoked }: RevocationListOptions): Promise<Section> {
  const among = { few: await fillTables(few, revoked), many: await fillTables(many, revoked) };
  const variants = { few: () => readList(among.few, revoked), many: () => readList(among.many, revoked) };
  // The first round is for the compilers.
  await measureInterleaved(1, variants);
  const measured = await measureInterleaved(rounds, variants);
  const value = (name: 'few' | 'many', what: keyof Read): number => median(measured[name].map((read) => read[what]));
  const ratio = (what: keyof Read): number => value('many', what) / value('few', what);
  // Its roots, the same again as the gateway's, the revocations, and how far each of them has come there.
  const needed = 2 * rootIds.length + 2 * revoked;
  const figures: readonly Figure[] = [
    {
      name: 'rows read / rows that say what is revoked there',
      value: value('many', 'rows') / needed,
      unit: 'x',
      target: '1',
    },
    { name: 'rows read: many / few', value: ratio('rows'), unit: 'x', target: '1' },
    { name: 'table requests: many / few', value: ratio('requests'), unit: 'x', target: '1' },
    { name: 'memory taken by one read: many / few', value: ratio('memoryKb'), unit: 'x', target: '<= 1.1' },
    { name: 'rows read among many', value: value('many', 'rows'), unit: '' },
    { name: 'table requests among many', value: value('many', 'requests'), unit: '' },
    { name: 'memory taken by one read among many', value: value('many', 'memoryKb'), unit: 'kB' },
  ];
  return {
    title: `A gateway's revocations: ${revoked} of ${many} certificates, against ${revoked} of ${few}`,
    figures,
  };
}

async function readList(tables: CountingTables, revoked: number): Promise<Read> {
  const stores = createStores(tables);
  const before = { rows: tables.rowsRead(), requests: tables.requestCount() };
  const memoryKb = await memoryOf(async () => {
    const gateway = { properties: {} };
    const desired = await readDesiredState(gatewayId, gateway, { stores, now: at, thumbprintOfRoot: () => undefined });
    const found = desired.entries.filter(({ kind, wanted }) => kind === 'revocation' && wanted).length;
    if (found !== revoked) throw new Error(`${found} revocations were found in place of ${revoked}.`);
  });
  return { rows: tables.rowsRead() - before.rows, requests: tables.requestCount() - before.requests, memoryKb };
}

/** Certificates in turn of each root, the first of them revoked. */
async function fillTables(count: number, revoked: number): Promise<CountingTables> {
  const tables = createCountingTables();
  const stores = createStores(tables);
  const key = makeRootKey();
  for (const rootId of rootIds) {
    await stores.roots.insert(createRoot(rootId, key));
    const row = { gatewayId, rootId, entryName: rootId, thumbprint: thumbprintOf(rootId), updatedAt: at.toISOString() };
    await stores.gatewayRoots.insert({ ...row, wanted: true, state: 'trusted' });
  }
  for (let index = 0; index < count; index += 1) {
    const certificate = certificateOf(index, index < revoked);
    await addCertificate(stores, certificate);
    if (index < revoked) await addRevocation(stores, certificate);
  }
  return tables;
}

type Certificate = CertificateRecord & { readonly thumbprint: string };

function certificateOf(index: number, isRevoked: boolean): Certificate {
  const thumbprint = thumbprintOf(String(index));
  return {
    serialNumber: thumbprint.toLowerCase(),
    thumbprint,
    rootId: rootIds[index % rootIds.length] ?? '',
    owner: `user${index}`,
    commonName: `user${index}@example.com`,
    publicKeyHash: thumbprint.toLowerCase(),
    notBefore: at.toISOString(),
    notAfter: end,
    tbs,
    state: isRevoked ? 'revoked' : 'issued',
    requestedBy: 'bench',
    createdAt: at.toISOString(),
  };
}

async function addCertificate(stores: Stores, certificate: Certificate): Promise<void> {
  const { serialNumber, thumbprint, rootId, owner } = certificate;
  await stores.certificates.insert(certificate);
  await stores.byThumbprint.insert({ group: thumbprintGroup(thumbprint), key: thumbprint, serialNumber });
  await stores.byRoot.insert({ group: rootId, key: serialNumber, serialNumber });
  await stores.byOwner.insert({ group: owner, key: serialNumber, serialNumber });
}

async function addRevocation(stores: Stores, certificate: Certificate): Promise<void> {
  const { rootId, thumbprint, serialNumber, commonName, notAfter } = certificate;
  const updatedAt = at.toISOString();
  const intent = {
    rootId,
    thumbprint,
    serialNumber,
    commonName,
    notAfter,
    wanted: true,
    operationId: 'bench',
  } as const;
  await stores.revocations.insert({ ...intent, reason: 'left', urgency: 'immediate', recordedAt: updatedAt });
  const row = { gatewayId, thumbprint, commonName, wanted: true, state: 'proven' } as const;
  await stores.gatewayRevocations.insert({ ...row, requestedAt: updatedAt, updatedAt });
}

function thumbprintOf(text: string): string {
  return createHash('sha1').update(text).digest('hex').toUpperCase();
}
