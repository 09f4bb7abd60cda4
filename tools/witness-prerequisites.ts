/**
 * Says in one line what the witness tests are missing on this machine, and ends with 1; silent and 0 when nothing is.
 * With WITNESS_WITHOUT=dotnet in the environment .NET is not missed, and a line names the suites that are left out.
 * Only what Node has built in: it runs before anything else is known to be there.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { installSdkCommand } from '../sandbox/runtime/durable-extension/build.ts';
import { isInstalled, isOpenable, vpnPrograms } from '../sandbox/vpn/availability.ts';
import { findSshd } from '../sandbox/windows/transports/sshd-program.ts';
import { dotnetPrograms, restoreCommand } from './dotnet/programs.ts';
import { choiceName, findDotnetSuites, isWithoutDotnet } from './dotnet/suites.ts';

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
  const choice = process.env[choiceName];
  if (choice !== undefined && choice !== '' && !isWithoutDotnet()) {
    return `${choiceName} may be dotnet, and is ${choice}.`;
  }
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
  const dotnet = isWithoutDotnet() ? undefined : findMissingDotnet();
  if (dotnet !== undefined) return dotnet;
  if (!existsSync(openApiFolder)) {
    return "Set OPENAPI_DIR to a folder with Azure's published API descriptions (default: ../shared/openapi).";
  }
  return undefined;
}

/** Whoever has no .NET may leave out what needs it, but has to say so. */
function findMissingDotnet(): string | undefined {
  if (!hasSdk()) {
    return `${installSdkCommand} && ${restoreCommand}   # or leave out what needs it: ${choiceName}=dotnet`;
  }
  return Object.values(dotnetPrograms).every((program) => existsSync(program)) ? undefined : restoreCommand;
}

/** Version 10 or newer: PowerShell's package brings no runtime of its own, and the Durable Task extension is built. */
function hasSdk(): boolean {
  const { error, stdout } = spawnSync('dotnet', ['--list-sdks'], { encoding: 'utf8' });
  return error === undefined && /^[1-9]\d\./m.test(stdout);
}

const missing = findMissing();
if (missing !== undefined) {
  console.error(missing);
  process.exitCode = 1;
} else if (isWithoutDotnet()) {
  console.log(`Left out, as ${choiceName}=dotnet says: ${findDotnetSuites().join(', ')}`);
}
