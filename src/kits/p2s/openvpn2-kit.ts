import { certificatePem } from '../certificate-pem.ts';
import type { KitParts, KitPlatform } from '../kit.ts';
import { isLog, readTemplate, type Section } from './ovpn-template.ts';
import { keyFileOf, type P2sSettings } from './p2s-settings.ts';
import { keyNotes, madeKeyNote } from './read-me.ts';

/** Secret even without the private key: it holds the gateway's tls-auth key. */
export const openVpn2Kit: KitPlatform<P2sSettings> = {
  about:
    'for the OpenVPN 2 client: the profile with the certificate in it, which looks for the private key beside itself where it was not made here.',
  howTo: 'Import the file in your OpenVPN client, or run sudo openvpn --config with its name.',
  fileType: { extension: 'ovpn', contentType: 'application/x-openvpn-profile', encoding: 'utf8' },
  build: buildProfile,
};

/**
 * The gateway's template is kept as it is but for three things: `<cert>` and `<key>` are filled, the key by a reference
 * to its file where the person has it, and `log` is dropped (it writes into whatever folder the client was started
 * from).
 */
function buildProfile(settings: P2sSettings, fileName: string): KitParts {
  const { sections, lineBreak } = readTemplate(settings);
  const lines = sections.filter((section) => !isLog(section)).flatMap((section) => rewrite(section, settings));
  const keyFileName = keyFileOf(settings);
  return {
    content: lines.join(lineBreak),
    ...(keyFileName === undefined ? {} : { keyFileName }),
    notes: [
      ...(keyFileName === undefined ? madeKeyNotes(settings, fileName) : ownKeyNotes(fileName, keyFileName)),
      `Start the client in that folder: sudo openvpn --config ${fileName}. Elsewhere, add --cd with the folder before it.`,
      'The profile holds a secret of the gateway (tls-auth). Do not pass it on.',
    ],
  };
}

function ownKeyNotes(fileName: string, keyFileName: string): readonly string[] {
  return [
    `Put the private key that the certificate request was made with beside ${fileName}, as ${keyFileName} (PEM).`,
    `Let nobody but its owner read the key: chmod 600 ${keyFileName}. It is not part of this kit.`,
    madeKeyNote(keyFileName),
  ];
}

function madeKeyNotes(settings: P2sSettings, fileName: string): readonly string[] {
  return [...keyNotes(settings, fileName), 'The client asks for the password of the key, which was given separately.'];
}

function rewrite({ tag, lines }: Section, settings: P2sSettings): readonly string[] {
  const { certificate, chain, pfx, fileStem } = settings;
  if (tag === 'key') return pfx === undefined ? [`key ${fileStem}.key`] : pkcs12Block(pfx.content);
  if (tag !== 'cert') return lines;
  if (pfx !== undefined) return [];
  return ['<cert>', ...[certificate, ...chain].flatMap((der) => certificatePem(der).trimEnd().split('\n')), '</cert>'];
}

/** Key, certificate and chain; the gateway is still known by the template's `<ca>` alone. */
function pkcs12Block(content: Uint8Array): readonly string[] {
  const lines =
    Buffer.from(content)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return ['<pkcs12>', ...lines, '</pkcs12>'];
}
