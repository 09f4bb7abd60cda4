import type { DesiredEntry } from '../domain/gateway-merge.ts';
import { parseThumbprint, type Thumbprint } from '../domain/thumbprint.ts';
import type { Books } from './books.ts';
import { rootKeys, type RevocationRecord, type RootRecord } from './records/certificates.ts';
import type { GatewayRevocation, GatewayRoot } from './records/gateways.ts';

/** Everything that Gatehouse answers for on one gateway, with the rows that say how far each entry has come. */
export interface DesiredState {
  readonly entries: readonly DesiredEntry[];
  readonly roots: readonly { readonly row: GatewayRoot; readonly root: RootRecord }[];
  readonly revocations: readonly { readonly intent: RevocationRecord; readonly row: GatewayRevocation | undefined }[];
}

/**
 * Reads what a gateway should hold: its roots, and the revocations of every root that it trusts or is about to give up,
 * without those of certificates that have expired by themselves. Expired roots are left out: they admit nobody, and Azure
 * refuses a body that holds one.
 */
export async function readDesiredState(books: Books, gatewayId: string, now: Date): Promise<DesiredState> {
  const rows = (await books.gatewayRoots.list(gatewayId)).map(({ record }) => record);
  const states = new Map(
    (await books.gatewayRevocations.list(gatewayId)).map(({ record }) => [record.thumbprint, record]),
  );
  const roots = [];
  const revocations = [];
  for (const row of rows) {
    const root = (await books.roots.get(rootKeys(row.rootId)))?.record;
    if (root?.certificate === undefined) continue;
    roots.push({ row, root });
    if (row.state === 'removed') continue;
    for (const { record: intent } of await books.revocations.list(row.rootId)) {
      if (Date.parse(intent.notAfter) > now.getTime()) revocations.push({ intent, row: states.get(intent.thumbprint) });
    }
  }
  const entries = [
    ...roots
      .filter(({ root }) => Date.parse(root.notAfter) > now.getTime())
      .map(({ row, root }) => rootEntry(row, root)),
    ...revocations.map(({ intent, row }) => revocationEntry(intent, row)),
  ];
  return { entries, roots, revocations };
}

function rootEntry(row: GatewayRoot, root: RootRecord): DesiredEntry {
  return {
    kind: 'root',
    thumbprint: requireThumbprint(row.thumbprint),
    entryName: row.entryName,
    wanted: row.wanted,
    publicCertData: root.certificate ?? '',
    quarantined: row.state === 'refused',
  };
}

function revocationEntry(intent: RevocationRecord, row: GatewayRevocation | undefined): DesiredEntry {
  return {
    kind: 'revocation',
    thumbprint: requireThumbprint(intent.thumbprint),
    entryName: revocationEntryName(intent),
    wanted: intent.wanted,
    quarantined: row?.state === 'refused' && row.wanted === intent.wanted,
  };
}

/** Azure takes letters, digits, dot, dash and underscore; the thumbprint's beginning keeps two of one person apart. */
function revocationEntryName({ commonName, thumbprint }: RevocationRecord): string {
  const readable = commonName.replaceAll(/[^A-Za-z0-9._-]+/g, '-').slice(0, 60);
  return `${readable}-${thumbprint.slice(0, 8)}`.replace(/^[^A-Za-z0-9]+/, '');
}

function requireThumbprint(text: string): Thumbprint {
  const thumbprint = parseThumbprint(text);
  if (thumbprint === undefined) throw new Error(`A record holds "${text}" where a thumbprint belongs.`);
  return thumbprint;
}
