/**
 * Drive C: of each machine of a world as a folder. What the state says of files and folders lies there before a script
 * runs (`files`, packages, Web.config of the sites), and is read from there afterwards.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { WindowsMachine, WorldParts } from '../../../sandbox/windows/world/records.ts';
import { packageFiles } from './connector-package.ts';

const aside = '.before-gatehouse';

export function writeDrives(root: string, { machines }: WorldParts): void {
  for (const machine of machines) {
    const put = (path: string, content: string | Buffer): void => {
      const file = join(root, machine.id, path.slice(3).replaceAll('\\', '/'));
      if (existsSync(file) && readFileSync(file).equals(Buffer.from(content))) return;
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
    };
    for (const [path, content] of Object.entries(machine.files)) put(path, Buffer.from(content, 'base64'));
    for (const [folder, { sha256, version, isByHand }] of Object.entries(machine.azurePack.staged)) {
      if (existsSync(join(root, machine.id, folder.slice(3).replaceAll('\\', '/')))) continue;
      for (const [path, text] of Object.entries(packageFiles(version))) {
        put(`${folder}\\${path.replaceAll('/', '\\')}`, text);
      }
      if (isByHand) put(`${folder}\\edition.json`, JSON.stringify({ version, sha256 }));
      else put(`${folder}\\gatehouse.sha256`, sha256);
    }
    for (const { name, settings } of machine.azurePack.sites) put(webConfig(name), siteFile(machine, name, settings));
  }
}

/** The world as its drives say that it is now. */
export function readDrives(root: string, world: WorldParts): WorldParts {
  return { ...world, machines: world.machines.map((machine) => readDrive(filesIn(join(root, machine.id)), machine)) };
}

function readDrive(files: Readonly<Record<string, string>>, machine: WindowsMachine): WindowsMachine {
  const [staged, keptAside]: [WindowsMachine['azurePack']['staged'], WindowsMachine['azurePack']['keptAside']] = [
    {},
    {},
  ];
  for (const path of Object.keys(files)) {
    const [, folder] = /^(.*)\\edition\.json$/.exec(path) ?? [];
    if (folder === undefined) continue;
    const note = files[`${folder}\\gatehouse.sha256`];
    const edition = JSON.parse(textOf(files[path])) as { version: string; sha256?: string };
    const found = {
      sha256: '',
      ...edition,
      isByHand: note === undefined,
      ...(note === undefined ? {} : { sha256: textOf(note) }),
    };
    if (folder.endsWith(aside)) keptAside[folder.slice(0, -aside.length)] = found;
    else staged[folder] = found;
  }
  const sites = machine.azurePack.sites.map((site) => ({
    ...site,
    settings: settingsIn(textOf(files[webConfig(site.name)])),
  }));
  const others = Object.entries(files).filter(([path]) => !isKnown(path));
  return {
    ...machine,
    azurePack: { ...machine.azurePack, sites, staged, keptAside },
    files: Object.fromEntries(others),
  };
}

/** What the state says in another place than `files`. */
function isKnown(path: string): boolean {
  return /\\(setup\\.*|edition\.json|gatehouse\.sha256|Web\.(before-gatehouse\.)?config)$/.test(path);
}

function webConfig(site: string): string {
  return `C:\\inetpub\\${site}\\Web.config`;
}

function siteFile({ azurePack }: WindowsMachine, name: string, settings: Readonly<Record<string, string>>): string {
  const { tenantApi } = azurePack;
  if (name === 'MgmtSvc-TenantAPI' && tenantApi !== undefined) {
    if (tenantApi.isWebConfigProtected) return '<configuration><EncryptedData /></configuration>';
    const connection = `Data Source=tcp:${tenantApi.sqlServer};Initial Catalog=Microsoft.MgmtSvc.Store;User ID=wap;Password=hunter2`;
    return `<configuration><connectionStrings><add name="Store" connectionString="${connection}" /></connectionStrings></configuration>`;
  }
  const lines = Object.entries(settings)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([key, value]) => `<add key="${key}" value="${value}" />`);
  return `<configuration><appSettings>${lines.join('')}</appSettings></configuration>`;
}

function settingsIn(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/<add key="([^"]*)" value="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]),
  );
}

function textOf(content = ''): string {
  return Buffer.from(content, 'base64').toString('utf8');
}

function filesIn(drive: string): Record<string, string> {
  if (!existsSync(drive)) return {};
  const entries = readdirSync(drive, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    entries.map(({ parentPath, name }) => {
      const file = join(parentPath, name);
      return [`C:\\${file.slice(drive.length + 1).replaceAll('/', '\\')}`, readFileSync(file).toString('base64')];
    }),
  );
}
