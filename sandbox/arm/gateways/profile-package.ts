import { strToU8, zipSync } from 'fflate';
import type { AppliedGateway } from './applied-gateway.ts';
import { renderOpenVpnProfile } from './openvpn-profile.ts';
import { renderAzureVpnConfig, renderVpnSettings, serverRootDer } from './profile-documents.ts';

/** The first two bytes of every Windows program; the rest says what it is. */
const fakeProgram = strToU8('MZ This is not the Windows installer: the local stack has none.');

/**
 * The archive that Azure makes for a gateway: exactly the files that its protocols and its authentication call for.
 */
export function createProfilePackage(gateway: AppliedGateway, authenticationMethod: string): Buffer {
  return Buffer.from(zipSync({ ...genericFiles(gateway, authenticationMethod), ...tunnelFiles(gateway) }));
}

type Files = Record<string, Uint8Array>;

function genericFiles(gateway: AppliedGateway, authenticationMethod: string): Files {
  return {
    'Generic/VpnSettings.xml': strToU8(renderVpnSettings(gateway, authenticationMethod)),
    'Generic/VpnServerRoot.cer': new Uint8Array(serverRootDer(gateway)),
  };
}

function tunnelFiles(gateway: AppliedGateway): Files {
  const files: Files = {};
  if (gateway.protocols.includes('IkeV2') && !isEntraOnly(gateway)) {
    files['WindowsAmd64/VpnClientSetupAmd64.exe'] = fakeProgram;
    files['WindowsX86/VpnClientSetupX86.exe'] = fakeProgram;
  }
  if (!gateway.protocols.includes('OpenVPN')) return files;
  // Entra ID signs in through the Azure VPN Client alone: no OpenVPN folder then.
  if (!isEntraOnly(gateway)) files['OpenVPN/vpnconfig.ovpn'] = strToU8(renderOpenVpnProfile(gateway.identity));
  for (const authentication of gateway.authentication) {
    files[azureVpnPath(gateway, authentication)] = strToU8(renderAzureVpnConfig(gateway, authentication));
  }
  return files;
}

function isEntraOnly(gateway: AppliedGateway): boolean {
  return gateway.authentication.every((kind) => kind === 'AAD');
}

function azureVpnPath(gateway: AppliedGateway, authentication: string): string {
  if (gateway.authentication.length === 1) return 'AzureVPN/azurevpnconfig.xml';
  const suffix = authentication === 'Certificate' ? 'cert' : authentication.toLowerCase();
  return `AzureVPN/azurevpnconfig_${suffix}.xml`;
}
