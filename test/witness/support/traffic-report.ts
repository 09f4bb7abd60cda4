/** One line of `traffic.jsonl`, as a local stack with `--record` writes it. */
export interface RecordedExchange {
  readonly service: string;
  readonly liveRequest: {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Readonly<Record<string, unknown>>;
  };
  readonly liveResponse: {
    readonly statusCode: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Readonly<Record<string, unknown>>;
  };
}

/** File of the report, a list of ExchangeReport. */
export const reportName = 'report.json';

export interface ExchangeReport {
  /** Method, path and status. */
  readonly call: string;
  readonly operationId?: string;
  /** Why the descriptions say nothing of this call. */
  readonly elsewhere?: string;
  readonly errors: readonly string[];
}

const exceptions: readonly (readonly [RegExp, string])[] = [
  [/\/locations\/[^/]+\/operations\//i, 'operation status: described in ARM’s RPC contract'],
  [/\/locations\/[^/]+\/operationStatus\//i, 'operation status: described in ARM’s RPC contract'],
  [/\/locations\/[^/]+\/operationResults\//i, 'operation result: described in ARM’s RPC contract'],
  [/\/operationresults\//i, 'operation result: described in ARM’s RPC contract'],
  [/\/vpnclientconfiguration\.zip$/i, 'a blob, fetched by its SAS URL'],
  [
    /\/providers\/Microsoft\.Authorization\/permissions$/i,
    'permissions are of a provider whose descriptions are not here',
  ],
  [/^\/subscriptions(?:\/[^/]+\/locations)?$/i, 'subscriptions and regions are of descriptions that are not here'],
  [/\/locations\/[^/]+\/usages$/i, 'usages are of a description that is not here'],
  [/\/listRadiusSecrets$/i, 'listRadiusSecrets is newer than the published descriptions'],
];

/** A stack has two vaults: one for what it makes, one for the secrets of the application itself. */
export function isOfVault({ service }: RecordedExchange): boolean {
  return service === 'keyvault' || service === 'appvault';
}

/** Why a call is not described, for those that are known not to be; undefined for all others. */
export function describedElsewhere(exchange: RecordedExchange): string | undefined {
  const { pathname, searchParams } = new URL(exchange.liveRequest.url);
  if (isOfVault(exchange)) {
    // The challenge by which a vault names its authority comes before its API.
    if (exchange.liveResponse.statusCode === '401') return 'the challenge';
    if (searchParams.get('api-version') === '7.4') return 'a script’s read: of its version there is no description';
  }
  return exceptions.find(([pattern]) => pattern.test(pathname))?.[1];
}

/** What Azure was recorded to send beside what its descriptions know. */
const recordedMembers: readonly { readonly calls: RegExp; readonly places: readonly RegExp[] }[] = [
  {
    // The type of a gateway's child, and what it computes.
    calls: /\/virtualNetworkGateways(?:\/[^/]+)? /i,
    places: [
      /^\/properties\/(?:packetCaptureDiagnosticState|isMigrateToCSES|isMigratedLegacySKU|blockUpgradeOfMigratedLegacyGateways)$/,
      /^\/properties\/(?:vpnStack|remoteVirtualNetworkPeerings)$/,
      /^\/properties\/vpnClientConfiguration\/vpnClientConnectionHealth$/,
      /^\/properties\/ipConfigurations\/\d+\/type$/,
      /^\/properties\/vpnClientConfiguration\/vpnClient(?:Root|Revoked)Certificates\/\d+\/type$/,
    ],
  },
  {
    // Where the operation stands that makes a certificate, and what its policy says of a CA.
    calls: / \/certificates\//,
    places: [/^\/pending$/, /^\/policy\/x509_props\/basic_constraints$/],
  },
];

/** Whether a description only lacks what a recording has; `pathsInPayload` as oav names the places. */
export function isRecordedMember(call: string, code: string, pathsInPayload: readonly string[]): boolean {
  if (code !== 'OBJECT_ADDITIONAL_PROPERTIES' || pathsInPayload.length === 0) return false;
  const known = recordedMembers.filter(({ calls }) => calls.test(call)).flatMap(({ places }) => places);
  // A list has the gateways one level down.
  const places = pathsInPayload.map((place) => place.replace(/^\/value\/\d+/, ''));
  return places.every((place) => known.some((pattern) => pattern.test(place)));
}
