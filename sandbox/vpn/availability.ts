import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';

/** Programs that the gateways and their clients are made of, with the Debian package that has each. */
export const vpnPrograms: readonly { readonly program: string; readonly package: string }[] = [
  { program: 'openvpn', package: 'openvpn' },
  { program: 'ip', package: 'iproute2' },
  { program: 'ping', package: 'iputils-ping' },
  { program: 'openssl', package: 'openssl' },
];

/** Why no OpenVPN gateway can run on this machine, as half a sentence for a person; undefined when one can. */
export function vpnUnavailableReason(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces need Linux';
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  if (!isOpenable('/dev/net/tun')) return '/dev/net/tun is missing or may not be opened';
  const missing = vpnPrograms.filter(({ program }) => !isInstalled(program)).map((entry) => entry.package);
  if (missing.length > 0) return `not installed: apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  // Root inside a container often lacks CAP_SYS_ADMIN; only trying tells.
  if (spawnSync('unshare', ['--net', 'true'], { stdio: 'ignore' }).status !== 0) {
    return 'this root may not make network namespaces (CAP_SYS_ADMIN, CAP_NET_ADMIN)';
  }
  return undefined;
}

/** True when gateways can serve IKEv2 too: strongSwan with what it takes from Debian's packages of extra plug-ins. */
export function isIkeAvailable(): boolean {
  const plugins = ['kernel-libipsec', 'eap-radius'].map((name) => `/usr/lib/ipsec/plugins/libstrongswan-${name}.so`);
  return isInstalled('swanctl') && ['/usr/lib/ipsec/charon', ...plugins].every((file) => existsSync(file));
}

/** True when `program` can be started from PATH. */
export function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((folder) => {
    try {
      accessSync(`${folder}/${program}`, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** True when this process may read and write the device. */
export function isOpenable(device: string): boolean {
  try {
    accessSync(device, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
