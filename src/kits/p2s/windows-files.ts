import { createHash } from 'node:crypto';
import type { KitFile } from '../pack-files.ts';
import { type SettingValue, toWindows, withSettingsTable } from '../powershell-settings.ts';
import { isIpv4, type P2sSettings, requireServerRoot } from './p2s-settings.ts';
import checkText from './scripts/windows-check.ps1';
import commonText from './scripts/windows-common.ps1';
import installText from './scripts/windows-install.ps1';
import requestText from './scripts/windows-request.ps1';
import uninstallText from './scripts/windows-uninstall.ps1';

export interface WindowsSetup {
  readonly is64Bit: boolean;
  /** Whether install.ps1 makes the connection, besides bringing the certificates. */
  readonly addsConnection: boolean;
  /** What install.ps1 says at its end that comes next. */
  readonly nextStep: string;
}

/** What every kit for Windows holds: scripts that set up, check, renew and take away, and the certificates. */
export function windowsFiles(settings: P2sSettings, setup: WindowsSetup): readonly KitFile[] {
  const { certificate, pfx } = settings;
  const shared = sharedSettings(settings, setup);
  return [
    { name: 'Install.cmd', content: toWindows(installCommand), kind: 'program' },
    {
      name: 'install.ps1',
      content: script(installText, { ...shared, ...installSettings(settings, setup) }),
      kind: pfx?.password === undefined ? 'plain' : 'secret',
    },
    { name: 'uninstall.ps1', content: script(uninstallText, shared) },
    { name: 'check.ps1', content: toWindows(withSettingsTable(checkText, checkSettings(settings))) },
    ...(pfx === undefined ? [{ name: 'request.ps1', content: requestScript(settings) }] : []),
    { name: 'VpnServerRoot.cer', content: requireServerRoot(settings).der },
    ...chainFiles(settings),
    { name: certificateName(settings), content: certificate },
    ...(pfx === undefined ? [] : [{ name: pfxName(settings), content: pfx.content, kind: 'secret' as const }]),
  ];
}

/** Sentences for whoever hands such a kit over. */
export function windowsNotes(settings: P2sSettings, fileName: string): readonly string[] {
  const steps = 'Unpack it and open Install.cmd; README.txt says the rest.';
  if (settings.pfx !== undefined) {
    return [`${fileName} holds the private key: hand it to its owner alone, and keep no copy.`, steps];
  }
  return [
    'The private key is not part of this kit: it is where the request was made, or in the .pfx that came with the certificate. Where certreq made it, ' +
      'install.ps1 finds it in the Windows store of that account on that machine.',
    `A key in a file has to be put beside the unpacked files as ${pfxName(settings)}, with the certificate.`,
    steps,
  ];
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

function sharedSettings(settings: P2sSettings, { is64Bit }: WindowsSetup): Readonly<Record<string, SettingValue>> {
  return {
    Name: settings.connectionName,
    Is64Bit: is64Bit,
    Thumbprint: settings.thumbprint,
    RootThumbprint: settings.rootThumbprint,
    Intermediates: settings.chain.slice(0, -1).map(thumbprintOf),
    ServerRootThumbprint: requireServerRoot(settings).thumbprint,
  };
}

function installSettings(settings: P2sSettings, setup: WindowsSetup): Readonly<Record<string, SettingValue>> {
  return {
    AddsConnection: setup.addsConnection,
    NextStep: setup.nextStep,
    ServerAddress: settings.profile.serverFqdn,
    Routes: settings.profile.routes,
    CertificateName: certificateName(settings),
    PfxName: pfxName(settings),
    PfxPassword: settings.pfx?.password ?? '',
  };
}

function checkSettings(settings: P2sSettings): Readonly<Record<string, SettingValue>> {
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
