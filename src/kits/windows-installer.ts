import { readProfileArchive } from './profile-archive.ts';

/** Azure's own programs that set a Windows up, by what they are for. */
export const installerNames = {
  'windows-x64': 'VpnClientSetupAmd64.exe',
  'windows-x86': 'VpnClientSetupX86.exe',
} as const;

export type InstallerPlatform = keyof typeof installerNames;

export const windowsProgramType = 'application/vnd.microsoft.portable-executable';

const installerBytesMax = 32 * 1024 * 1024;

/** `missing` where the package has none: Azure makes it for gateways that offer IKEv2 or SSTP. */
export type InstallerReading =
  | { readonly outcome: 'read'; readonly content: Uint8Array }
  | { readonly outcome: 'missing' }
  | { readonly outcome: 'unreadable' };

/**
 * Takes the installer out of a profile package, wherever in it it stands: Azure has renamed folders before. Never
 * throws.
 */
export function readWindowsInstaller(zip: Uint8Array, platform: InstallerPlatform): InstallerReading {
  const name = installerNames[platform].toLowerCase();
  const isWanted = (path: string): boolean => path === name || path.endsWith(`/${name}`);
  const reading = readProfileArchive(zip, isWanted, installerBytesMax);
  if (!reading.ok) return { outcome: 'unreadable' };
  const [content] = reading.archive.contents.values();
  return content === undefined ? { outcome: 'missing' } : { outcome: 'read', content };
}
