import { z } from 'zod';
import type { JsonObject } from '../domain/json.ts';
import type { Arm, ArmAnswer, ArmPoll, SessionList } from '../ports/arm.ts';
import {
  classify,
  isSuccess,
  jsonOf,
  operationErrorOf,
  type RawAnswer,
  statusOf,
  unreadable,
  unreadableWords,
} from './arm-answers.ts';
import type { ArmRequests } from './arm-requests.ts';
import type { Download } from './download.ts';
import { secondsOf } from './retry-after.ts';

export interface LongRunningActionsOptions {
  readonly requests: ArmRequests;
  readonly download: Download;
  /** `api-version=…` */
  readonly query: string;
}

type Actions = Pick<
  Arm,
  'startProfile' | 'pollProfile' | 'startSessions' | 'pollSessions' | 'startDisconnect' | 'pollDisconnect'
>;

const usualPollSeconds = 10;
const notReadySeconds = 5;

/**
 * Where Azure tells how an action goes on: `statusUrl` by a status in the body (Azure-AsyncOperation), `resultUrl` by
 * 202 until the result is there (Location). Azure sends either or both. Neither: it had ended at once.
 */
const stateSchema = z.object({ statusUrl: z.string().optional(), resultUrl: z.string().optional() });
/** As Azure's client kept it, in histories that began with it. */
const earlierStateSchema = z
  .object({
    state: z.object({
      config: z.object({
        metadata: z.object({ mode: z.string() }).optional(),
        operationLocation: z.string().optional(),
        resourceLocation: z.string().optional(),
      }),
    }),
  })
  .transform(({ state: { config } }): State => {
    const { metadata, operationLocation, resourceLocation } = config;
    if (operationLocation === undefined) return {};
    return metadata?.mode === 'ResourceLocation'
      ? { resultUrl: operationLocation }
      : { statusUrl: operationLocation, ...(resourceLocation === undefined ? {} : { resultUrl: resourceLocation }) };
  });
const anyStateSchema = z.union([earlierStateSchema, stateSchema]);

interface State {
  readonly statusUrl?: string | undefined;
  readonly resultUrl?: string | undefined;
}

/** How an action ended well: the answer with its result. */
interface Ended {
  readonly outcome: 'ended';
  readonly answer: RawAnswer;
}
type Look = Ended | Exclude<ArmPoll<never>, { readonly outcome: 'succeeded' }>;

/**
 * The gateway's POST actions. Starting one and each look at it are separate calls, because they run as separate
 * activities: between them only the addresses are kept where Azure tells how it goes on.
 */
export function createLongRunningActions({ requests, download, query }: LongRunningActionsOptions): Actions {
  async function start(resourceId: string, action: string, body?: JsonObject): Promise<ArmAnswer<string>> {
    const answer = await requests.send('POST', `${resourceId}/${action}?${query}`, body === undefined ? {} : { body });
    if (!isSuccess(answer)) return classify(answer);
    const { operationUrl: statusUrl, location: resultUrl } = answer;
    const addresses = [statusUrl, resultUrl].filter((url) => url !== undefined);
    const isToFollow = addresses.length > 0 || answer.status !== 202;
    if (!isToFollow || !addresses.every((url) => requests.isOwn(url))) {
      return unreadable(answer, 'an operation to look at');
    }
    const state: State = { statusUrl, resultUrl };
    return {
      outcome: 'done',
      value: JSON.stringify(state),
      retryAfterSeconds: secondsOf(answer.retryAfter, answer.at) ?? usualPollSeconds,
    };
  }

  async function look(state: string): Promise<Look> {
    const { statusUrl, resultUrl } = anyStateSchema.parse(JSON.parse(state));
    if (![statusUrl, resultUrl].every((url) => url === undefined || requests.isOwn(url))) {
      return lost('The operation is not at an address of Azure.');
    }
    if (statusUrl !== undefined) {
      const answer = await requests.send('GET', statusUrl);
      const status = isSuccess(answer) ? statusOf(answer) : undefined;
      if (status === undefined) return isSuccess(answer) ? unreadable(answer, 'a status') : lookFailed(answer);
      const failure = operationErrorOf(answer);
      if (failure !== undefined) return { outcome: 'failed', ...failure };
      if (!/^succeeded$/i.test(status)) return running(answer, state);
      if (resultUrl === undefined) return { outcome: 'ended', answer };
    }
    if (resultUrl === undefined) return lost('Azure ended the action at once.');
    const answer = await requests.send('GET', resultUrl);
    if (!isSuccess(answer)) return lookFailed(answer);
    return answer.status === 202 ? running(answer, state) : { outcome: 'ended', answer };
  }

  async function pollProfile(state: string): Promise<ArmPoll<Uint8Array>> {
    const ended = await look(state);
    if (ended.outcome !== 'ended') return ended;
    const url = jsonOf(ended.answer);
    if (typeof url !== 'string' || !URL.canParse(url)) {
      const words = unreadableWords(ended.answer, 'the address of a package');
      return { outcome: 'failed', ...words, code: 'profileWithoutAddress', isOurs: true, aboutBody: false };
    }
    // The address is a SAS URL: it is used here and forgotten. Right after it is made Azure may not have the file yet.
    const downloaded = await download(url);
    if ('bytes' in downloaded) return { outcome: 'succeeded', value: downloaded.bytes };
    const message = `Azure has not put the profile where it says it is: ${downloaded.problem}.`;
    return { outcome: 'busy', code: 'profileNotReady', isOurs: true, message, retryAfterSeconds: notReadySeconds };
  }

  return {
    startProfile: (resourceId) =>
      start(resourceId, 'generatevpnprofile', { authenticationMethod: 'EAPTLS', processorArchitecture: 'Amd64' }),
    startSessions: (resourceId) => start(resourceId, 'getVpnClientConnectionHealth'),
    startDisconnect: (resourceId, connectionIds) =>
      start(resourceId, 'disconnectVirtualNetworkGatewayVpnConnections', { vpnConnectionIds: connectionIds }),
    pollProfile,
    pollSessions: async (state) => {
      const ended = await look(state);
      if (ended.outcome !== 'ended') return ended;
      const list = readSessions(jsonOf(ended.answer));
      // What cannot be read may still name people: nothing of it is passed on.
      return list === undefined
        ? { outcome: 'unreadable', ...unreadableWords({ ...ended.answer, text: '' }, 'a list of sessions') }
        : { outcome: 'succeeded', value: list };
    },
    pollDisconnect: async (state) => {
      const isOver = Object.keys(anyStateSchema.parse(JSON.parse(state))).length === 0;
      const ended = isOver ? undefined : await look(state);
      return ended === undefined || ended.outcome === 'ended' ? { outcome: 'succeeded', value: undefined } : ended;
    },
  };
}

/** A look that failed. Where only the Location is known, a 400 there is how the action itself ended. */
function lookFailed(answer: RawAnswer): Look {
  const failed = classify(answer);
  if (answer.status === 404 || failed.outcome === 'missing') return { ...failed, outcome: 'unreadable' };
  return failed.outcome === 'refused' ? { ...failed, outcome: 'failed' } : failed;
}

function lost(message: string): Look {
  return { outcome: 'unreadable', code: 'operationLost', isOurs: true, message };
}

function running(answer: RawAnswer, state: string): Look {
  const retryAfterSeconds = secondsOf(answer.retryAfter, answer.at) ?? usualPollSeconds;
  return { outcome: 'running', state, retryAfterSeconds };
}

const listSchema = z.looseObject({ value: z.array(z.unknown()) });
const textSchema = z.string().min(1);
const rowSchema = z.looseObject({
  vpnUserName: textSchema,
  vpnConnectionId: textSchema.optional().catch(undefined),
  publicIpAddress: z.string().catch(''),
  privateIpAddress: z.string().catch(''),
  vpnConnectionTime: z.string().catch(''),
});

/** The sessions of a list in the known form; undefined for anything else. */
function readSessions(json: unknown): SessionList | undefined {
  const list = listSchema.safeParse(json).data;
  if (list === undefined) return undefined;
  const rows = list.value.map((row) => rowSchema.safeParse(row).data);
  const readable = rows.filter((row) => row !== undefined);
  const unreadableIds = list.value.flatMap((row, place) => (rows[place] === undefined ? idOf(row) : []));
  return {
    sessions: readable.map((row) => ({
      connectionId: row.vpnConnectionId,
      commonName: row.vpnUserName,
      publicIpAddress: row.publicIpAddress,
      privateIpAddress: row.privateIpAddress,
      ...connectedAt(row.vpnConnectionTime),
    })),
    unreadable: rows.length - readable.length,
    ...(unreadableIds.length === 0 ? {} : { unreadableIds }),
  };
}

/** The id of a row that says nobody's name: it can be disconnected all the same. */
function idOf(row: unknown): readonly string[] {
  const id = z.looseObject({ vpnConnectionId: textSchema }).safeParse(row).data?.vpnConnectionId;
  return id === undefined ? [] : [id];
}

/** Azure writes no zone: the time is UTC. */
function connectedAt(text: string): { readonly connectedAt?: string } {
  const at = Date.parse(/(Z|[+-]\d\d:\d\d)$/i.test(text) ? text : `${text}Z`);
  return Number.isNaN(at) ? {} : { connectedAt: new Date(at).toISOString() };
}
