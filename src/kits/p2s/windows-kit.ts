import { createHash } from 'node:crypto';
import type { KitParts, KitPlatform } from '../kit.ts';
import { type KitFile, packFiles, zipFile } from '../pack-files.ts';
import { type SettingValue, toWindows, withSettingsTable } from '../powershell-settings.ts';
import { isIpv4, type P2sSettings, requireProtocol, requireServerRoot } from './p2s-settings.ts';
import checkText from './scripts/windows-check.ps1';
import commonText from './scripts/windows-common.ps1';
import installText from './scripts/windows-install.ps1';
import requestText from './scripts/windows-request.ps1';
import uninstallText from './scripts/windows-uninstall.ps1';
import { alwaysOnProfile, eapConfig } from './windows-eap.ts';
import { windowsReadMe } from './windows-read-me.ts';

export const windowsX64Kit = platformOf('x64');
export const windowsX86Kit = platformOf('x86');

export type WindowsArchitecture = 'x64' | 'x86';

function platformOf(architecture: WindowsArchitecture): KitPlatform<P2sSettings> {
  const bits = architecture === 'x64' ? '64-bit' : '32-bit';
  return {
    about: `for ${bits} Windows 10 and later (IKEv2): scripts that set the connection up for one person or for the machine, check it and take it away, and a ProfileXML for Always On.`,
    fileType: zipFile,
    build: (settings, fileName) => packWindows(settings, architecture, fileName),
  };
}

function packWindows(settings: P2sSettings, architecture: WindowsArchitecture, fileName: string): KitParts {
  requireProtocol(settings, 'IkeV2');
  const { certificate, pfx } = settings;
  const content = packFiles([
    { name: 'Install.cmd', content: toWindows(installCommand), kind: 'program' },
    {
      name: 'install.ps1',
      content: script(installText, { ...connectionOf(settings, architecture), ...installOf(settings) }),
      kind: pfx?.password === undefined ? 'plain' : 'secret',
    },
    { name: 'uninstall.ps1', content: script(uninstallText, connectionOf(settings, architecture)) },
    { name: 'check.ps1', content: toWindows(withSettingsTable(checkText, checkedOf(settings))) },
    ...(pfx === undefined ? [{ name: 'request.ps1', content: requestScript(settings) }] : []),
    { name: 'EapConfig.xml', content: toWindows(eapConfig(settings)) },
    { name: 'ProfileXML.xml', content: toWindows(alwaysOnProfile(settings)) },
    { name: 'VpnServerRoot.cer', content: requireServerRoot(settings).der },
    ...chainFiles(settings),
    { name: certificateName(settings), content: certificate },
    ...(pfx === undefined ? [] : [{ name: pfxName(settings), content: pfx.content, kind: 'secret' as const }]),
    { name: 'README.txt', content: toWindows(windowsReadMe(settings, architecture)) },
  ]);
  return { content, notes: notesOf(settings, fileName) };
}

/** For who opens the folder in the Explorer: no policy for scripts stands in its way, and what was said can be read. */
const installCommand = `@echo off
powershell.exe -NoProfile -ExecutionPolicy Bypass -File "%~dp0install.ps1" %*
pause
`;

function script(text: string, values: Readonly<Record<string, SettingValue>>): string {
  return toWindows(withSettingsTable(text, values, commonText));
}

function requestScript(settings: P2sSettings): string {
  const values = { CertificateName: certificateName(settings), RequestName: `${settings.fileStem}.csr` };
  return toWindows(withSettingsTable(requestText, values));
}

function connectionOf(
  settings: P2sSettings,
  architecture: WindowsArchitecture,
): Readonly<Record<string, SettingValue>> {
  return {
    Name: settings.connectionName,
    Is64Bit: architecture === 'x64',
    Thumbprint: settings.thumbprint,
    RootThumbprint: settings.rootThumbprint,
    Intermediates: settings.chain.slice(0, -1).map(thumbprintOf),
    ServerRootThumbprint: requireServerRoot(settings).thumbprint,
  };
}

function installOf(settings: P2sSettings): Readonly<Record<string, SettingValue>> {
  return {
    ServerAddress: settings.profile.serverFqdn,
    Routes: settings.profile.routes,
    CertificateName: certificateName(settings),
    PfxName: pfxName(settings),
    PfxPassword: settings.pfx?.password ?? '',
  };
}

function checkedOf(settings: P2sSettings): Readonly<Record<string, SettingValue>> {
  const { profile, probe } = settings;
  return {
    Name: settings.connectionName,
    Pool: settings.addressPool,
    Routes: profile.routes.filter(isIpv4),
    DnsServers: profile.dnsServers,
    Thumbprint: settings.thumbprint,
    CertificateName: certificateName(settings),
    RootThumbprint: settings.rootThumbprint,
    ServerRootThumbprint: requireServerRoot(settings).thumbprint,
    ProbeAddress: probe?.address ?? '',
    ProbePort: String(probe?.port ?? ''),
  };
}

function chainFiles({ chain }: P2sSettings): readonly KitFile[] {
  return chain.map((content, index) => ({
    name: index === chain.length - 1 ? 'ClientRoot.cer' : `Intermediate${index + 1}.cer`,
    content,
  }));
}

function certificateName({ fileStem }: P2sSettings): string {
  return `${fileStem}.cer`;
}

function pfxName({ fileStem }: P2sSettings): string {
  return `${fileStem}.pfx`;
}

function thumbprintOf(der: Uint8Array): string {
  return createHash('sha1').update(der).digest('hex').toUpperCase();
}

function notesOf(settings: P2sSettings, fileName: string): readonly string[] {
  const steps = 'Unpack it and open Install.cmd; README.txt says the rest.';
  if (settings.pfx !== undefined) {
    return [`${fileName} holds the private key: hand it to its owner alone, and keep no copy.`, steps];
  }
  return [
    'The private key is not part of this kit and was never sent: it is where the request was made. Where certreq made it, ' +
      'install.ps1 finds it in the Windows store of that account on that machine.',
    `A key in a file has to be put beside the unpacked files as ${pfxName(settings)}, with the certificate.`,
    steps,
  ];
}
