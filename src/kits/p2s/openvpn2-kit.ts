import { certificatePem } from '../certificate-pem.ts';
import type { KitParts, KitPlatform } from '../kit.ts';
import { isLog, readTemplate, type Section } from './ovpn-template.ts';
import type { P2sSettings } from './p2s-settings.ts';

/**
 * The private key is not in it: the person who made the request has it, and puts it beside the profile. Secret all the same:
 * it holds the gateway's tls-auth key.
 */
export const openVpn2Kit: KitPlatform<P2sSettings> = {
  about:
    'for the OpenVPN 2 client: the profile with the certificate in it, which looks for the private key beside itself.',
  fileType: { extension: 'ovpn', contentType: 'application/x-openvpn-profile', encoding: 'utf8' },
  build: buildProfile,
};

/**
 * The gateway's template is kept as it is but for three things: `<cert>` is filled, `<key>` becomes a reference to the key file,
 * and `log` is dropped (it writes into whatever folder the client was started from).
 */
function buildProfile(settings: P2sSettings, fileName: string): KitParts {
  const { sections, lineBreak } = readTemplate(settings);
  const keyFileName = `${settings.fileStem}.key`;
  const lines = sections
    .filter((section) => !isLog(section))
    .flatMap((section) => rewrite(section, settings, keyFileName));
  return { content: lines.join(lineBreak), keyFileName, notes: notesOn(fileName, keyFileName) };
}

function notesOn(fileName: string, keyFileName: string): readonly string[] {
  return [
    `Put the private key that the certificate request was made with beside ${fileName}, as ${keyFileName} (PEM).`,
    `Let nobody but its owner read the key: chmod 600 ${keyFileName}. It is not part of this kit and was never sent.`,
    `Start the client in that folder: sudo openvpn --config ${fileName}. Elsewhere, add --cd with the folder before it.`,
    'The profile holds a secret of the gateway (tls-auth). Do not pass it on.',
  ];
}

function rewrite({ tag, lines }: Section, { certificate, chain }: P2sSettings, keyFileName: string): readonly string[] {
  if (tag === 'key') return [`key ${keyFileName}`];
  if (tag !== 'cert') return lines;
  return ['<cert>', ...[certificate, ...chain].flatMap((der) => certificatePem(der).trimEnd().split('\n')), '</cert>'];
}
