import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { openStateFile, type StateFile } from '../platform/state-file.ts';
import type { ArmError } from './arm-refusal.ts';
import type { GatewayIdentity } from './gateways/gateway-identity.ts';
import type { JsonObject } from './json-object.ts';
import type { OperationName } from './operation-names.ts';
import type { ResourceType } from './resource-id.ts';

export interface StoredGroup {
  readonly id: string;
  readonly name: string;
  location: string;
  tags: JsonObject | undefined;
  deleting: boolean;
}

/** A RADIUS server with the secret that no GET returns. */
export interface RadiusSecret {
  readonly radiusServerAddress: string;
  readonly radiusServerSecret: string;
}

export interface StoredResource {
  /** As first written: ids keep the case of their creation. */
  readonly id: string;
  readonly type: ResourceType;
  readonly name: string;
  readonly group: string;
  /** What a GET answers, but for what is computed from other resources: the wanted state. */
  body: JsonObject;
  /** The body of the last write that succeeded: what really runs. */
  applied?: JsonObject;
  /** The last operation that wrote it, running or not. */
  operationId?: string;
  radiusSecrets?: RadiusSecret[];
  /** Made when a gateway's creation succeeds, and never changed. */
  identity?: GatewayIdentity;
  /** The archive of the last profile that was made, in base64. */
  profileZip?: string;
}

export interface Caller {
  readonly appId: string;
  readonly objectId: string;
}

type OperationStatus = 'InProgress' | 'Succeeded' | 'Failed' | 'Canceled';

export interface StoredOperation {
  readonly id: string;
  readonly name: OperationName;
  readonly location: string;
  /** Id of the resource or group that it works on. */
  readonly targetId: string;
  readonly input: JsonObject;
  readonly caller: Caller;
  readonly correlationId: string;
  dueMs: number;
  /** Set by a fault: it is to end as failed with this code. */
  readonly failCode?: string;
  status: OperationStatus;
  error?: ArmError;
  /** What the final GET of an action answers. */
  result?: unknown;
  /** How often it was asked about while it ran. */
  asked?: number;
}

/** A client's connection, as the VPN emulator or the control API reports it. Times are stack time. */
export interface StoredSession {
  readonly id: string;
  readonly gatewayId: string;
  readonly commonName: string;
  readonly thumbprint?: string;
  readonly publicIp: string;
  readonly privateIp: string;
  readonly connectedAtMs: number;
  endedAtMs?: number;
}

/** A run command of an Arc machine. */
export interface StoredRunCommand {
  readonly id: string;
  readonly name: string;
  /** Id of the machine's resource. */
  readonly machineId: string;
  /** What a GET answers, but for the instance view: no protected value is in it. */
  body: JsonObject;
  /** The run on the machine: another one after each PUT. */
  runId: string;
  /** When the PUT was taken: a machine that stays away is given up in time. */
  askedAtMs: number;
  operationId: string;
  /** Kept until the machine has them, and never shown. */
  protectedValues?: ProtectedValues;
  /** There from when the script began. */
  view?: RunCommandView;
}

export interface ProtectedValues {
  readonly parameters: readonly { readonly name: string; readonly value: string }[];
  readonly runAsPassword?: string;
}

export interface RunCommandView {
  readonly startTime: string;
  executionState: 'Running' | 'Succeeded' | 'Failed' | 'TimedOut' | 'Unknown';
  executionMessage: string;
  endTime?: string;
  exitCode: number;
  /** The last 4 KB of each stream. */
  output: string;
  error: string;
}

/** A generated profile package, behind a signed URL. */
interface StoredProfile {
  readonly path: string;
  readonly signature: string;
  readonly expiresAtMs: number;
  readonly zip: string;
  asked: number;
}

/** What an identity may do in a scope. */
export interface RoleAssignment {
  /** Application or object id; `*` in place of one means everybody who has no role. */
  readonly principal: string;
  /** As in role definitions: `Microsoft.Network/*`, a star anywhere. */
  readonly actions: readonly string[];
  /** Resource id of a subscription, group or resource, or `/`. */
  readonly scope: string;
}

export interface ArmState {
  /** By lower-case id, as are the resources. */
  groups: Record<string, StoredGroup>;
  resources: Record<string, StoredResource>;
  operations: Record<string, StoredOperation>;
  sessions: Record<string, StoredSession>;
  profiles: Record<string, StoredProfile>;
  /** By lower-case id. */
  runCommands: Record<string, StoredRunCommand>;
  roles: RoleAssignment[];
  /** Operations so far: the seed of each one's duration. */
  operationCount: number;
  publicIpCount: number;
  /** Signs operation URLs and profile URLs. */
  readonly signingKey: string;
  /** The opaque part of operation URLs, about as long as Azure's. */
  readonly opaque: string;
}

export function openArmState(directory: string): StateFile<ArmState> {
  const file = openStateFile(join(directory, 'arm.json'), createArmState);
  // A folder of before has no place for what came later.
  Object.assign(file.value, { ...createArmState(), ...file.value });
  return file;
}

export function createArmState(): ArmState {
  return {
    groups: {},
    resources: {},
    operations: {},
    sessions: {},
    profiles: {},
    runCommands: {},
    roles: [],
    operationCount: 0,
    publicIpCount: 0,
    signingKey: randomBytes(32).toString('hex'),
    opaque: randomBytes(2400).toString('base64url'),
  };
}
