import type { KitParts, KitPlatform } from '../kit.ts';
import { stableUuid } from '../stable-uuid.ts';
import { type P2sSettings, requireProtocol, serverRootOf } from './p2s-settings.ts';
import { phoneKeyNote } from './read-me.ts';

export const androidKit: KitPlatform<P2sSettings> = {
  about: 'for Android: a profile of the app strongSwan VPN Client (IKEv2).',
  howTo: 'On the Android device, install the app "strongSwan VPN Client" and open the file with it.',
  fileType: { extension: 'sswan', contentType: 'application/vnd.strongswan.profile', encoding: 'utf8' },
  // The app hands it to Android, which did not read the other form for long.
  pfxEncryption: 'legacy',
  build: buildAndroid,
};

/**
 * Keys as the app reads them. The same person's next profile replaces the former by its UUID. Without a key the app
 * lets the person choose the certificate when importing.
 */
function buildAndroid(settings: P2sSettings, fileName: string): KitParts {
  requireProtocol(settings, 'IkeV2');
  const { profile, connectionName, commonName, gatewayId, pfx } = settings;
  const content = {
    uuid: stableUuid(`${gatewayId} ${commonName}`, 'android'),
    name: connectionName,
    type: 'ikev2-eap-tls',
    remote: { addr: profile.serverFqdn, cert: base64(serverRootOf(settings)) },
    local: { id: commonName, ...(pfx === undefined ? {} : { p12: base64(pfx.content) }) },
    'split-tunneling': { subnets: profile.routes },
    ...(profile.dnsServers.length === 0 ? {} : { 'dns-servers': profile.dnsServers.join(' ') }),
  };
  return {
    content: `${JSON.stringify(content, null, 2)}\n`,
    notes: [phoneKeyNote(settings), `Install the app "strongSwan VPN Client", then open ${fileName} with it.`],
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
