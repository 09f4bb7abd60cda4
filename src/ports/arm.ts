import type { JsonObject } from '../domain/json.ts';

/** What Resource Manager answered, sorted by what the caller can do about it. */
export type ArmAnswer<T> =
  | { readonly outcome: 'done'; readonly value: T; readonly retryAfterSeconds?: number; readonly operationUrl?: string }
  /** Azure has no such thing. `code` says what is missing where that is not the resource itself: `SubscriptionNotFound`. */
  | { readonly outcome: 'missing'; readonly code?: string }
  /** Throttled, locked by another operation, or the etag has changed: wait, read again, decide again. Never resend. */
  | { readonly outcome: 'busy'; readonly code: string; readonly message: string; readonly retryAfterSeconds: number }
  | { readonly outcome: 'refused'; readonly status: number; readonly code: string; readonly message: string };

/** A poll of a long-running action. `state` is the serialised poller (it may hold a signed operation URL, no other secret). */
export type ArmPoll<T> =
  | { readonly outcome: 'running'; readonly state: string; readonly retryAfterSeconds: number }
  | { readonly outcome: 'succeeded'; readonly value: T }
  | { readonly outcome: 'busy'; readonly code: string; readonly message: string; readonly retryAfterSeconds: number }
  | { readonly outcome: 'failed'; readonly code: string; readonly message: string };

export interface VpnSession {
  readonly connectionId: string;
  readonly commonName: string;
  readonly publicIpAddress: string;
  readonly privateIpAddress: string;
}

/**
 * Azure Resource Manager. `resourceId` is the full ARM id. Writes that Azure carries out over time answer when Azure has
 * accepted them; `readProvisioning` then tells how they go on. Socket faults and 5xx answers are thrown.
 */
export interface Arm {
  putResourceGroup(
    resourceId: string,
    location: string,
    tags: Readonly<Record<string, string>>,
  ): Promise<ArmAnswer<JsonObject>>;
  resourceGroupExists(resourceId: string): Promise<ArmAnswer<boolean>>;
  /** Ids of what is in a resource group. */
  listResourceGroup(resourceId: string): Promise<ArmAnswer<readonly string[]>>;
  deleteResourceGroup(resourceId: string): Promise<ArmAnswer<undefined>>;
  /** Raw read of a virtual network or virtual network gateway, with its etag inside. */
  readRaw(resourceId: string): Promise<ArmAnswer<JsonObject>>;
  /** Raw whole-resource PUT of a virtual network or gateway; with `etag` only if the resource still has it. */
  putRaw(resourceId: string, body: JsonObject, etag?: string): Promise<ArmAnswer<JsonObject>>;
  deleteResource(resourceId: string): Promise<ArmAnswer<undefined>>;
  putPublicIp(
    resourceId: string,
    body: {
      readonly location: string;
      readonly zones?: readonly string[];
      readonly tags: Readonly<Record<string, string>>;
    },
  ): Promise<ArmAnswer<JsonObject>>;
  /** The address itself; empty while Azure has given none. */
  readPublicIpAddress(resourceId: string): Promise<ArmAnswer<string>>;
  /** Provisioning state of any of the resource kinds used here; undefined value when the resource has none. */
  readProvisioning(resourceId: string): Promise<ArmAnswer<string>>;
  /** The error that a finished long-running operation left at its operation URL. */
  readOperationError(operationUrl: string): Promise<{ readonly code: string; readonly message: string } | undefined>;
  listRadiusSecrets(gatewayResourceId: string): Promise<ArmAnswer<JsonObject>>;

  startProfile(gatewayResourceId: string): Promise<ArmAnswer<string>>;
  /** On success the value is the package's bytes, fetched here: its SAS URL never leaves this call. */
  pollProfile(state: string): Promise<ArmPoll<Uint8Array>>;
  startSessions(gatewayResourceId: string): Promise<ArmAnswer<string>>;
  pollSessions(state: string): Promise<ArmPoll<readonly VpnSession[]>>;
  startDisconnect(gatewayResourceId: string, connectionIds: readonly string[]): Promise<ArmAnswer<string>>;
  pollDisconnect(state: string): Promise<ArmPoll<undefined>>;
}
