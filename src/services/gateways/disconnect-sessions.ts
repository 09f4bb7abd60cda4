import { z } from 'zod';
import {
  type ChosenSessions,
  type DisconnectSessionsInput,
  disconnectSessionsName,
  disconnectSteps,
  type LeftAlone,
} from '../../contracts/gateways/disconnect-sessions.ts';
import { AppError } from '../../domain/app-error.ts';
import { comparableName } from '../../domain/session-name.ts';
import { parseThumbprint } from '../../domain/thumbprint.ts';
import type { SessionList, VpnSession } from '../../ports/arm.ts';
import type { Orchestrations } from '../../ports/orchestrations.ts';
import { type CertificateRecord, isInUse } from '../../stores/records/certificates.ts';
import { gatewayKeys } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import type { CertificateLookup } from '../certificates/certificate-lookup.ts';
import type { IntentRequest } from '../operations/intent-request.ts';
import { instanceIdOf, type OperationRecord } from '../operations/operation-record.ts';
import type { Operations } from '../operations/operations.ts';
import { mayStillComeForward } from '../operations/sign-of-life.ts';
import { openRootsOf, openToStrangersBy } from './open-roots.ts';

/** Whose sessions, or which. */
export type SessionChoice = { readonly thumbprints: readonly string[] } | { readonly connectionIds: readonly string[] };

/** Disconnecting people who keep their certificates: whoever is to stay out has theirs revoked. */
export interface Disconnects {
  /** Recorded at once; the operation ends when a later list shows none of the chosen, or says why that is not so. */
  disconnect(gatewayId: string, choice: SessionChoice, request: IntentRequest): Promise<OperationRecord>;
  /** Starts again what a crash kept from starting, or what died. For the sweep. */
  run(operation: OperationRecord, orchestrations: Orchestrations): Promise<void>;
  /** Those of a list that the operation is about. */
  choose(operationId: string, gatewayId: string, list: SessionList): Promise<ChosenSessions>;
}

const choiceSchema = z.union([
  z.object({ thumbprints: z.array(z.string()) }),
  z.object({ connectionIds: z.array(z.string()) }),
]);

export function createDisconnects({
  stores,
  lookup,
  operations,
  now,
}: {
  readonly stores: Pick<Stores, 'gateways' | 'roots' | 'gatewayRoots' | 'foreignEntries'>;
  readonly lookup: Pick<CertificateLookup, 'byThumbprint' | 'named' | 'firstNameless'>;
  readonly operations: Operations;
  readonly now: () => Date;
}): Disconnects {
  async function requireCertificate(text: string): Promise<string> {
    const thumbprint = parseThumbprint(text);
    const record = thumbprint === undefined ? undefined : await lookup.byThumbprint(thumbprint);
    if (thumbprint === undefined || record === undefined) {
      throw new AppError('ERR_NOT_FOUND', `Certificate ${text.slice(0, 64)} does not exist.`);
    }
    return thumbprint;
  }

  async function normalize(choice: SessionChoice): Promise<SessionChoice> {
    if ('connectionIds' in choice) return { connectionIds: [...new Set(choice.connectionIds)] };
    const thumbprints = await Promise.all(choice.thumbprints.map(requireCertificate));
    return { thumbprints: [...new Set(thumbprints)] };
  }

  /** An instance that died is followed by the next attempt's. */
  async function run(operation: OperationRecord, orchestrations: Orchestrations): Promise<void> {
    const input: DisconnectSessionsInput = { operationId: operation.id, gatewayId: operation.target };
    const start = (attempt: number): Promise<void> =>
      orchestrations.start(disconnectSessionsName, instanceIdOf(operation.id, attempt), input);
    const state = await orchestrations.state(instanceIdOf(operation.id, operation.attempt));
    if (state === 'absent') await start(operation.attempt);
    if (state !== 'ended' || mayStillComeForward(operation.updatedAt, now())) return;
    const attempt = await operations.nextAttempt(operation.id, operation.attempt);
    if (attempt !== undefined) await start(attempt);
  }

  /** Somebody else who may be behind the name of a certificate: in force on this gateway, and not chosen. */
  async function rivalOf(
    commonName: string,
    chosen: readonly string[],
    open: ReadonlySet<string>,
  ): Promise<CertificateRecord | undefined> {
    const isRival = (holder: CertificateRecord): boolean =>
      isInUse(holder) && open.has(holder.rootId) && !chosen.includes(holder.thumbprint ?? '');
    return (await lookup.named(commonName)).find(isRival) ?? (await lookup.firstNameless(isRival));
  }

  async function chooseByThumbprint(
    gatewayId: string,
    thumbprints: readonly string[],
    { sessions, unreadable }: SessionList,
  ): Promise<ChosenSessions> {
    const open = await openRootsOf(stores, gatewayId);
    const strangersBy = await openToStrangersBy(stores, gatewayId, now());
    const connectionIds = new Set<string>();
    const leftAlone: LeftAlone[] = [];
    for (const thumbprint of thumbprints) {
      const known = parseThumbprint(thumbprint);
      const commonName = (known === undefined ? undefined : await lookup.byThumbprint(known))?.commonName ?? '';
      if (commonName === '' && sessions.length > 0) {
        const reason = `Nothing is known of certificate ${thumbprint} but its thumbprint: whose sessions are its own nobody can tell.`;
        leftAlone.push({ thumbprint, reason });
        continue;
      }
      const own = sessions.filter((one) => comparableName(one.commonName) === comparableName(commonName));
      const rival = own.length === 0 ? undefined : await rivalOf(commonName, thumbprints, open);
      for (const session of own) {
        const reason = whyLeftAlone(session, rival, strangersBy);
        const { connectionId } = session;
        if (reason === undefined && connectionId !== undefined) {
          connectionIds.add(connectionId);
        } else {
          leftAlone.push({ thumbprint, ...(connectionId === undefined ? {} : { connectionId }), reason: reason ?? '' });
        }
      }
    }
    if (unreadable > 0) {
      const reason = `${unreadable} rows of the session list have no name that can be read: they may be of anybody.`;
      leftAlone.push({ reason });
    }
    return { connectionIds: [...connectionIds], leftAlone };
  }

  return {
    run,

    disconnect: async (gatewayId, choice, { operationId, requestedBy, orchestrations }) => {
      if ((await stores.gateways.get(gatewayKeys(gatewayId))) === undefined) {
        throw new AppError('ERR_NOT_FOUND', `Gateway ${gatewayId} does not exist.`);
      }
      const operation = await operations.create({
        id: operationId,
        kind: 'disconnectSessions',
        target: gatewayId,
        targetKey: gatewayId,
        requestedBy,
        steps: disconnectSteps,
        context: await normalize(choice),
      });
      await run(operation, orchestrations);
      return operation;
    },

    choose: async (operationId, gatewayId, list) => {
      const choice = choiceSchema.parse((await operations.get(operationId))?.context);
      if ('thumbprints' in choice) return chooseByThumbprint(gatewayId, choice.thumbprints, list);
      return chooseByConnection(choice.connectionIds, list);
    },
  };
}

/** Those that the list has. A row without an id may be any of the others, so nothing is said of them. */
function chooseByConnection(
  chosen: readonly string[],
  { sessions, unreadable, unreadableIds = [] }: SessionList,
): ChosenSessions {
  const listed = new Set([...sessions.map(({ connectionId }) => connectionId), ...unreadableIds]);
  const withoutId =
    unreadable - unreadableIds.length + sessions.filter(({ connectionId }) => connectionId === undefined).length;
  const unseen = withoutId === 0 ? [] : chosen.filter((id) => !listed.has(id));
  const reason = `${withoutId} rows of the session list have no id that can be read: each may be a connection that was chosen.`;
  return {
    connectionIds: chosen.filter((id) => listed.has(id)),
    leftAlone: unseen.map((connectionId) => ({ connectionId, reason })),
  };
}

function whyLeftAlone(
  { commonName, connectionId }: VpnSession,
  rival: CertificateRecord | undefined,
  strangersBy: string | undefined,
): string | undefined {
  if (rival !== undefined) {
    return `Session "${commonName}" may be that of certificate ${rival.thumbprint ?? rival.serialNumber}, which has the same name or none that is known here, and was not chosen: name the connection instead.`;
  }
  if (strangersBy !== undefined) {
    return `Session "${commonName}" may be that of a certificate that others issued, which ${strangersBy}, lets in: name the connection instead.`;
  }
  return connectionId === undefined
    ? `Session "${commonName}" has no id in Azure's list, so it cannot be disconnected.`
    : undefined;
}
