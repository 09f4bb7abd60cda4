/**
 * Says in one line what the witness tests are missing on this machine, and ends with 1; silent and 0 when nothing is. Only
 * what Node has built in: it runs before anything else is known to be there.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { isInstalled, isOpenable, vpnPrograms } from '../sandbox/vpn/availability.ts';
import { findSshd } from '../sandbox/windows/transports/sshd-program.ts';
import { dotnetPrograms, restoreCommand } from './dotnet/programs.ts';

const root = resolve(import.meta.dirname, '..');
const openApiFolder = resolve(root, process.env['OPENAPI_DIR'] ?? '../shared/openapi');
const programs = [
  ...vpnPrograms,
  { program: 'gnutls-cli', package: 'gnutls-bin' },
  { program: 'swanctl', package: 'strongswan-swanctl' },
  { program: 'xl2tpd', package: 'xl2tpd' },
  { program: 'pppd', package: 'ppp' },
  { program: 'nmcli', package: 'network-manager' },
  { program: 'python3', package: 'python3' },
  { program: 'jq', package: 'jq' },
  { program: 'curl', package: 'curl' },
];
// strongSwan's daemon is on nobody's path.
const charon = '/usr/lib/ipsec/charon';

/** In the order in which a person would put things right. */
function findMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'Witness tests make network namespaces: run them as root.';
  const missing = programs.filter(({ program }) => !isInstalled(program)).map((entry) => entry.package);
  if (findSshd() === undefined) missing.push('openssh-server');
  if (!existsSync(charon)) missing.push('strongswan-charon');
  if (missing.length > 0) {
    return `apt-get update && apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  }
  if (!isOpenable('/dev/net/tun')) {
    return 'mkdir -p /dev/net && mknod /dev/net/tun c 10 200   # in a container: also --device /dev/net/tun --cap-add NET_ADMIN';
  }
  if (!Object.values(dotnetPrograms).every((program) => existsSync(program))) {
    const sdk = hasDotnet() ? '' : '   # with the .NET SDK, 10 or newer: https://dot.net';
    return `${restoreCommand}${sdk}`;
  }
  if (!hasDotnet()) return 'Install the .NET SDK, 10 or newer, for PowerShell: https://dot.net';
  if (!existsSync(openApiFolder)) {
    return "Set OPENAPI_DIR to a folder with Azure's published API descriptions (default: ../shared/openapi).";
  }
  return undefined;
}

/** PowerShell's package brings no runtime of its own. */
function hasDotnet(): boolean {
  const { error, stdout } = spawnSync('dotnet', ['--list-runtimes'], { encoding: 'utf8' });
  return error === undefined && /^Microsoft\.NETCore\.App [1-9]\d\./m.test(stdout);
}

const missing = findMissing();
if (missing !== undefined) {
  console.error(missing);
  process.exitCode = 1;
}
