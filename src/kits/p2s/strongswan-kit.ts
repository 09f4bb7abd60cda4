import { certificatePem } from '../certificate-pem.ts';
import type { KitParts, KitPlatform } from '../kit.ts';
import { packFiles, zipFile } from '../pack-files.ts';
import { stableUuid } from '../stable-uuid.ts';
import { ikeConnection, keyfileText } from './nm-connections.ts';
import { keyFileOf, type P2sSettings, profileLine, requireProtocol, serverRootOf } from './p2s-settings.ts';
import { keyNotes, keyStep } from './read-me.ts';
import connectText from './scripts/connect.sh';
import disconnectText from './scripts/disconnect.sh';
import { commonFiles, setupScript } from './shell-scripts.ts';

export const strongswanP2sKit: KitPlatform<P2sSettings> = {
  about:
    'for Linux with strongSwan 5.9 or later: `swanctl.conf`, a connection for its NetworkManager plugin (charon-nm), and scripts that connect, check and disconnect.',
  howTo:
    'Unpack the zip into a folder that only you may read, and run there: sudo bash connect.sh. README.txt, in the zip too, names the packages that it needs.',
  fileType: zipFile,
  build: packStrongswan,
};

function packStrongswan(settings: P2sSettings, fileName: string): KitParts {
  requireProtocol(settings, 'IkeV2');
  const { fileStem } = settings;
  const name = [`name=${sectionOf(settings)}`];
  const folder = `/etc/gatehouse/${fileStem}`;
  const uuid = stableUuid(`${settings.gatewayId} ${settings.thumbprint}`, 'charon-nm');
  const content = packFiles([
    { name: 'swanctl.conf', content: swanctlConf(settings) },
    { name: 'VpnServerRoot.crt', content: certificatePem(serverRootOf(settings)) },
    { name: `${fileStem}.nmconnection`, content: keyfileText(ikeConnection(settings, { uuid, folder })) },
    ...commonFiles(settings),
    { name: 'connect.sh', content: setupScript(connectText, settings, name), kind: 'program' },
    { name: 'disconnect.sh', content: setupScript(disconnectText, settings, name), kind: 'program' },
    { name: 'README.txt', content: readMe(settings, folder) },
  ]);
  const keyFileName = keyFileOf(settings);
  return {
    content,
    ...(keyFileName === undefined ? {} : { keyFileName }),
    notes: [...keyNotes(settings, fileName), 'Unpack it and run: sudo bash connect.sh'],
  };
}

/** The name of the connection for strongSwan, in which a dot would begin a section. */
function sectionOf({ fileStem }: P2sSettings): string {
  return fileStem.replaceAll(/[^A-Za-z0-9-]/g, '-');
}

// Only the name that is connected to serves: swanctl takes `%` before it, which ipsec.conf knows, for a part of the
// name.
function swanctlConf(settings: P2sSettings): string {
  const { profile, commonName } = settings;
  const name = sectionOf(settings);
  const identity = isAlternativeName(commonName) ? `\n      id = "${commonName}"` : '';
  return `connections {
  ${name} {
    version = 2
    remote_addrs = ${profile.serverFqdn}
    vips = 0.0.0.0
    local {
      auth = eap-tls
      certs = ${name}.crt${identity}
    }
    remote {
      auth = pubkey
      id = ${profile.serverFqdn}
      cacerts = ${name}-server.crt
    }
    children {
      ${name} {
        remote_ts = ${profile.routes.join(',')}
        esp_proposals = aes256gcm16,default
        dpd_action = restart
      }
    }
  }
}
`;
}

/**
 * Whether a certificate of Gatehouse has the name as its subject alternative name too: for another name strongSwan
 * would find no certificate, and goes by the subject where it is given none.
 */
function isAlternativeName(commonName: string): boolean {
  return /^(?:[A-Za-z0-9._+-]+@)?[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(commonName);
}

function readMe(settings: P2sSettings, folder: string): string {
  const { connectionName, commonName, fileStem, profile } = settings;
  return `${connectionName}: VPN for ${commonName}, by strongSwan

Set up (Debian, Ubuntu:
apt-get install charon-systemd strongswan-swanctl libcharon-extra-plugins libcharon-extauth-plugins openssl)
  1. Unpack all files into one folder that only you may read.
  2. ${keyStep(settings)}
  3. sudo bash connect.sh
  4. bash check.sh says whether the address, the networks and the certificate are in order, and what to do if not.

Through the VPN goes ${profile.routes.join(', ')}.

Disconnect: sudo bash disconnect.sh
Take everything away, the private key with it: sudo bash disconnect.sh --remove

On a desktop, with network-manager-strongswan in place of swanctl: put ${fileStem}.crt, VpnServerRoot.crt and the private
key (PEM, as client.key) into ${folder}, ${fileStem}.nmconnection into
/etc/NetworkManager/system-connections (both for root alone), and run: nmcli connection reload

${profileLine(settings)}
`;
}
