import { certificatePem } from '../certificate-pem.ts';
import type { KitPlatform } from '../kit.ts';
import { packFiles, zipFile } from '../pack-files.ts';
import { stableUuid } from '../stable-uuid.ts';
import { type L2tpSettings, slugOf } from './l2tp-settings.ts';
import { checkScript } from './shell-scripts.ts';

type Group = Readonly<Record<string, string>>;

export const networkManagerKit: KitPlatform<L2tpSettings> = {
  about:
    'for Linux desktops: a connection of NetworkManager and its L2TP plugin, and scripts that install, check and remove it.',
  howTo: 'Unpack the zip into a folder and do what README.txt in it says. Connecting asks for your VPN password.',
  fileType: zipFile,
  build: (settings) => ({ content: packNetworkManager(settings) }),
};

function packNetworkManager(settings: L2tpSettings): Uint8Array {
  const slug = slugOf(settings);
  const uuid = stableUuid(settings.idSeed, 'networkmanager connection');
  return packFiles([
    { name: `${slug}.nmconnection`, content: toKeyfile(groupsOf(settings, uuid)), kind: 'secret' },
    { name: 'CA.crt', content: certificatePem(settings.certificate.der) },
    { name: 'install.sh', content: installScript(slug, uuid), kind: 'program' },
    { name: 'check.sh', content: checkScript(settings, uuid), kind: 'program' },
    { name: 'remove.sh', content: removeScript(slug, uuid), kind: 'program' },
    { name: 'README.txt', content: readMe(settings, uuid) },
  ]);
}

function groupsOf(settings: L2tpSettings, uuid: string): Readonly<Record<string, Group>> {
  return {
    connection: { id: settings.connectionName, uuid, type: 'vpn', autoconnect: 'false' },
    vpn: {
      'service-type': 'org.freedesktop.NetworkManager.l2tp',
      gateway: settings.serverAddress,
      user: settings.userName,
      'user-auth-type': 'password',
      // 2: never kept, asked for each time.
      'password-flags': '2',
      'machine-auth-type': 'psk',
      'ipsec-enabled': 'yes',
      'ipsec-psk-flags': '0',
      // What is left is MS-CHAPv2, the only method of the server.
      'refuse-eap': 'yes',
      'refuse-pap': 'yes',
      'refuse-chap': 'yes',
      'refuse-mschap': 'yes',
      mtu: '1400',
      mru: '1400',
    },
    'vpn-secrets': { 'ipsec-psk': toPluginKey(settings.sharedKey) },
    ipv4: { method: 'auto', ...dns(settings), ...routes(settings) },
    ipv6: { method: 'disabled' },
  };
}

// The plugin takes what begins with 0s for base64, and everything else as it is.
function toPluginKey(sharedKey: string): string {
  return sharedKey.startsWith('0s') ? `0s${Buffer.from(sharedKey, 'ascii').toString('base64')}` : sharedKey;
}

function dns({ dnsServers, dnsSuffix }: L2tpSettings): Group {
  const servers: Group = dnsServers.length === 0 ? {} : { dns: toList(dnsServers) };
  return { ...servers, 'dns-search': toList([dnsSuffix]) };
}

// Without a next hop, and with the metric of the Windows kit.
function routes({ tunnel, splitRoutes }: L2tpSettings): Group {
  if (tunnel === 'full') return {};
  const numbered = splitRoutes.map((prefix, index): readonly [string, string] => [
    `route${index + 1}`,
    `${prefix},0.0.0.0,2`,
  ]);
  return { 'never-default': 'true', ...Object.fromEntries<string>(numbered) };
}

function toList(items: readonly string[]): string {
  return items.map((item) => `${item};`).join('');
}

function toKeyfile(groups: Readonly<Record<string, Group>>): string {
  return Object.entries(groups)
    .map(([name, group]) => {
      const lines = Object.entries(group).map(([key, value]) => `${key}=${escapeValue(value)}\n`);
      return `[${name}]\n${lines.join('')}`;
    })
    .join('\n');
}

// GKeyFile drops spaces on the outside and reads backslashes; within a single value a semicolon is nothing special.
function escapeValue(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll(/^ +| +$/g, (spaces) => '\\s'.repeat(spaces.length));
}

function installScript(slug: string, uuid: string): string {
  return `#!/bin/sh
# Puts the connection in place and trusts the certificate behind it. Run it as root.
set -eu
[ "$(id -u)" = 0 ] || { echo "Run it as root: sudo sh $0" >&2; exit 1; }
here=$(cd "$(dirname "$0")" && pwd)
install -D -o root -g root -m 0600 "$here/${slug}.nmconnection" /etc/NetworkManager/system-connections/${slug}.nmconnection
install -D -o root -g root -m 0644 "$here/CA.crt" /usr/local/share/ca-certificates/${slug}.crt
update-ca-certificates
nmcli connection reload
echo "Connect: nmcli --ask connection up uuid ${uuid}"
`;
}

function removeScript(slug: string, uuid: string): string {
  return `#!/bin/sh
# Takes the connection away, and the trust in the certificate behind it. Run it as root.
set -eu
[ "$(id -u)" = 0 ] || { echo "Run it as root: sudo sh $0" >&2; exit 1; }
nmcli connection delete uuid ${uuid} || echo 'There was no connection.' >&2
rm -f /usr/local/share/ca-certificates/${slug}.crt
update-ca-certificates --fresh
`;
}

function readMe(settings: L2tpSettings, uuid: string): string {
  const { connectionName, userName, portalFqdn, tunnel, splitRoutes, certificate } = settings;
  const reach =
    tunnel === 'full' ? 'Everything goes through the VPN' : `Through the VPN goes ${splitRoutes.join(', ')}`;
  return `${connectionName}: VPN for ${userName}

Set up (Debian, Ubuntu: apt-get install network-manager-l2tp)
  1. Unpack all files into one folder.
  2. sudo sh install.sh
  3. nmcli --ask connection up uuid ${uuid}
     or choose "${connectionName}" on the desktop. The password was given to you separately; it is in none of these files.
  4. Open https://${portalFqdn}
  5. bash check.sh says whether the address, the portal and its certificate are in order.

${reach}.
Certificate that becomes trusted: ${certificate.subject}
SHA-1 thumbprint: ${certificate.thumbprint}
Browsers with a certificate store of their own (Firefox) have to be given CA.crt as well.

The .nmconnection file holds the shared key of the VPN. Do not pass it on, and delete it once the connection works.

Take away: sudo sh remove.sh

When it does not connect
  The system's own xl2tpd must not hold UDP 1701: systemctl disable --now xl2tpd
  Libreswan 5 and newer refuse IKEv1 unless its configuration says ikev1-policy=accept.
  Nothing comes back: UDP 500, 4500 or 1701 is blocked on the way.
  The IPsec part fails: the shared key was changed since; ask for a new kit.
  The user is refused: wrong password, or the server lets this user in no more.
`;
}
