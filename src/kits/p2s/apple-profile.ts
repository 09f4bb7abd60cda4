import { build, type PlistValue } from 'plist';
import { stableUuid } from '../stable-uuid.ts';
import { type P2sSettings, requireProtocol, serverRootOf } from './p2s-settings.ts';

type Dictionary = Readonly<Record<string, PlistValue>>;

/**
 * A configuration profile with the VPN (IKEv2, EAP-TLS), the gateway's root and, where the key was made here,
 * certificate and key. Keys as Apple's device-management schema has them. Identifiers are those of the person at the
 * gateway: a profile that is installed later, with a renewed certificate say, takes the place of the former.
 */
export function appleProfile(settings: P2sSettings): string {
  requireProtocol(settings, 'IkeV2');
  const { pfx } = settings;
  const profile: Dictionary = {
    ...common(settings, 'profile', 'Configuration', settings.connectionName),
    PayloadDescription: describe(settings),
    PayloadContent: [
      ...(pfx === undefined ? [] : [identityPayload(settings, pfx)]),
      rootPayload(settings),
      vpnPayload(settings),
    ],
  };
  return `${build(profile)}\n`;
}

// Without its password the system asks for it.
function identityPayload(settings: P2sSettings, pfx: NonNullable<P2sSettings['pfx']>): Dictionary {
  return {
    ...common(settings, 'identity', 'com.apple.security.pkcs12', settings.commonName),
    PayloadCertificateFileName: `${settings.fileStem}.pfx`,
    PayloadContent: Buffer.from(pfx.content),
    ...(pfx.password === undefined ? {} : { Password: pfx.password }),
  };
}

function rootPayload(settings: P2sSettings): Dictionary {
  return {
    ...common(settings, 'server-root', 'com.apple.security.root', 'Root certificate of the gateway'),
    PayloadCertificateFileName: 'VpnServerRoot.cer',
    PayloadContent: Buffer.from(serverRootOf(settings)),
  };
}

function vpnPayload(settings: P2sSettings): Dictionary {
  const { profile, connectionName } = settings;
  const { dnsServers } = profile;
  const dns = { DNSProtocol: 'Cleartext', ServerAddresses: [...dnsServers] };
  return {
    ...common(settings, 'vpn', 'com.apple.vpn.managed', connectionName),
    UserDefinedName: connectionName,
    VPNType: 'IKEv2',
    IKEv2: ikev2(settings),
    ...(dnsServers.length === 0 ? {} : { DNS: dns }),
  };
}

/**
 * `None` with extended authentication is EAP alone, as Azure's packages for Windows and Linux have it. A certificate
 * that no payload holds cannot be named: the person chooses it.
 */
function ikev2({ gatewayId, commonName, profile, pfx }: P2sSettings): Dictionary {
  const association = { EncryptionAlgorithm: 'AES-256', IntegrityAlgorithm: 'SHA2-256', DiffieHellmanGroup: 14 };
  return {
    RemoteAddress: profile.serverFqdn,
    RemoteIdentifier: profile.serverFqdn,
    LocalIdentifier: commonName,
    AuthenticationMethod: 'None',
    ExtendedAuthEnabled: 1,
    ...(pfx === undefined ? {} : { PayloadCertificateUUID: uuidOf({ gatewayId, commonName }, 'identity') }),
    EnablePFS: 0,
    UseConfigurationAttributeInternalIPSubnet: 0,
    IKESecurityAssociationParameters: association,
    ChildSecurityAssociationParameters: association,
  };
}

function describe({ connectionName, commonName, pfx, profile }: P2sSettings): string {
  const key =
    pfx === undefined
      ? 'The private key is not in here: it has to be on this device, with its certificate.'
      : 'This profile holds the private key: do not pass it on.';
  return `VPN to ${connectionName} for ${commonName}. ${key} Made from the gateway's profile ${profile.hash.slice(0, 12)}.`;
}

function common(settings: P2sSettings, purpose: string, type: string, displayName: string): Dictionary {
  const profile = uuidOf(settings, 'profile').toLowerCase();
  return {
    PayloadType: type,
    PayloadVersion: 1,
    PayloadIdentifier: `gatehouse.p2s.${profile}${purpose === 'profile' ? '' : `.${purpose}`}`,
    PayloadUUID: uuidOf(settings, purpose),
    PayloadDisplayName: displayName,
  };
}

function uuidOf({ gatewayId, commonName }: Pick<P2sSettings, 'gatewayId' | 'commonName'>, purpose: string): string {
  return stableUuid(`${gatewayId} ${commonName}`, `apple ${purpose}`).toUpperCase();
}
