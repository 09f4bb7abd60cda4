import addressRanges from './preludes/address-ranges.ps1';
import answer from './preludes/answer.ps1';
import connectorSites from './preludes/connector-sites.ps1';
import dataShare from './preludes/data-share.ps1';
import download from './preludes/download.ps1';
import endpoints from './preludes/endpoints.ps1';
import installer from './preludes/installer.ps1';
import logonFailures from './preludes/logon-failures.ps1';
import native from './preludes/native.ps1';
import notes from './preludes/notes.ps1';
import packageScript from './preludes/package-script.ps1';
import privilegedEndpoint from './preludes/privileged-endpoint.ps1';
import products from './preludes/products.ps1';
import remoteAccess from './preludes/remote-access.ps1';
import vpnAccounts from './preludes/vpn-accounts.ps1';
import webSites from './preludes/web-sites.ps1';

/** What several steps do alike, by the names under which they ask for it. */
const preludes: Readonly<Record<string, string>> = {
  'address-ranges': addressRanges,
  answer,
  'connector-sites': connectorSites,
  'data-share': dataShare,
  download,
  endpoints,
  installer,
  'logon-failures': logonFailures,
  native,
  notes,
  'package-script': packageScript,
  'privileged-endpoint': privilegedEndpoint,
  products,
  'remote-access': remoteAccess,
  'vpn-accounts': vpnAccounts,
  'web-sites': webSites,
};

/**
 * The script of a step with its preludes in the place of the line that names them, `# Preludes: answer, notes`. One
 * text, whatever it shares with others: it may run on a machine behind the one that was given it, and people read what
 * they run. Throws for a prelude that there is none of.
 */
export function withPreludes(script: string): string {
  return script.replace(/^# Preludes: (.+)\n/m, (_line, names: string) => names.split(', ').map(textOf).join('\n'));
}

function textOf(name: string): string {
  const text = preludes[name];
  if (text === undefined) throw new Error(`There is no prelude ${name}.`);
  return text;
}
