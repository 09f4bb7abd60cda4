import type { KitParts, KitPlatform } from '../kit.ts';
import { packFiles, zipFile } from '../pack-files.ts';
import { appleProfile } from './apple-profile.ts';
import { keyFileOf, type P2sSettings, profileLine } from './p2s-settings.ts';
import { keyNotes, phoneKeyNote } from './read-me.ts';
import { commonFiles } from './shell-scripts.ts';

/** Apple's systems were seen refusing `.pfx` files that are encrypted otherwise. */
const pfxEncryption = 'legacy';

export const macosP2sKit: KitPlatform<P2sSettings> = {
  about: 'for macOS: a configuration profile (IKEv2) that opens by a click, and a check script.',
  howTo: 'Unpack the zip on the Mac and open the .mobileconfig file in it. README.txt, in the zip too, has every step.',
  fileType: zipFile,
  pfxEncryption,
  build: packMacos,
};

/** Nothing can be run there: one file. */
export const iosKit: KitPlatform<P2sSettings> = {
  about: 'for iPhone and iPad: a configuration profile (IKEv2).',
  howTo:
    'Download it on the iPhone or iPad itself, then go to Settings, General, VPN & Device Management and install the profile.',
  fileType: { extension: 'mobileconfig', contentType: 'application/x-apple-aspen-config', encoding: 'utf8' },
  pfxEncryption,
  build: buildIos,
};

function packMacos(settings: P2sSettings, fileName: string): KitParts {
  const { fileStem } = settings;
  const content = packFiles([
    { name: `${fileStem}.mobileconfig`, content: appleProfile(settings), kind: 'secret' },
    ...commonFiles(settings),
    { name: 'README.txt', content: readMe(settings) },
  ]);
  const keyFileName = keyFileOf(settings);
  return {
    content,
    ...(keyFileName === undefined ? {} : { keyFileName }),
    notes: [
      ...keyNotes(settings, fileName),
      `Unpack it and open ${fileStem}.mobileconfig; README.txt has the steps.`,
      ...basicNotes(settings),
    ],
  };
}

function buildIos(settings: P2sSettings, fileName: string): KitParts {
  return {
    content: appleProfile(settings),
    notes: [
      phoneKeyNote(settings),
      `Open ${fileName} on the device, then: Settings, General, VPN & Device Management, install the profile.`,
      ...(settings.pfx === undefined
        ? ['Then choose the certificate: Settings, General, VPN, the (i) beside the connection, User Authentication.']
        : []),
      ...basicNotes(settings),
    ],
  };
}

/** A gateway of this SKU that offers IKEv2 nonetheless: Azure's pages contradict each other about it. */
function basicNotes({ sku, gatewayId }: P2sSettings): readonly string[] {
  if (sku !== 'Basic') return [];
  return [
    `Gateway ${gatewayId} has the SKU Basic, of which Azure's table of SKUs says that it serves neither Macs nor iPhones.`,
  ];
}

function keySteps({ pfx, fileStem, connectionName, commonName }: P2sSettings): readonly string[] {
  if (pfx === undefined) {
    return [
      `Put the private key that the certificate was asked for with beside the files, as ${fileStem}.key (PEM).
     Where the key is in a .pfx that came with the certificate, open that, and leave out the next step.`,
      `In Terminal, in this folder, make a .pfx with a password of your choice:
     openssl pkcs12 -export -inkey ${fileStem}.key -in ${fileStem}.crt -certfile chain.crt -out ${fileStem}.pfx
     (an OpenSSL 3 needs -legacy as well). Open ${fileStem}.pfx: it goes into your login keychain.`,
      `In the VPN settings of "${connectionName}" choose the authentication "Certificate", and the one of ${commonName}.`,
    ];
  }
  const password = pfx.password === undefined ? ' macOS asks for its password, which was given to you separately.' : '';
  return [`The profile brings your certificate with its private key.${password}`];
}

function readMe(settings: P2sSettings): string {
  const { connectionName, commonName, fileStem, profile } = settings;
  const steps = [
    'Unpack all files into one folder that only you may read.',
    `Open ${fileStem}.mobileconfig, and install it in System Settings, General, Device Management (before macOS 15:
     Privacy & Security, Profiles).`,
    ...keySteps(settings),
    `Connect "${connectionName}" in System Settings, VPN.`,
    'bash check.sh says whether the address, the networks and the certificates are in order, and what to do if not.',
  ];
  return `${[
    `${connectionName}: VPN for ${commonName}, by macOS itself`,
    `Set up\n${steps.map((step, index) => `  ${index + 1}. ${step}`).join('\n')}`,
    `Through the VPN goes ${profile.routes.join(', ')}.`,
    ...basicNotes(settings),
    'Take away: remove the profile where it was installed, the certificate in Keychain Access, and this folder.',
    profileLine(settings),
  ].join('\n\n')}\n`;
}
