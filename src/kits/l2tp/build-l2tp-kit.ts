import { type L2tpKit, type L2tpSettings, requireFit } from './l2tp-settings.ts';
import { buildMacosKit } from './macos-kit.ts';
import { buildNetworkManagerKit } from './network-manager-kit.ts';
import { buildStrongswanKit } from './strongswan-kit.ts';
import { buildWindowsKit } from './windows-kit.ts';

export type { L2tpKit, L2tpSettings } from './l2tp-settings.ts';

export const l2tpPlatforms = ['windows', 'macos', 'networkmanager', 'strongswan'] as const;
export type L2tpPlatform = (typeof l2tpPlatforms)[number];

const builders = {
  windows: buildWindowsKit,
  macos: buildMacosKit,
  networkmanager: buildNetworkManagerKit,
  strongswan: buildStrongswanKit,
} as const satisfies Record<L2tpPlatform, (settings: L2tpSettings) => L2tpKit>;

/**
 * Builds the file that sets up one user's machine for the VPN of a stack (L2TP over IPsec with a shared key). The shared key
 * is in it, a password never is: the user types it. The same settings give the same bytes. Throws `ERR_REQUEST_INVALID`
 * where a value could be read otherwise than it was meant.
 */
export function buildL2tpKit(platform: L2tpPlatform, settings: L2tpSettings): L2tpKit {
  requireFit(settings);
  return builders[platform](settings);
}
