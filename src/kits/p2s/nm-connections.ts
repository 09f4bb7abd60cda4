import { AppError } from '../../domain/app-error.ts';
import { directiveOf, readTemplate } from './ovpn-template.ts';
import { isIpv4, type P2sSettings } from './p2s-settings.ts';

type Group = Readonly<Record<string, string>>;
type Keyfile = Readonly<Record<string, Group>>;

/** Where a connection finds its files, and what it is known by. */
interface Place {
  readonly uuid: string;
  /** Folder of `client.key` and the certificates, which root alone can read. */
  readonly folder: string;
}

/** For the OpenVPN plugin, by the directives of the gateway's template. Throws where it lacks one that is needed. */
export function openVpnConnection(settings: P2sSettings, { uuid, folder }: Place): Keyfile {
  const { sections } = readTemplate(settings);
  const wordsOf = (word: string): readonly string[] => directiveOf(sections, word) ?? [];
  const [host = '', port = '443'] = wordsOf('remote');
  const [x509Name = '', x509Kind = 'subject'] = wordsOf('verify-x509-name');
  const given = {
    cipher: wordsOf('cipher')[0],
    auth: wordsOf('auth')[0],
    'remote-cert-tls': wordsOf('remote-cert-tls')[0],
    'tls-version-min': wordsOf('tls-version-min')[0],
    'verify-x509-name': x509Name === '' ? undefined : `${x509Kind}:${x509Name.replaceAll(/['"]/g, '')}`,
  };
  if (given['remote-cert-tls'] === undefined) {
    throw new AppError(
      'ERR_AZURE_REFUSED',
      "Azure's OpenVPN profile does not say how the gateway's certificate is checked (remote-cert-tls). Generate the gateway's profile again.",
    );
  }
  return {
    ...common(settings, uuid),
    vpn: {
      'service-type': 'org.freedesktop.NetworkManager.openvpn',
      'connection-type': 'tls',
      remote: `${host}:${port}`,
      ...(wordsOf('proto')[0]?.startsWith('tcp') === true ? { 'proto-tcp': 'yes' } : {}),
      dev: wordsOf('dev')[0] ?? 'tun',
      ca: `${folder}/ca.crt`,
      cert: `${folder}/client.crt`,
      key: `${folder}/client.key`,
      // The key is not encrypted where it lies; the file is root's alone.
      'cert-pass-flags': '4',
      ta: `${folder}/ta.key`,
      'ta-dir': wordsOf('key-direction')[0] ?? '1',
      ...Object.fromEntries(Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined)),
    },
    ...addressing(settings),
  };
}

/** For the strongSwan plugin (charon-nm). */
export function ikeConnection(settings: P2sSettings, { uuid, folder }: Place): Keyfile {
  const { profile, fileStem, commonName } = settings;
  return {
    ...common(settings, uuid),
    vpn: {
      'service-type': 'org.freedesktop.NetworkManager.strongswan',
      address: profile.serverFqdn,
      certificate: `${folder}/VpnServerRoot.crt`,
      method: 'eap-tls',
      'cert-source': 'file',
      usercert: `${folder}/${fileStem}.crt`,
      userkey: `${folder}/client.key`,
      'local-identity': commonName,
      'remote-ts': profile.routes.join(';'),
      virtual: 'yes',
      encap: 'no',
      ipcomp: 'no',
      proposal: 'no',
    },
    ...addressing(settings),
  };
}

/** As NetworkManager reads it. */
export function keyfileText(groups: Keyfile): string {
  return Object.entries(groups)
    .map(([name, group]) => {
      const lines = Object.entries(group).map(([key, value]) => `${key}=${value.replaceAll('\\', '\\\\')}\n`);
      return `[${name}]\n${lines.join('')}`;
    })
    .join('\n');
}

function common({ connectionName }: P2sSettings, uuid: string): Keyfile {
  return { connection: { id: connectionName, uuid, type: 'vpn', autoconnect: 'false' } };
}

// Nothing but what the gateway names goes through it.
function addressing({ profile }: P2sSettings): Keyfile {
  const isIpv6 = (text: string): boolean => !isIpv4(text);
  const ofIpv6 = family(profile, isIpv6);
  return {
    ipv4: { method: 'auto', 'never-default': 'true', ...family(profile, isIpv4) },
    ipv6:
      Object.keys(ofIpv6).length === 0
        ? { method: 'disabled' }
        : { method: 'auto', 'never-default': 'true', ...ofIpv6 },
  };
}

function family({ dnsServers, routes }: P2sSettings['profile'], isOfIt: (text: string) => boolean): Group {
  const servers = dnsServers.filter(isOfIt);
  const dns: Group = servers.length === 0 ? {} : { dns: servers.map((server) => `${server};`).join('') };
  const lines = routes.filter(isOfIt).map((prefix, index): [string, string] => [`route${index + 1}`, prefix]);
  return { ...dns, ...Object.fromEntries(lines) };
}
