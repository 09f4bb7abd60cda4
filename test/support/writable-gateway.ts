/**
 * What a person who changes a gateway by hand leaves out of what was read: Azure computes it and takes it from nobody.
 */
const computed = [
  'packetCaptureDiagnosticState',
  'isMigrateToCSES',
  'isMigratedLegacySKU',
  'blockUpgradeOfMigratedLegacyGateways',
  'vpnStack',
  'remoteVirtualNetworkPeerings',
  'vpnClientConnectionHealth',
];

/** A gateway as it was read, in a form in which it can be written. */
export function writableGateway<T>(gateway: T): T {
  return JSON.parse(
    JSON.stringify(gateway, (name, value: unknown) => (computed.includes(name) ? undefined : value)),
  ) as T;
}
