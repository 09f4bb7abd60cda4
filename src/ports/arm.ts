import type { JsonObject } from '../domain/json.ts';
import type { Usage } from '../domain/preflight/facts.ts';
import type { ProblemCode } from '../domain/problem-codes.ts';
import type { Permission } from '../domain/role-actions.ts';

/** What the client finds wrong with an answer by itself, where Azure said nothing. */
type ArmFaultCode = Extract<
  ProblemCode,
  'noAnswer' | 'operationLost' | 'profileNotReady' | 'profileWithoutAddress' | 'unreadableAnswer'
>;

/**
 * What Azure says, for people: its code, and all its words, those of details and inner errors too, at most 4,000
 * characters.
 */
export type ArmWords = (
  | { /** Azure's code, `Http403` where an answer has none. */ readonly code: string; readonly isOurs?: undefined }
  | { readonly code: ArmFaultCode; readonly isOurs: true }
) & {
  /** Plain text without mark-up, signed addresses and secrets. Names of entries stand in it as Azure wrote them. */
  readonly message: string;
  /** What Azure's support finds the request by. */
  readonly correlationId?: string;
};

/** A refusal in Azure's words, and what it is about. */
export type ArmFailure = ArmWords & {
  /**
   * True where one of the entries of the body may be the cause: a 400 in Azure's own form, or an operation that ended
   * Failed. Everything else (rights, locks, policies, proxies) is about the write, whatever is in it.
   */
  readonly aboutBody: boolean;
};

/** What Resource Manager answered, sorted by what the caller can do about it. */
export type ArmAnswer<T> =
  | { readonly outcome: 'done'; readonly value: T; readonly retryAfterSeconds?: number; readonly operationUrl?: string }
  /**
   * Azure says in its own form that there is no such thing. Only of a `resource` is that its absence; one answer proves
   * none: Azure's caches have lagged. A 404 in any other form is `unavailable`.
   */
  | ({ readonly outcome: 'missing'; readonly of: 'resource' | 'resourceGroup' | 'subscription' } & ArmWords)
  /** Throttled, locked by another operation, or the etag has changed: wait, read again, decide again. Never resend. */
  | ({ readonly outcome: 'busy'; readonly retryAfterSeconds: number } & ArmWords)
  /**
   * Nothing to go by: a 5xx or 408, no answer at all (status 0), or a success in no known form. A write may have been
   * done. Wait, read again, decide again; some causes last, so whoever waits ends after a time in these words.
   */
  | ({ readonly outcome: 'unavailable'; readonly status: number; readonly retryAfterSeconds: number } & ArmWords)
  | ({ readonly outcome: 'refused'; readonly status: number } & ArmFailure);

/** An answer that is not a success. */
export type ArmUndone = Exclude<ArmAnswer<never>, { readonly outcome: 'done' }>;

/**
 * A poll of a long-running action. `state` tells where Azure is asked (it may hold signed operation URLs, no other
 * secret).
 */
export type ArmPoll<T> =
  | { readonly outcome: 'running'; readonly state: string; readonly retryAfterSeconds: number }
  | { readonly outcome: 'succeeded'; readonly value: T }
  /** This look failed and says nothing about the action: look again with the same state. */
  | Extract<ArmUndone, { readonly outcome: 'busy' | 'unavailable' }>
  /** The action has ended, or Azure has lost it, without a result that can be read: it may be started anew. */
  | ({ readonly outcome: 'unreadable' } & ArmWords)
  | ({ readonly outcome: 'failed' } & ArmFailure);

/** A region that a subscription may use. */
export interface Region {
  /** For example `eastus`. */
  readonly name: string;
  /** Whether the subscription has availability zones there. */
  readonly hasZones: boolean;
}

export interface VpnSession {
  /** Undefined where Azure gives none: the session lives and cannot be cut. */
  readonly connectionId: string | undefined;
  readonly commonName: string;
  readonly publicIpAddress: string;
  readonly privateIpAddress: string;
  /** ISO 8601; absent where Azure's time cannot be read. */
  readonly connectedAt?: string;
}

/** A list of sessions in the known form. */
export interface SessionList {
  readonly sessions: readonly VpnSession[];
  /** Rows whose name cannot be read: somebody is connected, nobody knows who. */
  readonly unreadable: number;
  /** Ids of those among them that have one. */
  readonly unreadableIds?: readonly string[];
}

/**
 * Azure Resource Manager. `resourceId` is the full ARM id. Writes that take Azure time answer when Azure has accepted
 * them; `readProvisioning` then tells how they go on. Whatever Azure or the network between does is answered as data.
 */
export interface Arm {
  putResourceGroup(
    resourceId: string,
    location: string,
    tags: Readonly<Record<string, string>>,
  ): Promise<ArmAnswer<JsonObject>>;
  /**
   * False only where Azure says that the group is not there and lists none; a subscription that it does not know is
   * `missing`.
   */
  resourceGroupExists(resourceId: string): Promise<ArmAnswer<boolean>>;
  /** Ids of the resource groups of a subscription (`/subscriptions/…`), as far as the identity may see them. */
  listResourceGroups(subscriptionResourceId: string): Promise<ArmAnswer<readonly string[]>>;
  /** Ids of what is in a resource group, as far as the identity may see it. */
  listResourceGroup(resourceId: string): Promise<ArmAnswer<readonly string[]>>;
  /** Ids of the virtual network gateways in a resource group: the second witness of a gateway's absence. */
  listGateways(resourceGroupId: string): Promise<ArmAnswer<readonly string[]>>;
  /** Whether the identity may read everything in a resource group: only then does its list show all that is there. */
  maySeeAll(resourceGroupId: string): Promise<ArmAnswer<boolean>>;
  /** By each of the identity's roles that count at a scope: a subscription, a resource group or a resource. */
  readPermissions(scopeId: string): Promise<ArmAnswer<readonly Permission[]>>;
  /** Of networks, addresses and the like of a subscription (`/subscriptions/…`) in a region. */
  readUsages(subscriptionResourceId: string, location: string): Promise<ArmAnswer<readonly Usage[]>>;
  readRegions(subscriptionResourceId: string): Promise<ArmAnswer<readonly Region[]>>;
  deleteResourceGroup(resourceId: string): Promise<ArmAnswer<undefined>>;
  /** Raw read of a virtual network or virtual network gateway, with its etag inside; always with `properties`. */
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
  /** Provisioning state of any of the resource kinds used here; never empty. */
  readProvisioning(resourceId: string): Promise<ArmAnswer<string>>;
  /**
   * Why an accepted write ended badly, as its operation URL tells; undefined when it did not, or its record cannot be
   * read. `aboutBody` is false for one that was canceled or superseded.
   */
  readOperationError(operationUrl: string): Promise<ArmFailure | undefined>;
  /** `{"value":[{radiusServerAddress, radiusServerSecret}]}`, every row complete. */
  listRadiusSecrets(gatewayResourceId: string): Promise<ArmAnswer<JsonObject>>;

  startProfile(gatewayResourceId: string): Promise<ArmAnswer<string>>;
  /** On success the value is the package's bytes, fetched here: its SAS URL never leaves this call. */
  pollProfile(state: string): Promise<ArmPoll<Uint8Array>>;
  startSessions(gatewayResourceId: string): Promise<ArmAnswer<string>>;
  /** Only `{"value":[…]}` is a look: everything else is `unreadable`, never an empty list. */
  pollSessions(state: string): Promise<ArmPoll<SessionList>>;
  startDisconnect(gatewayResourceId: string, connectionIds: readonly string[]): Promise<ArmAnswer<string>>;
  pollDisconnect(state: string): Promise<ArmPoll<undefined>>;
}
