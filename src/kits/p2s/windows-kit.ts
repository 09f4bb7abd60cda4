import type { KitParts, KitPlatform } from '../kit.ts';
import { packFiles, zipFile } from '../pack-files.ts';
import { toWindows } from '../powershell-settings.ts';
import { type P2sSettings, requireProtocol } from './p2s-settings.ts';
import { alwaysOnProfile, eapConfig } from './windows-eap.ts';
import { windowsFiles, windowsNotes } from './windows-files.ts';
import { windowsReadMe } from './windows-read-me.ts';

export const windowsX64Kit = platformOf('x64');
export const windowsX86Kit = platformOf('x86');

function platformOf(architecture: 'x64' | 'x86'): KitPlatform<P2sSettings> {
  const bits = architecture === 'x64' ? '64-bit' : '32-bit';
  return {
    about: `for ${bits} Windows 10 and later (IKEv2): scripts that set the connection up for one person or for the machine, check it and take it away, and a ProfileXML for Always On.`,
    howTo: 'Unpack the zip into a folder and open Install.cmd in it. README.txt, in the zip too, has every step.',
    fileType: zipFile,
    build: (settings, fileName) => packWindows(settings, architecture, fileName),
  };
}

function packWindows(settings: P2sSettings, architecture: 'x64' | 'x86', fileName: string): KitParts {
  requireProtocol(settings, 'IkeV2');
  const setup = {
    is64Bit: architecture === 'x64',
    addsConnection: true,
    nextStep: `The connection ${settings.connectionName} is ready: Settings, Network and Internet, VPN. Then run check.ps1.`,
  };
  const content = packFiles([
    ...windowsFiles(settings, setup),
    { name: 'EapConfig.xml', content: toWindows(eapConfig(settings)) },
    { name: 'ProfileXML.xml', content: toWindows(alwaysOnProfile(settings)) },
    { name: 'README.txt', content: toWindows(windowsReadMe(settings, architecture)) },
  ]);
  return { content, notes: windowsNotes(settings, fileName) };
}
