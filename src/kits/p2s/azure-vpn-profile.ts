import { XMLParser } from 'fast-xml-parser';
import { AppError } from '../../domain/app-error.ts';
import type { P2sSettings } from './p2s-settings.ts';

const xml = new XMLParser({ ignoreAttributes: true, parseTagValue: false, processEntities: false, maxNestedTags: 64 });
const instance = 'http://www.w3.org/2001/XMLSchema-instance';

/**
 * Azure's profile for the Azure VPN Client, with two things of it filled in: the name of the connection, and the client
 * certificate, for which the client asks at every import otherwise. What tells the gateway from others (its name, its
 * root, its TLS key) stays as Azure wrote it. Throws where the profile does not let people in by certificate.
 */
export function azureVpnProfile(settings: P2sSettings): string {
  const { gatewayId, profile, connectionName, thumbprint } = settings;
  const text = profile.azureVpnConfig;
  if (text === undefined) {
    throw unfit(gatewayId, 'has no AzureVPN/azurevpnconfig.xml, which Azure makes for gateways that offer OpenVPN');
  }
  const { clientauth, name } = read(text);
  if (clientauth?.type !== 'cert') throw unfit(gatewayId, 'is not for certificates');
  const certificate = `<cert><hash>${thumbprint}</hash><issuer xmlns:i="${instance}" i:nil="true" /></cert>`;
  const block = exactlyOne(text, /<clientauth\b[^>]*>[^]*?<\/clientauth>/g);
  const named = exactlyOne(text, /<name>[^<]*<\/name>/g);
  if (block === undefined || named === undefined || name === undefined) {
    throw unfit(gatewayId, 'is laid out otherwise than it was known to be');
  }
  const withoutCertificate = block.replace(/<cert\b[^>]*\/>|<cert\b[^>]*>[^]*?<\/cert>/, '');
  // Of the elements of its kind in the order that their reader asks for: by the alphabet.
  const filled = withoutCertificate.replace('<type>', `${certificate}<type>`);
  return text.replace(block, () => filled).replace(named, () => `<name>${connectionName}</name>`);
}

interface ReadProfile {
  readonly clientauth?: { readonly type?: unknown } | undefined;
  readonly name?: unknown;
}

function read(text: string): ReadProfile {
  try {
    const { AzVpnProfile: root } = xml.parse(text) as { readonly AzVpnProfile?: unknown };
    return typeof root === 'object' && root !== null ? root : {};
  } catch {
    return {};
  }
}

function exactlyOne(text: string, pattern: RegExp): string | undefined {
  const [first, ...others] = text.match(pattern) ?? [];
  return others.length === 0 ? first : undefined;
}

function unfit(gatewayId: string, why: string): AppError {
  return new AppError(
    'ERR_CONFLICT',
    `The profile package of gateway ${gatewayId} ${why}: the Azure VPN Client cannot use it. Switch OpenVPN and certificates on for ` +
      `the gateway and ask for another package (POST /api/gateways/${gatewayId}/profile), or take a kit for another platform.`,
  );
}
