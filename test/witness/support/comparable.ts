import type { WindowsMachine, WorldParts } from '../../../sandbox/windows/world/records.ts';

/**
 * A world as far as both sides can be compared: what is left out here stands, with its reason, in
 * docs/sandbox-divergences.md.
 */
export function comparable({ machines, domains, network, connector }: WorldParts): object {
  return { machines: machines.map(machineOf), domains, network, connector: connectorOf(connector) };
}

/** What scripts note for themselves: files and values of the registry there, lists of names in the simulation. */
function machineOf({ notes: _notes, registry, files, azurePack, ...machine }: WindowsMachine): object {
  const own = Object.entries(registry).filter(([name]) => !name.startsWith('HKLM:\\SOFTWARE\\Gatehouse'));
  const others = Object.entries(files).filter(([path]) => !path.startsWith('C:\\ProgramData\\Gatehouse'));
  return {
    ...machine,
    azurePack: { ...azurePack, urlRewrite: azurePack.urlRewrite.version, notes: undefined },
    registry: Object.fromEntries(own),
    files: Object.fromEntries(others),
    remoteAccess: remoteAccessOf(machine),
  };
}

/** The settings from before are a folder there; a key that nobody knows is another one on each side. */
function remoteAccessOf({ remoteAccess }: Pick<WindowsMachine, 'remoteAccess'>): object | undefined {
  if (remoteAccess === undefined) return undefined;
  const { before: _before, sharedKey, inForce, ...rest } = remoteAccess;
  return {
    ...rest,
    sharedKey: keyOf(sharedKey),
    inForce: { ...inForce, sharedKey: keyOf(inForce.sharedKey) },
  };
}

function keyOf(sharedKey: string | undefined): string | undefined {
  return sharedKey !== undefined && sharedKey.length > 60 ? 'unknown' : sharedKey;
}

/** Times, and the names that are made of them. */
function connectorOf({ multiCloud, outputFiles, sqlServers, ...connector }: WorldParts['connector']): object {
  const { lastRunEndedMs, pending, ...cloud } = multiCloud;
  return {
    ...connector,
    multiCloud: { ...cloud, hasRun: lastRunEndedMs > 0, pending: pending && { ...pending, dueMs: 'later' } },
    outputFiles: outputFiles.map(({ text, isUtf16 }) => ({ text, isUtf16 })),
    sqlServers: Object.values(sqlServers).map(({ lastWorkEndedMs, backups, ...server }) => ({
      ...server,
      hasWorked: lastWorkEndedMs > 0,
      backups: backups.map(({ name, trusts }) => ({ name: withoutStamp(name), trusts })),
    })),
  };
}

/** The name of a backup holds the time of its making. */
export function withoutStamp(name: string): string {
  return name.replace(/\d{14}/, 'stamp');
}
