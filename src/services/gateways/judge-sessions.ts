import type { SessionFindings } from '../../contracts/gateways/apply-gateway.ts';
import { comparableName } from '../../domain/session-name.ts';
import type { SessionList, VpnSession } from '../../ports/arm.ts';
import {
  type CertificateRecord,
  isInUse,
  rootPartition,
  type RootRecord,
  unknownRootId,
} from '../../stores/records/certificates.ts';
import type { Stores } from '../../stores/stores.ts';
import { admittersOf } from '../certificates/admitting-roots.ts';
import type { CertificateLookup } from '../certificates/certificate-lookup.ts';
import { noteInUse } from '../certificates/supersede.ts';
import { openRootsOf } from './open-roots.ts';
import { readWatched, type Watched } from './watched-entries.ts';

/** Says of a look at the sessions which belong to whom the gateway is to refuse, and of whom nothing can be said. */
export type JudgeSessions = (gatewayId: string, list: SessionList) => Promise<SessionFindings>;

export function createJudgeSessions(options: {
  readonly stores: Stores;
  readonly lookup: Pick<CertificateLookup, 'named'>;
  readonly now: () => Date;
}): JudgeSessions {
  const { stores, now } = options;
  return async (gatewayId, { sessions, unreadable }) => {
    const open = await readWatched(stores, gatewayId);
    const openRoots = await openRootsOf(stores, gatewayId);
    const roots = (await stores.roots.list(rootPartition)).map(({ record }) => record);
    const imported = importedOf(open, roots);
    const nameless = open.filter(({ kind, row }) => kind === 'revocation' && row.commonName === '');
    const toCut: { connectionId: string; key: string }[] = [];
    const unproven = new Map<string, string>();
    for (const session of sessions) {
      const holders = await options.lookup.named(session.commonName);
      for (const holder of holders) await noteInUse(stores, holder, holders, now());
      const rival = holders.find((holder) => isLive(holder, now()) && openRoots.has(holder.rootId));
      const admitters = new Set(holders.flatMap((holder) => [...admittersOf(holder.rootId, roots)]));
      for (const { key } of open.filter((one) => isOf(one, session, admitters))) {
        const reason = whyNotToCut(session, rival);
        if (reason === undefined) toCut.push({ connectionId: session.connectionId ?? '', key });
        else unproven.set(key, reason);
      }
      const anybodys = `Session "${session.commonName}" may be of this certificate: its name is not known here.`;
      for (const { key } of nameless) unproven.set(key, anybodys);
      if (holders.length > 0 && holders.every(({ rootId }) => rootId !== unknownRootId)) continue;
      const reason = `Session "${session.commonName}" may be of a certificate that others issued, under this root or another.`;
      for (const key of imported) unproven.set(key, reason);
    }
    if (unreadable > 0) {
      const reason = `${unreadable} rows of the session list have no name that can be read.`;
      for (const { key } of open) unproven.set(key, unproven.get(key) ?? reason);
    }
    return { toCut, unproven: [...unproven].map(([key, reason]) => ({ key, reason })) };
  };
}

/** Whether the session has a name that one of those may have whom the gateway is to refuse. */
function isOf(one: Watched, { commonName }: VpnSession, admitters: ReadonlySet<string>): boolean {
  return one.kind === 'revocation'
    ? comparableName(one.row.commonName) === comparableName(commonName)
    : admitters.has(one.row.rootId);
}

/** Keys of the roots among them whose certificates others issue, so that no name of one is known here. */
function importedOf(open: readonly Watched[], roots: readonly RootRecord[]): readonly string[] {
  const imported = new Set(roots.filter(({ kind }) => kind === 'imported').map(({ id }) => id));
  return open.flatMap((one) => (one.kind === 'root' && imported.has(one.row.rootId) ? [one.key] : []));
}

/** A session is left alone while somebody who may connect has its name, and where Azure gives no handle to it. */
function whyNotToCut(
  { commonName, connectionId }: VpnSession,
  rival: CertificateRecord | undefined,
): string | undefined {
  if (rival !== undefined) {
    return `Session "${commonName}" may be that of certificate ${rival.thumbprint ?? rival.serialNumber}, which is in force and has the same name.`;
  }
  return connectionId === undefined
    ? `Session "${commonName}" has no id in Azure's list, so it cannot be disconnected.`
    : undefined;
}

function isLive(certificate: CertificateRecord, now: Date): boolean {
  return isInUse(certificate) && Date.parse(certificate.notAfter) > now.getTime();
}
