import { createHash } from 'node:crypto';
import type { ProfilePackage } from '../domain/profile-package.ts';
import type { Thumbprint } from '../domain/thumbprint.ts';
import type { ArchiveProblem, ProfileArchive } from './profile-archive.ts';
import { readProfileArchive } from './profile-archive.ts';
import type { TunnelSettings } from './profile-settings.ts';
import { readAzureVpnConfig, readOvpnSettings, readVpnSettings } from './profile-settings.ts';

export type ProfileReading =
  | { readonly ok: true; readonly profile: ProfilePackage }
  | { readonly ok: false; readonly problems: readonly ArchiveProblem[] };

export interface FileCertificate {
  readonly thumbprint: Thumbprint;
  readonly der: Uint8Array;
}

export interface ProfileReadingOptions {
  /**
   * Reads the certificate in the bytes of a .cer file; undefined for what is no certificate. Only src/pki knows how.
   */
  readonly readCertificate: (certificateFile: Uint8Array) => FileCertificate | undefined;
}

// Wherever in the package they stand: Azure has renamed folders before.
const settingsFile = /(^|\/)vpnsettings\.xml$/;
const serverRootFile = /(^|\/)vpnserverroot\.cer(_0)?$/;
const ovpnFile = /(^|\/)vpnconfig\.ovpn$/;
const azureVpnFile = /(^|\/)azurevpnconfig[a-z_]*\.xml$/;
/** Of several, the one for certificates has a name of its own. */
const certificateAzureVpnFile = /(^|\/)azurevpnconfig(_cert)?\.xml$/;
const wanted = [settingsFile, serverRootFile, ovpnFile, azureVpnFile];

/**
 * Reads the bytes of a VPN client profile package as Azure makes it. Only the server's name must be there: unknown
 * files and elements are passed over, missing ones leave their part of the result empty. Never throws, whatever the
 * bytes are. `hash` changes only with the meaning: names and contents of the settings count, times and order of the zip
 * do not.
 */
export function readProfilePackage(bytes: Uint8Array, options: ProfileReadingOptions): ProfileReading {
  const reading = readProfileArchive(bytes, (path) => wanted.some((pattern) => pattern.test(path)));
  if (!reading.ok) return { ok: false, problems: [reading.problem] };
  const settings = readSettings(reading.archive);
  const serverFqdn = settings.find((part) => part.serverFqdn !== undefined)?.serverFqdn;
  if (serverFqdn === undefined) return { ok: false, problems: [noServer] };
  return { ok: true, profile: describe(reading.archive, settings, { serverFqdn, ...options }) };
}

const noServer: ArchiveProblem = {
  code: 'serverMissing',
  message:
    'No file of the package names the VPN server. Generate the profile again; a gateway without point-to-site has none.',
};

function readSettings({ contents }: ProfileArchive): readonly TunnelSettings[] {
  const readers = [
    { pattern: settingsFile, read: readVpnSettings },
    { pattern: azureVpnFile, read: readAzureVpnConfig },
    { pattern: ovpnFile, read: readOvpnSettings },
  ];
  return readers.flatMap(({ pattern, read }) =>
    findAll(contents, pattern).map(([, content]) => read(decodeText(content))),
  );
}

function describe(
  archive: ProfileArchive,
  settings: readonly TunnelSettings[],
  { serverFqdn, readCertificate }: ProfileReadingOptions & { readonly serverFqdn: string },
): ProfilePackage {
  const [serverRoot] = findAll(archive.contents, serverRootFile).map(([, content]) => readCertificate(content));
  const [azureVpn] = findAll(archive.contents, certificateAzureVpnFile).map(([, content]) => decodeText(content));
  const [ovpn] = findAll(archive.contents, ovpnFile).map(([, content]) => decodeText(content));
  const common = {
    serverFqdn,
    routes: [...new Set(settings.flatMap(({ routes }) => routes))].sort(),
    dnsServers: [...new Set(settings.flatMap(({ dnsServers }) => dnsServers))],
  };
  return {
    ...common,
    files: archive.files,
    ...(serverRoot === undefined ? {} : { serverRootThumbprint: serverRoot.thumbprint, serverRoot: serverRoot.der }),
    ...(azureVpn === undefined ? {} : { azureVpnConfig: azureVpn }),
    ...(ovpn === undefined ? {} : { ovpnTemplate: ovpn }),
    hash: hashOf({ ...common, texts: settingsTexts(archive, readCertificate) }),
  };
}

// Every settings file counts, also what is not understood of it: a new server secret or validation hash must show.
function settingsTexts(
  { contents }: ProfileArchive,
  readCertificate: ProfileReadingOptions['readCertificate'],
): readonly (readonly [string, string])[] {
  return [...contents]
    .map(([path, content]) => [path, meaningOf(path, content, readCertificate)] as const)
    .sort(([left], [right]) => (left < right ? -1 : 1));
}

function meaningOf(
  path: string,
  content: Uint8Array,
  readCertificate: ProfileReadingOptions['readCertificate'],
): string {
  const text = serverRootFile.test(path) ? readCertificate(content)?.thumbprint : undefined;
  return text ?? decodeText(content).replace(/\s+/g, ' ').trim();
}

function hashOf(meaning: unknown): string {
  return createHash('sha256').update(JSON.stringify(meaning)).digest('hex');
}

function findAll(
  contents: ReadonlyMap<string, Uint8Array>,
  pattern: RegExp,
): readonly (readonly [string, Uint8Array])[] {
  return [...contents].filter(([path]) => pattern.test(path)).sort(([left], [right]) => (left < right ? -1 : 1));
}

/** The XML files have come in UTF-16, either way round, as well as in UTF-8. */
function decodeText(content: Uint8Array): string {
  const [first, second] = content;
  const isBigEndian = (first === 0xfe && second === 0xff) || (first === 0 && second === lessThan);
  const isLittleEndian = (first === 0xff && second === 0xfe) || (first === lessThan && second === 0);
  return new TextDecoder(isBigEndian ? 'utf-16be' : isLittleEndian ? 'utf-16le' : 'utf-8').decode(content);
}

/** What every XML file begins with, if not with a mark. */
const lessThan = '<'.charCodeAt(0);
