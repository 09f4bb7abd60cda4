import { parseAddress, parseAddressRange } from '../../domain/address-range.ts';
import { AppError } from '../../domain/app-error.ts';
import type { AzureWords } from '../../domain/azure-words.ts';
import { comparableName } from '../../domain/session-name.ts';
import type { Arm, ArmWords, SessionList, VpnSession } from '../../ports/arm.ts';
import type { CertificateRecord } from '../../stores/records/certificates.ts';
import { gatewayKeys } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import type { CertificateLookup } from '../certificates/certificate-lookup.ts';
import { openRootsOf, openToStrangersBy } from './open-roots.ts';

/** What Azure's list tells of a session, and whose it is as far as a name tells that. */
export interface ListedSession {
  /** Absent where Azure gives none: the session cannot be disconnected. */
  readonly connectionId?: string;
  readonly commonName: string;
  readonly protocol?: 'IkeV2' | 'OpenVPN';
  readonly address?: string;
  /** Whether the address is of the gateway's pool; absent where there is none that can be read. */
  readonly isInPool?: boolean;
  /** `address:port`, as Azure writes it. */
  readonly comesFrom?: string;
  /** ISO 8601. */
  readonly since?: string;
  /**
   * `shared` where several certificates have the name, or may have it since theirs is not known here or the gateway
   * lets in what others issue; `unknown` where none has.
   */
  readonly identity: 'known' | 'shared' | 'unknown';
  /** Those who may be behind the name; of those without a known name one at most. */
  readonly certificates: readonly {
    readonly thumbprint: string;
    readonly owner: string;
    readonly rootId: string;
    readonly state: CertificateRecord['state'];
  }[];
}

export interface ListedSessions {
  /** When Azure was asked, ISO 8601. Azure itself counts every five minutes. */
  readonly askedAt: string;
  readonly sessions: readonly ListedSession[];
  /** Rows without a name that can be read. */
  readonly unreadable: number;
}

/** Asks Azure who is connected. Throws ERR_AZURE_BUSY where that takes too long for one call. */
export type ListSessions = (gatewayId: string) => Promise<ListedSessions>;

/** Azure makes the list in some twenty seconds. */
const waitMaxMs = 60_000;

export function createListSessions({
  arm,
  stores,
  lookup,
  now,
  wait,
}: {
  readonly arm: Pick<Arm, 'startSessions' | 'pollSessions'>;
  readonly stores: Pick<Stores, 'gateways' | 'gatewayRevocations' | 'roots' | 'gatewayRoots' | 'foreignEntries'>;
  readonly lookup: Pick<CertificateLookup, 'named' | 'firstNameless'>;
  readonly now: () => Date;
  readonly wait: (ms: number) => Promise<void>;
}): ListSessions {
  async function ask(resourceId: string): Promise<SessionList> {
    const started = await arm.startSessions(resourceId);
    if (started.outcome !== 'done') throw notListed(started);
    let state = started.value;
    let waitMs = (started.retryAfterSeconds ?? 1) * 1000;
    for (let waitedMs = 0; waitedMs + waitMs <= waitMaxMs;) {
      await wait(waitMs);
      waitedMs += waitMs;
      const look = await arm.pollSessions(state);
      if (look.outcome === 'succeeded') return look.value;
      if (look.outcome === 'failed' || look.outcome === 'unreadable') throw notListed(look);
      if (look.outcome === 'running') ({ state } = look);
      waitMs = Math.max(1, look.retryAfterSeconds) * 1000;
    }
    throw new AppError('ERR_AZURE_BUSY', 'Azure has not made the list of sessions yet. Ask again.', {
      retryAfterSeconds: 30,
    });
  }

  async function isProvenOut(gatewayId: string, { thumbprint = '' }: CertificateRecord): Promise<boolean> {
    const row = (await stores.gatewayRevocations.get({ partitionKey: gatewayId, rowKey: thumbprint }))?.record;
    return row?.wanted === true && row.state === 'proven';
  }

  async function holdersOf(gatewayId: string, commonName: string): Promise<ListedSession['certificates']> {
    const kept = await Promise.all(
      (await lookup.named(commonName)).map(async (one) => ((await isProvenOut(gatewayId, one)) ? [] : [one])),
    );
    return kept.flat().flatMap(toHolder);
  }

  /** Opens the gateway, or has not been seen to be out, and may have any name. */
  async function namelessOf(gatewayId: string): Promise<ListedSession['certificates']> {
    const open = await openRootsOf(stores, gatewayId);
    const found = await lookup.firstNameless(
      async (one) => one.state !== 'expired' && open.has(one.rootId) && !(await isProvenOut(gatewayId, one)),
    );
    return found === undefined ? [] : toHolder(found);
  }

  return async (gatewayId) => {
    const gateway = (await stores.gateways.get(gatewayKeys(gatewayId)))?.record;
    if (gateway === undefined) throw new AppError('ERR_NOT_FOUND', `Gateway ${gatewayId} does not exist.`);
    const askedAt = now().toISOString();
    const { sessions, unreadable } = await ask(gateway.resourceId);
    const names = new Map(sessions.map(({ commonName }) => [comparableName(commonName), commonName]));
    const holders = new Map<string, ListedSession['certificates']>();
    for (const [name, commonName] of names) holders.set(name, await holdersOf(gatewayId, commonName));
    const isAnyKnown = [...holders.values()].some(({ length }) => length > 0);
    const nameless = isAnyKnown ? await namelessOf(gatewayId) : [];
    const isOpenToStrangers = isAnyKnown && (await openToStrangersBy(stores, gatewayId, now())) !== undefined;
    const pool = gateway.plan.clientAddressPool;
    return {
      askedAt,
      unreadable,
      sessions: sessions.map((one) => {
        const named = holders.get(comparableName(one.commonName)) ?? [];
        const certificates = named.length === 0 ? [] : [...named, ...nameless];
        return { ...toListed(one, pool, certificates), identity: identityOf(certificates, isOpenToStrangers) };
      }),
    };
  };
}

function toHolder({ thumbprint, owner, rootId, state }: CertificateRecord): ListedSession['certificates'] {
  return thumbprint === undefined ? [] : [{ thumbprint, owner, rootId, state }];
}

function toListed(
  { connectionId, commonName, connectedAt, privateIpAddress, publicIpAddress }: VpnSession,
  pool: readonly string[],
  certificates: ListedSession['certificates'],
): Omit<ListedSession, 'identity'> {
  const protocol = protocolOf(connectionId);
  const isInPool = isWithin(privateIpAddress, pool);
  return {
    ...(connectionId === undefined ? {} : { connectionId }),
    commonName,
    ...(protocol === undefined ? {} : { protocol }),
    ...(privateIpAddress === '' ? {} : { address: privateIpAddress }),
    ...(isInPool === undefined ? {} : { isInPool }),
    ...(publicIpAddress === '' ? {} : { comesFrom: publicIpAddress }),
    ...(connectedAt === undefined ? {} : { since: connectedAt }),
    certificates,
  };
}

function identityOf({ length }: ListedSession['certificates'], isOpenToStrangers: boolean): ListedSession['identity'] {
  if (length === 0) return 'unknown';
  return length === 1 && !isOpenToStrangers ? 'known' : 'shared';
}

/** Azure says it in no field, but its ids begin with it. */
function protocolOf(connectionId: string | undefined): ListedSession['protocol'] {
  if (connectionId?.startsWith('IKEv2_') === true) return 'IkeV2';
  return connectionId?.startsWith('OVPN_') === true ? 'OpenVPN' : undefined;
}

function isWithin(address: string, pool: readonly string[]): boolean | undefined {
  const parsed = parseAddress(address);
  if (parsed.outcome !== 'parsed') return undefined;
  return pool.some((cidr) => {
    const reading = parseAddressRange(cidr);
    if (reading.outcome !== 'parsed') return false;
    const { first, prefixLength } = reading.range;
    return parsed.value >= first && parsed.value < first + 2 ** (32 - prefixLength);
  });
}

function notListed(answer: ArmWords & { readonly outcome: string; readonly retryAfterSeconds?: number }): AppError {
  const { outcome, code, message, correlationId, retryAfterSeconds = 30 } = answer;
  const azure: AzureWords | undefined =
    answer.isOurs === true ? undefined : { code, message, ...(correlationId === undefined ? {} : { correlationId }) };
  const options = azure === undefined ? {} : { azure };
  const detail = `Azure could not list the sessions: ${message}`;
  return outcome === 'busy' || outcome === 'unavailable'
    ? new AppError('ERR_AZURE_BUSY', detail, { ...options, retryAfterSeconds })
    : new AppError('ERR_AZURE_REFUSED', detail, options);
}
