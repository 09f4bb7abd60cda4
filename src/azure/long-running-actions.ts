import type {
  NetworkManagementClient,
  VirtualNetworkGatewaysGenerateVpnProfileOptionalParams,
} from '@azure/arm-network';
import { isRestError } from '@azure/core-rest-pipeline';
import type { Arm, ArmAnswer, ArmPoll, VpnSession } from '../ports/arm.ts';
import { classifyError, secondsOf } from './arm-answers.ts';

type Gateways = NetworkManagementClient['virtualNetworkGateways'];
type OnResponse = NonNullable<VirtualNetworkGatewaysGenerateVpnProfileOptionalParams['onResponse']>;
interface Poller {
  submitted(): Promise<void>;
  serialize(): Promise<string>;
}
interface RestoredPoller {
  readonly isDone: boolean;
  readonly result: unknown;
  readonly operationState: { readonly status: string } | undefined;
  poll(): Promise<{ readonly status: string }>;
  serialize(): Promise<string>;
}

export interface LongRunningActionsOptions {
  readonly gateways: (resourceId: string) => {
    readonly resourceGroup: string;
    readonly name: string;
    readonly operations: Gateways;
  };
  readonly restore: (state: string, onRetryAfter: (seconds: number | undefined) => void) => RestoredPoller;
  /** Undefined when the address answers anything but the file. */
  readonly download: (url: string) => Promise<Uint8Array | undefined>;
}

type Actions = Pick<
  Arm,
  'startProfile' | 'pollProfile' | 'startSessions' | 'pollSessions' | 'startDisconnect' | 'pollDisconnect'
>;

const usualPollSeconds = 10;

/**
 * The gateway's POST actions. Starting one and each look at it are separate calls, because they run as separate activities:
 * between them only the serialised poller is kept.
 */
export function createLongRunningActions(options: LongRunningActionsOptions): Actions {
  return {
    startProfile: (resourceId) =>
      start(options, resourceId, ({ operations, resourceGroup, name }, hints) =>
        operations.generateVpnProfile(
          resourceGroup,
          name,
          {
            authenticationMethod: 'EAPTLS',
            processorArchitecture: 'Amd64',
          },
          hints,
        ),
      ),
    startSessions: (resourceId) =>
      start(options, resourceId, ({ operations, resourceGroup, name }, hints) =>
        operations.getVpnclientConnectionHealth(resourceGroup, name, hints),
      ),
    startDisconnect: (resourceId, connectionIds) =>
      start(options, resourceId, ({ operations, resourceGroup, name }, hints) =>
        operations.disconnectVirtualNetworkGatewayVpnConnections(
          resourceGroup,
          name,
          {
            vpnConnectionIds: [...connectionIds],
          },
          hints,
        ),
      ),
    pollProfile: (state) => pollProfile(options, state),
    pollSessions: (state) => poll(options, state, toSessions),
    pollDisconnect: (state) => poll(options, state, () => undefined),
  };
}

async function start(
  options: LongRunningActionsOptions,
  resourceId: string,
  begin: (gateway: ReturnType<LongRunningActionsOptions['gateways']>, hints: { onResponse: OnResponse }) => Poller,
): Promise<ArmAnswer<string>> {
  try {
    const seen: { retryAfterSeconds?: number } = {};
    const poller = begin(options.gateways(resourceId), {
      onResponse: ({ headers }) => {
        const seconds = secondsOf(headers.get('retry-after'));
        if (seconds !== undefined) seen.retryAfterSeconds = seconds;
      },
    });
    await poller.submitted();
    return { outcome: 'done', value: await poller.serialize(), ...seen };
  } catch (error) {
    return classifyError(error);
  }
}

/** One look. The state given is kept by the caller until a look succeeds: a poller that met an error is of no more use. */
async function poll<T>(
  options: LongRunningActionsOptions,
  state: string,
  toValue: (result: unknown) => T,
): Promise<ArmPoll<T>> {
  let retryAfterSeconds: number | undefined;
  const poller = options.restore(state, (seconds) => (retryAfterSeconds = seconds));
  try {
    await poller.poll();
  } catch (error) {
    return afterError(error, poller);
  }
  const status = poller.operationState?.status;
  if (status === 'failed' || status === 'canceled')
    return { outcome: 'failed', code: status, message: `Azure ended the operation as ${status}.` };
  if (poller.isDone) return { outcome: 'succeeded', value: toValue(poller.result) };
  return {
    outcome: 'running',
    state: await poller.serialize(),
    retryAfterSeconds: retryAfterSeconds ?? usualPollSeconds,
  };
}

/** The SDK throws for an operation that Azure ended badly, and for a look that failed: only the second is worth another. */
function afterError(error: unknown, poller: RestoredPoller): ArmPoll<never> {
  if (isRestError(error) && error.statusCode !== undefined) {
    const answer = classifyError(error);
    if (answer.outcome === 'busy') return answer;
    return answer.outcome === 'missing'
      ? { outcome: 'failed', code: 'OperationNotFound', message: 'Azure no longer knows the operation.' }
      : { outcome: 'failed', code: answer.code, message: answer.message };
  }
  const status = poller.operationState?.status;
  if (status !== 'failed' && status !== 'canceled') throw error;
  return {
    outcome: 'failed',
    code: status,
    message: error instanceof Error ? error.message : `Azure ended the operation as ${status}.`,
  };
}

/** The address is a SAS URL: it is used here and forgotten. Right after it is made Azure may not have the file yet. */
async function pollProfile(options: LongRunningActionsOptions, state: string): Promise<ArmPoll<Uint8Array>> {
  const answer = await poll(options, state, (result) => (result as { body?: string } | undefined)?.body ?? '');
  if (answer.outcome !== 'succeeded') return answer;
  const bytes = await options.download(answer.value);
  return bytes === undefined
    ? {
        outcome: 'busy',
        code: 'ProfileNotReady',
        message: 'Azure has not put the profile where it says it is.',
        retryAfterSeconds: 5,
      }
    : { outcome: 'succeeded', value: bytes };
}

interface HealthRow {
  readonly vpnConnectionId?: string;
  readonly vpnUserName?: string;
  readonly publicIpAddress?: string;
  readonly privateIpAddress?: string;
}

function toSessions(result: unknown): readonly VpnSession[] {
  const rows = (result as { value?: readonly HealthRow[] } | undefined)?.value ?? [];
  return rows.map((row) => ({
    connectionId: row.vpnConnectionId ?? '',
    commonName: row.vpnUserName ?? '',
    publicIpAddress: row.publicIpAddress ?? '',
    privateIpAddress: row.privateIpAddress ?? '',
  }));
}
