import type { KitPlatform } from '../kit.ts';
import { packFiles, zipFile } from '../pack-files.ts';
import { type SettingValue, toWindows, withSettingsTable } from '../powershell-settings.ts';
import type { L2tpSettings } from './l2tp-settings.ts';
import checkScript from './scripts/check.ps1';
import connectScript from './scripts/connect.ps1';
import disconnectScript from './scripts/disconnect.ps1';

export const windowsKit: KitPlatform<L2tpSettings> = {
  about:
    'for Windows 8.1 and later: scripts that set the connection up, check it and take it away, with the certificate.',
  howTo: 'Unpack the zip into a folder and do what README.txt in it says. Connecting asks for your VPN password.',
  fileType: zipFile,
  build: (settings) => ({ content: packWindows(settings) }),
};

function packWindows(settings: L2tpSettings): Uint8Array {
  const { connectionName, certificate, portalFqdn, addressRange } = settings;
  const checked = {
    Name: connectionName,
    PortalFqdn: portalFqdn,
    RangeFrom: addressRange.from,
    RangeTo: addressRange.to,
  };
  const removed = { Name: connectionName, Thumbprint: certificate.thumbprint };
  return packFiles([
    {
      name: 'connect.ps1',
      content: toWindows(withSettingsTable(connectScript, { ...removed, ...settingsOf(settings) })),
    },
    { name: 'check.ps1', content: toWindows(withSettingsTable(checkScript, checked)) },
    { name: 'disconnect.ps1', content: toWindows(withSettingsTable(disconnectScript, removed)) },
    { name: 'CA.cer', content: certificate.der },
    { name: 'README.txt', content: toWindows(readMe(settings)) },
  ]);
}

function settingsOf(settings: L2tpSettings): Readonly<Record<string, SettingValue>> {
  const isSplit = settings.tunnel === 'split';
  return {
    ServerAddress: settings.serverAddress,
    SharedKey: settings.sharedKey,
    UserName: settings.userName,
    IsSplit: isSplit,
    SplitRoutes: isSplit ? settings.splitRoutes : [],
    DnsSuffix: settings.dnsSuffix,
    PortalFqdn: settings.portalFqdn,
    IsBehindNat: settings.isBehindNat === true,
  };
}

/** What follows from where the server is, as far as that was told. */
function whereServerIs(isBehindNat: boolean | undefined): string {
  if (isBehindNat === true) {
    return 'The server is behind address translation: Windows connects only after this machine has restarted.';
  }
  if (isBehindNat === false) return 'The server is not behind address translation.';
  return `Nobody told whether the server is behind address translation, and connect.ps1 sets nothing for it. If it is: set
       the DWORD AssumeUDPEncapsulationContextOnSendRule in HKLM\\SYSTEM\\CurrentControlSet\\Services\\PolicyAgent to 2
       and restart this machine, or ask for a kit that knows.`;
}

function readMe(settings: L2tpSettings): string {
  const { connectionName, userName, tunnel, splitRoutes, portalFqdn, certificate, isBehindNat } = settings;
  const reach =
    tunnel === 'full' ? 'Everything goes through the VPN' : `Through the VPN goes ${splitRoutes.join(', ')}`;
  return `${connectionName}: VPN for ${userName}

Set up
  1. Unpack all files into one folder.
  2. Start Windows PowerShell with "Run as administrator" and go to that folder.
  3. powershell.exe -NoProfile -ExecutionPolicy Bypass -File .\\connect.ps1
     The certificate becomes trusted by the whole machine; with -CurrentUserOnly by you alone.
  4. Settings, Network and Internet, VPN: connect to "${connectionName}" as ${userName}. The password was given to you
     separately; it is in none of these files.
  5. Open https://${portalFqdn}
  6. powershell.exe -NoProfile -ExecutionPolicy Bypass -File .\\check.ps1
     says whether the address, the portal and its certificate are in order.

${reach}.
Certificate that becomes trusted: ${certificate.subject}
SHA-1 thumbprint: ${certificate.thumbprint}

connect.ps1 holds the shared key of the VPN. Do not pass it on, and delete it once the connection works.

Take away
  powershell.exe -NoProfile -ExecutionPolicy Bypass -File .\\disconnect.ps1

When it does not connect
  809  Nothing came back from the server: UDP 500, 4500 or 1701 is blocked on the way, or the server is behind address
       translation and this machine does not expect that.
       ${whereServerIs(isBehindNat)}
  789  The shared key is not the server's, mostly because it was changed since: ask for a new kit.
  691  Wrong user name or password, or the server lets this user in no more.
  868  The server's name cannot be resolved.
`;
}
