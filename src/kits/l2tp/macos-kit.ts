import { build, type PlistValue } from 'plist';
import type { KitPlatform } from '../kit.ts';
import { stableUuid } from '../stable-uuid.ts';
import type { L2tpSettings } from './l2tp-settings.ts';

type Dictionary = Readonly<Record<string, PlistValue>>;

export const macosKit: KitPlatform<L2tpSettings> = {
  about: 'for macOS: a configuration profile; the password is asked for at the first connection.',
  howTo:
    'Open the file on the Mac and install it in System Settings, General, Device Management. The first connection asks for your VPN password.',
  fileType: { extension: 'mobileconfig', contentType: 'application/x-apple-aspen-config', encoding: 'utf8' },
  build: (settings) => ({ content: `${build(profileOf(settings))}\n` }),
};

/** Keys as Apple's device-management schema has them. */
function profileOf(settings: L2tpSettings): Dictionary {
  return {
    ...common(settings, 'profile', 'Configuration', settings.connectionName),
    PayloadDescription: describe(settings),
    PayloadScope: 'System',
    PayloadContent: [certificatePayload(settings), vpnPayload(settings)],
  };
}

function certificatePayload(settings: L2tpSettings): Dictionary {
  return {
    ...common(settings, 'certificate', 'com.apple.security.root', 'Root certificate'),
    PayloadCertificateFileName: 'CA.cer',
    PayloadContent: settings.certificate.der,
  };
}

function vpnPayload(settings: L2tpSettings): Dictionary {
  return {
    ...common(settings, 'vpn', 'com.apple.vpn.managed', 'VPN'),
    UserDefinedName: settings.connectionName,
    VPNType: 'L2TP',
    IPSec: {
      AuthenticationMethod: 'SharedSecret',
      SharedSecret: Buffer.from(settings.sharedKey, 'ascii'),
      LocalIdentifierType: 'KeyID',
    },
    // A password is documented for token cards only, and is the user's own affair anyway.
    PPP: { CommRemoteAddress: settings.serverAddress, AuthName: settings.userName, TokenCard: 0 },
    IPv4: { OverridePrimary: settings.tunnel === 'full' ? 1 : 0 },
    ...dns(settings),
  };
}

// Apple's schema knows no search domain without servers.
function dns({ dnsServers, dnsSuffix }: L2tpSettings): Dictionary {
  if (dnsServers.length === 0) return {};
  return { DNS: { DNSProtocol: 'Cleartext', ServerAddresses: [...dnsServers], SearchDomains: [dnsSuffix] } };
}

/** What the profile cannot set and its user has to know, where macOS shows it. */
function describe({ tunnel, splitRoutes, dnsServers, dnsSuffix, portalFqdn, certificate }: L2tpSettings): string {
  const routes = splitRoutes.map((prefix) => `sudo route -n add -net ${prefix} -interface ppp0`);
  return [
    `VPN to https://${portalFqdn} and the certificate behind it (SHA-1 ${certificate.thumbprint}).`,
    'Your password is not in here: macOS asks for it when you connect. This file holds the shared key: do not pass it on.',
    ...(tunnel === 'split' ? [`After each connection, name what is behind it: ${routes.join('; ')}`] : []),
    ...(dnsServers.length === 0 ? [`In the connection's details, DNS: add the search domain ${dnsSuffix}.`] : []),
  ].join('\n');
}

function common(settings: L2tpSettings, purpose: string, type: string, displayName: string): Dictionary {
  const uuid = stableUuid(settings.idSeed, `macos ${purpose}`).toUpperCase();
  const profile = stableUuid(settings.idSeed, 'macos profile');
  return {
    PayloadType: type,
    PayloadVersion: 1,
    PayloadIdentifier: `gatehouse.l2tp.${profile}${purpose === 'profile' ? '' : `.${purpose}`}`,
    PayloadUUID: uuid,
    PayloadDisplayName: displayName,
  };
}
