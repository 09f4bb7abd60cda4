import { certificatePem } from '../certificate-pem.ts';
import type { KitPlatform } from '../kit.ts';
import { packFiles, zipFile } from '../pack-files.ts';
import { isAddress, type L2tpSettings, slugOf } from './l2tp-settings.ts';
import { checkScript, connectScript, disconnectScript, runFolder } from './shell-scripts.ts';

export const strongswanKit: KitPlatform<L2tpSettings> = {
  about:
    'for Linux without a desktop: files for strongSwan, xl2tpd and pppd, and scripts that connect, check and disconnect.',
  howTo: 'Unpack the zip into a folder and do what README.txt in it says. Connecting asks for your VPN password.',
  fileType: zipFile,
  build: (settings) => ({ content: packStrongswan(settings) }),
};

function packStrongswan(settings: L2tpSettings): Uint8Array {
  return packFiles([
    { name: 'swanctl.conf', content: swanctlConf(settings), kind: 'secret' },
    { name: 'xl2tpd.conf', content: xl2tpdConf(settings) },
    { name: 'options.ppp', content: pppOptions(settings) },
    { name: 'CA.crt', content: certificatePem(settings.certificate.der) },
    { name: 'connect.sh', content: connectScript(settings), kind: 'program' },
    { name: 'check.sh', content: checkScript(settings), kind: 'program' },
    { name: 'disconnect.sh', content: disconnectScript(settings), kind: 'program' },
    { name: 'README.txt', content: readMe(settings) },
  ]);
}

// The server may have a private address of its own, and names itself by that: hence any identity. The key tells whether
// it is it.
function swanctlConf(settings: L2tpSettings): string {
  const { serverAddress } = settings;
  const slug = slugOf(settings);
  return `connections {
  ${slug} {
    version = 1
    remote_addrs = ${serverAddress}
    proposals = aes256-sha1-modp2048,aes256-sha1-modp1024,3des-sha1-modp1024
    local {
      auth = psk
    }
    remote {
      auth = psk
      id = %any
    }
    children {
      ${slug} {
        mode = transport
        local_ts = dynamic[udp/1701]
        remote_ts = dynamic[udp/1701]
        esp_proposals = aes256-sha1,aes128-sha1,3des-sha1
      }
    }
  }
}
secrets {
  ike-${slug} {
${isAddress(serverAddress) ? `    id = ${serverAddress}\n` : ''}    # In base64: as text, a key that begins with 0s or 0x would be read as something else.
    secret = "0s${Buffer.from(settings.sharedKey, 'ascii').toString('base64')}"
  }
}
`;
}

function xl2tpdConf(settings: L2tpSettings): string {
  return `[global]
port = 1701

[lac ${slugOf(settings)}]
lns = ${settings.serverAddress}
pppoptfile = ${runFolder(settings)}/options
length bit = yes
`;
}

// With the others refused, MS-CHAPv2 is left. Asking for it by name would also ask the server to prove itself in this
// way.
function pppOptions(settings: L2tpSettings): string {
  return `ipcp-accept-local
ipcp-accept-remote
refuse-eap
refuse-pap
refuse-chap
refuse-mschap
noccp
noauth
mtu 1400
mru 1400
nodefaultroute
usepeerdns
linkname ${slugOf(settings)}
user ${quotePpp(settings.userName)}
`;
}

// pppd reads a backslash between quotes too.
function quotePpp(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

function readMe({ connectionName, userName, portalFqdn, tunnel, splitRoutes, certificate }: L2tpSettings): string {
  const reach =
    tunnel === 'full' ? 'Everything goes through the VPN' : `Through the VPN goes ${splitRoutes.join(', ')}`;
  return `${connectionName}: VPN for ${userName}

Set up (Debian, Ubuntu: apt-get install charon-systemd strongswan-swanctl xl2tpd ppp iproute2)
  1. Unpack all files into one folder that only you may read.
  2. systemctl disable --now xl2tpd   (the system's own would hold UDP 1701; the kit runs one of its own)
  3. sudo bash connect.sh
     The password was given to you separately; it is in none of these files.
  4. Open https://${portalFqdn}
  5. bash check.sh says whether the address, the portal and its certificate are in order.

${reach}.
Certificate that becomes trusted: ${certificate.subject}
SHA-1 thumbprint: ${certificate.thumbprint}
Browsers with a certificate store of their own (Firefox) have to be given CA.crt as well.

swanctl.conf holds the shared key of the VPN. Do not pass it on; connect.sh puts a copy into /etc/swanctl/conf.d.

Disconnect: sudo bash disconnect.sh
Take everything away: sudo bash disconnect.sh --remove

When it does not connect
  No IPsec connection: UDP 500 or 4500 is blocked on the way, or the shared key was changed since; ask for a new kit.
  No link: wrong password, or the server lets this user in no more.
`;
}
