import { AppError } from '../../domain/app-error.ts';
import type { TunnelProtocol } from '../../domain/gateway-plan-schema.ts';
import type { ProfilePackage } from '../../domain/profile-package.ts';

/** What every kit for a gateway's point-to-site VPN is made from. */
export interface P2sSettings {
  /** The gateway's newest profile package; its `hash` tells of a kit whether the gateway's settings are still these. */
  readonly profile: ProfilePackage;
  readonly gatewayId: string;
  /** What the user sees: the name of the virtual network, as Azure's own package has it. */
  readonly connectionName: string;
  readonly protocols: readonly TunnelProtocol[];
  readonly sku: string;
  /** IPv4 prefixes that the gateway gives its clients addresses from. */
  readonly addressPool: readonly string[];
  /** The client certificate, DER. */
  readonly certificate: Uint8Array;
  readonly commonName: string;
  /** SHA-1 in upper-case hex. */
  readonly thumbprint: string;
  /** Those above it, DER, nearest first, the root last. */
  readonly chain: readonly Uint8Array[];
  /** The one that signed it: what Windows selects a certificate by, so that a renewed one serves as well. */
  readonly issuer: { readonly commonName: string; readonly thumbprint: string };
  /** Of the last of the chain, SHA-1 in upper-case hex. */
  readonly rootThumbprint: string;
  /**
   * Certificate, key and chain in one file, encrypted as the row of the platform says, where the key was made here;
   * without it the person has the key.
   */
  readonly pfx?: { readonly content: Uint8Array; readonly password?: string };
  /** Where something answers behind the gateway, if somebody named it: IPv4 address and TCP port. */
  readonly probe?: { readonly address: string; readonly port: number };
  /** Names of files without extension, the same for every platform: 1 to 64 of letters, digits, `.`, `_`, `-`. */
  readonly fileStem: string;
}

/** Refuses what some file or command line would read otherwise than it was meant. */
export function requirePlainNames({ fileStem, connectionName, commonName }: P2sSettings): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(fileStem)) {
    throw unfit(
      'fileStem',
      'The file stem is not 1 to 64 letters, digits, ".", "_" or "-", beginning with a letter or digit.',
    );
  }
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/.test(connectionName)) {
    throw unfit('connectionName', 'The connection name is not 1 to 80 letters, digits, ".", "_" or "-".');
  }
  if (/[\p{C}\p{Zl}\p{Zp}"\\]/u.test(commonName)) {
    throw unfit(
      'commonName',
      'The common name has a control character, a quote or a backslash, which clients read in different ways.',
    );
  }
}

function unfit(field: string, message: string): AppError {
  return new AppError('ERR_REQUEST_INVALID', message, {
    problems: [{ path: `/${field}`, code: 'unfitForClients', message, fix: 'Give another name.' }],
  });
}

/** Refuses a platform whose client speaks another protocol than the gateway. */
export function requireProtocol({ protocols, gatewayId, sku }: P2sSettings, needed: TunnelProtocol): void {
  if (protocols.includes(needed)) return;
  const basic = sku === 'Basic' ? ' Its SKU is Basic, which serves neither Macs nor OpenVPN.' : '';
  throw new AppError(
    'ERR_CONFLICT',
    `Clients of this platform connect by ${needed}, and gateway ${gatewayId} offers ${protocols.join(' and ')} only.${basic} ` +
      `Switch ${needed} on for the gateway, or take a kit for another platform.`,
  );
}

/** The authority behind the gateway's own certificate, DER. Throws where the package has none. */
export function serverRootOf(settings: P2sSettings): Uint8Array {
  return requireServerRoot(settings).der;
}

/** The same with its thumbprint. */
export function requireServerRoot({ profile, gatewayId }: P2sSettings): ServerRoot {
  const { serverRoot: der, serverRootThumbprint: thumbprint } = profile;
  if (der !== undefined && thumbprint !== undefined) return { der, thumbprint };
  throw new AppError(
    'ERR_CONFLICT',
    `The profile package of gateway ${gatewayId} has no Generic/VpnServerRoot.cer, which clients know the gateway by. ` +
      `POST /api/gateways/${gatewayId}/profile makes another.`,
  );
}

interface ServerRoot {
  readonly der: Uint8Array;
  /** SHA-1 in upper-case hex. */
  readonly thumbprint: string;
}

/** Of an address or a prefix. */
export function isIpv4(text: string): boolean {
  return !text.includes(':');
}

/** Where the private key is expected beside the files of a kit; undefined where the kit holds it. */
export function keyFileOf({ pfx, fileStem }: P2sSettings): string | undefined {
  return pfx === undefined ? `${fileStem}.key` : undefined;
}

/** What a sentence about the kit's age says in every page. */
export function profileLine({ profile }: P2sSettings): string {
  return `Made from the gateway's profile ${profile.hash.slice(0, 12)}. When the gateway's settings change, ask for a new kit.`;
}
