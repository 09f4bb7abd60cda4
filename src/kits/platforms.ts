import type { Kit, KitPlatform } from './kit.ts';
import { type L2tpSettings, requireFit, slugOf } from './l2tp/l2tp-settings.ts';
import { macosKit } from './l2tp/macos-kit.ts';
import { networkManagerKit } from './l2tp/network-manager-kit.ts';
import { strongswanKit } from './l2tp/strongswan-kit.ts';
import { windowsKit } from './l2tp/windows-kit.ts';
import { androidKit } from './p2s/android-kit.ts';
import { iosKit, macosP2sKit } from './p2s/apple-kits.ts';
import { azureVpnKit } from './p2s/azure-vpn-kit.ts';
import { networkManagerP2sKit } from './p2s/network-manager-kit.ts';
import { openVpn2Kit } from './p2s/openvpn2-kit.ts';
import { openVpn3Kit } from './p2s/openvpn3-kit.ts';
import { type P2sSettings, requirePlainNames } from './p2s/p2s-settings.ts';
import { strongswanP2sKit } from './p2s/strongswan-kit.ts';
import { windowsX64Kit, windowsX86Kit } from './p2s/windows-kit.ts';

/**
 * Every platform that a kit can be made for. What a request may name, the OpenAPI document, the file and its type, the
 * builder and the API reference come from here: a platform is a file and a row.
 */
const kitPlatforms = {
  /** For the VPN of a stack: L2TP over IPsec with a shared key and a password. */
  l2tp: { windows: windowsKit, macos: macosKit, networkmanager: networkManagerKit, strongswan: strongswanKit },
  /** For a gateway's point-to-site VPN, with a client certificate. */
  p2s: {
    'windows-x64': windowsX64Kit,
    'windows-x86': windowsX86Kit,
    azurevpn: azureVpnKit,
    macos: macosP2sKit,
    ios: iosKit,
    android: androidKit,
    strongswan: strongswanP2sKit,
    networkmanager: networkManagerP2sKit,
    openvpn2: openVpn2Kit,
    openvpn3: openVpn3Kit,
  },
} as const satisfies {
  readonly l2tp: Readonly<Record<string, KitPlatform<L2tpSettings>>>;
  readonly p2s: Readonly<Record<string, KitPlatform<P2sSettings>>>;
};

export type L2tpPlatform = keyof typeof kitPlatforms.l2tp;
export type P2sPlatform = keyof typeof kitPlatforms.p2s;

export const l2tpPlatforms = describe(kitPlatforms.l2tp);
export const p2sPlatforms = describe(kitPlatforms.p2s);

/**
 * Builds the file that sets up one user's machine for the VPN of a stack. The shared key is in it, a password never is:
 * the user types it. Throws `ERR_REQUEST_INVALID` where a value could be read otherwise than it was meant.
 */
export function buildL2tpKit(platform: L2tpPlatform, settings: L2tpSettings): Kit {
  requireFit(settings);
  return build(kitPlatforms.l2tp[platform], settings, `${slugOf(settings)}-${platform}-${settings.tunnel}`);
}

/**
 * Builds what sets up a machine for a gateway with a certificate. Throws where the gateway's profile does not serve for
 * it.
 */
export function buildP2sKit(platform: P2sPlatform, settings: P2sSettings): Kit {
  requirePlainNames(settings);
  return build(kitPlatforms.p2s[platform], settings, `${settings.fileStem}-${platform}`);
}

function build<Settings>(platform: KitPlatform<Settings>, settings: Settings, stem: string): Kit {
  const fileName = `${stem}.${platform.fileType.extension}`;
  const { content, notes = [], ...parts } = platform.build(settings, fileName);
  return {
    ...platform.fileType,
    ...parts,
    fileName,
    content: typeof content === 'string' ? Buffer.from(content, 'utf8') : content,
    notes,
    howTo: platform.howTo,
  };
}

interface Family<Name extends string> {
  /** What a request may name. */
  readonly names: [Name, ...Name[]];
  /** A list of them with the file and what it is. */
  readonly about: string;
  /** How a `.pfx` for their kits is to be encrypted. */
  readonly pfxEncryption: Readonly<Record<Name, 'modern' | 'legacy'>>;
}

function describe<Name extends string>(
  family: Readonly<Record<Name, Pick<KitPlatform<never>, 'about' | 'fileType' | 'pfxEncryption'>>>,
): Family<Name> {
  const names = Object.keys(family) as [Name, ...Name[]];
  const rows = names.map((name) => `- \`${name}\` (\`.${family[name].fileType.extension}\`): ${family[name].about}`);
  const encryption = names.map((name) => [name, family[name].pfxEncryption ?? 'modern'] as const);
  return {
    names,
    about: rows.join('\n'),
    pfxEncryption: Object.fromEntries(encryption) as Family<Name>['pfxEncryption'],
  };
}
