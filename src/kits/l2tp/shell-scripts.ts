import { quoteAll, quoteShell, withVariables } from '../shell-settings.ts';
import { type L2tpSettings, slugOf } from './l2tp-settings.ts';
import checkText from './scripts/check.sh';
import connectText from './scripts/connect.sh';
import disconnectText from './scripts/disconnect.sh';

/** Folder of a connection while it lasts; in memory, and gone with it. */
export function runFolder(settings: L2tpSettings): string {
  return `/run/gatehouse-${slugOf(settings)}`;
}

/**
 * Connects: asks for the password, which goes to a file in memory that only root may read and that goes once it is
 * connected.
 */
export function connectScript(settings: L2tpSettings): string {
  return withVariables(connectText, variables(settings));
}

/** Ends the connection; with --remove it also takes away what the other script put in place. */
export function disconnectScript(settings: L2tpSettings): string {
  return withVariables(disconnectText, variables(settings));
}

/** Checks the connection; with a `uuid` it is one of NetworkManager's. */
export function checkScript(settings: L2tpSettings, uuid = ''): string {
  return withVariables(
    checkText,
    [
      `name=${quoteShell(slugOf(settings))}`,
      `uuid=${quoteShell(uuid)}`,
      `portal=${quoteShell(settings.portalFqdn)}`,
      `range_from=${quoteShell(settings.addressRange.from)}`,
      `range_to=${quoteShell(settings.addressRange.to)}`,
    ].join('\n'),
  );
}

function variables(settings: L2tpSettings): string {
  const isSplit = settings.tunnel === 'split';
  return [
    `name=${quoteShell(slugOf(settings))}`,
    `run=${quoteShell(runFolder(settings))}`,
    `server=${quoteShell(settings.serverAddress)}`,
    `user=${quoteShell(settings.userName)}`,
    `portal=${quoteShell(settings.portalFqdn)}`,
    // Two halves are nearer than the default route, which stays for the time after.
    `prefixes=(${quoteAll(isSplit ? settings.splitRoutes : ['0.0.0.0/1', '128.0.0.0/1'])})`,
    `dns_servers=(${quoteAll(settings.dnsServers)})`,
    `dns_suffix=${quoteShell(settings.dnsSuffix)}`,
  ].join('\n');
}
