import type { KitParts, KitPlatform } from '../kit.ts';
import { packFiles, zipFile } from '../pack-files.ts';
import { toWindows } from '../powershell-settings.ts';
import { azureVpnProfile } from './azure-vpn-profile.ts';
import { type P2sSettings, profileLine, requireProtocol } from './p2s-settings.ts';
import { windowsFiles, windowsNotes } from './windows-files.ts';

export const azureVpnKit: KitPlatform<P2sSettings> = {
  about:
    'for the Azure VPN Client on 64-bit Windows 10 and later (OpenVPN): the profile with the certificate chosen, and scripts that bring the certificates, check the connection and take it away.',
  howTo:
    'Install the Azure VPN Client from the Microsoft Store, unpack the zip into a folder and open Install.cmd in it. README.txt, in the zip too, has every step.',
  fileType: zipFile,
  build: packAzureVpn,
};

function packAzureVpn(settings: P2sSettings, fileName: string): KitParts {
  requireProtocol(settings, 'OpenVPN');
  const setup = {
    is64Bit: true,
    addsConnection: false,
    nextStep: 'The certificates are in place. Import azurevpnconfig.xml in the Azure VPN Client now.',
  };
  const content = packFiles([
    // It holds the gateway's tls-auth key.
    { name: 'azurevpnconfig.xml', content: azureVpnProfile(settings), kind: 'secret' },
    ...windowsFiles(settings, setup),
    { name: 'README.txt', content: toWindows(readMe(settings)) },
  ]);
  return { content, notes: windowsNotes(settings, fileName) };
}

function readMe(settings: P2sSettings): string {
  const { connectionName, commonName, fileStem, profile, pfx } = settings;
  const keyStep =
    pfx === undefined
      ? `Your private key is where the request was made. If certreq made it, it waits in the Windows store: go on as the
     same person, on the same machine. If it is in a file, put it beside these files as ${fileStem}.pfx, with the certificate. If the
     .pfx that came with the certificate is at hand, that is this file: give it this name.`
      : `${fileStem}.pfx holds your private key. Do not pass it on, and delete it once the connection works.`;
  return `${connectionName}: VPN for ${commonName}, by the Azure VPN Client

Set up
  1. Install the Azure VPN Client from the Microsoft Store, and unpack all files into one folder.
  2. ${keyStep}
  3. Open Install.cmd: it brings the certificates. If Windows shows a SmartScreen page, choose "More info", then "Run
     anyway". Answer Yes when it asks whether to trust the root of your certificate.
  4. In the Azure VPN Client: the plus sign, Import, azurevpnconfig.xml, Save. The connection is called ${connectionName}, as
     the virtual network is. If it shows no client certificate, choose the one that was issued to ${commonName}. Connect.
  5. powershell.exe -NoProfile -ExecutionPolicy Bypass -File .\\check.ps1
     says whether the address, the networks and the certificates are in order, and what to do if not.

Through the VPN goes ${profile.routes.join(', ')}.

This client knows your certificate by its thumbprint: when you get a renewed one, import the profile of its kit, too.

Take away: remove the connection in the client, then
  powershell.exe -NoProfile -ExecutionPolicy Bypass -File .\\uninstall.ps1

azurevpnconfig.xml holds a secret of the gateway. Do not pass it on.

${profileLine(settings)}
`;
}
