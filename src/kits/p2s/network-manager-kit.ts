import { certificatePem } from '../certificate-pem.ts';
import type { KitParts, KitPlatform } from '../kit.ts';
import { type KitFile, packFiles, zipFile } from '../pack-files.ts';
import { quoteAll, quoteShell } from '../shell-settings.ts';
import { stableUuid } from '../stable-uuid.ts';
import { ikeConnection, keyfileText, openVpnConnection } from './nm-connections.ts';
import { blockOf, readTemplate } from './ovpn-template.ts';
import { keyFileOf, type P2sSettings, profileLine, requireProtocol, serverRootOf } from './p2s-settings.ts';
import { keyNotes, keyStep } from './read-me.ts';
import installText from './scripts/nm-install.sh';
import removeText from './scripts/nm-remove.sh';
import { commonFiles, setupScript } from './shell-scripts.ts';

export const networkManagerP2sKit: KitPlatform<P2sSettings> = {
  about:
    'for Linux desktops: a connection of NetworkManager, by its OpenVPN plugin where the gateway offers OpenVPN and else by that of strongSwan, and scripts that install, check and remove it.',
  howTo:
    'Unpack the zip into a folder that only you may read, and run there: sudo bash install.sh. README.txt, in the zip too, names the packages that it needs.',
  fileType: zipFile,
  build: packNetworkManager,
};

function packNetworkManager(settings: P2sSettings, fileName: string): KitParts {
  const { fileStem, protocols } = settings;
  const isOpenVpn = protocols.includes('OpenVPN');
  if (!isOpenVpn) requireProtocol(settings, 'IkeV2');
  const folder = `/etc/gatehouse/${fileStem}`;
  const uuid = stableUuid(`${settings.gatewayId} ${settings.thumbprint}`, 'networkmanager');
  const connection = isOpenVpn ? openVpnConnection : ikeConnection;
  const placed = isOpenVpn ? openVpnFiles(settings) : ikeFiles(settings);
  const own = [
    `uuid=${quoteShell(uuid)}`,
    `folder=${quoteShell(folder)}`,
    `files=(${quoteAll([...placed.map(({ name }) => name), `${fileStem}.crt`])})`,
  ];
  const content = packFiles([
    { name: `${fileStem}.nmconnection`, content: keyfileText(connection(settings, { uuid, folder })) },
    ...placed,
    ...commonFiles(settings),
    { name: 'install.sh', content: setupScript(installText, settings, own), kind: 'program' },
    { name: 'remove.sh', content: setupScript(removeText, settings, own), kind: 'program' },
    { name: 'README.txt', content: readMe(settings, uuid, isOpenVpn) },
  ]);
  const keyFileName = keyFileOf(settings);
  return {
    content,
    ...(keyFileName === undefined ? {} : { keyFileName }),
    notes: [...keyNotes(settings, fileName), 'Unpack it and run: sudo bash install.sh'],
  };
}

function openVpnFiles(settings: P2sSettings): readonly KitFile[] {
  const { certificate, chain } = settings;
  const { sections } = readTemplate(settings);
  return [
    { name: 'ca.crt', content: blockOf(sections, 'ca') ?? '' },
    { name: 'ta.key', content: blockOf(sections, 'tls-auth') ?? '', kind: 'secret' },
    { name: 'client.crt', content: [certificate, ...chain].map(certificatePem).join('') },
  ];
}

function ikeFiles(settings: P2sSettings): readonly KitFile[] {
  return [{ name: 'VpnServerRoot.crt', content: certificatePem(serverRootOf(settings)) }];
}

function readMe(settings: P2sSettings, uuid: string, isOpenVpn: boolean): string {
  const { connectionName, commonName, profile } = settings;
  return `${connectionName}: VPN for ${commonName}, by NetworkManager

Set up (Debian, Ubuntu: apt-get install network-manager openssl ${isOpenVpn ? 'network-manager-openvpn-gnome' : 'network-manager-strongswan'})
  1. Unpack all files into one folder that only you may read.
  2. ${keyStep(settings)}
  3. sudo bash install.sh
  4. nmcli connection up uuid ${uuid}
     or choose "${connectionName}" on the desktop.
  5. bash check.sh says whether the address, the networks and the certificate are in order, and what to do if not.

Through the VPN goes ${profile.routes.join(', ')}.
The files hold secrets of the gateway. Do not pass them on, and delete them once the connection works.

Take away, the private key with it: sudo bash remove.sh

${profileLine(settings)}
`;
}
