import { AppError } from '../../domain/app-error.ts';
import { certificatePem } from '../certificate-pem.ts';
import type { KitParts, KitPlatform } from '../kit.ts';
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

/** A line of the template: a directive or remark by itself, or an inline block from its opening to its closing tag. */
interface Section {
  readonly tag: string | undefined;
  readonly lines: readonly string[];
}

/**
 * The gateway's template is kept as it is but for three things: `<cert>` is filled, `<key>` becomes a reference to the key file,
 * and `log` is dropped (it writes into whatever folder the client was started from).
 */
function buildProfile(settings: P2sSettings, fileName: string): KitParts {
  const template = templateOf(settings);
  const sections = readSections(template);
  const problems = findProblems(sections);
  if (sections === undefined || problems.length > 0) throw unfit(problems);
  const keyFileName = `${settings.fileStem}.key`;
  const lines = sections
    .filter((section) => !isLog(section))
    .flatMap((section) => rewrite(section, settings, keyFileName));
  return {
    content: lines.join(template.includes('\r\n') ? '\r\n' : '\n'),
    keyFileName,
    notes: notesOn(fileName, keyFileName),
  };
}

function templateOf({ profile, gatewayId }: P2sSettings): string {
  if (profile.ovpnTemplate !== undefined) return profile.ovpnTemplate;
  throw new AppError(
    'ERR_CONFLICT',
    `The profile package of gateway ${gatewayId} holds no OpenVPN profile; its protocols must include OpenVPN.`,
  );
}

function unfit(problems: readonly string[]): AppError {
  return new AppError(
    'ERR_AZURE_REFUSED',
    `Azure's OpenVPN profile cannot be filled in: ${problems.join(' ')} Generate the gateway's profile again, with OpenVPN and certificates switched on.`,
  );
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

function readSections(template: string): readonly Section[] | undefined {
  const sections: Section[] = [];
  let open: { tag: string; lines: string[] } | undefined;
  for (const line of template.split(/\r?\n/)) {
    if (open === undefined) {
      const tag = /^\s*<([a-z0-9-]+)>\s*$/i.exec(line)?.[1]?.toLowerCase();
      if (tag === undefined) sections.push({ tag, lines: [line] });
      else open = { tag, lines: [line] };
      continue;
    }
    open.lines.push(line);
    if (line.trim().toLowerCase() === `</${open.tag}>`) {
      sections.push(open);
      open = undefined;
    }
  }
  return open === undefined ? sections : undefined;
}

function isLog({ tag, lines }: Section): boolean {
  return tag === undefined && /^\s*log(-append)?(\s|$)/.test(lines[0] ?? '');
}

function findProblems(sections: readonly Section[] | undefined): readonly string[] {
  if (sections === undefined) return ['An inline block of the template is not closed.'];
  const blocks = ['ca', 'cert', 'key'].flatMap((tag) => {
    const count = sections.filter((section) => section.tag === tag).length;
    return count === 1 ? [] : [`The template has ${count} blocks <${tag}> where it should have one.`];
  });
  const directives = ['client', 'remote'].flatMap((word) =>
    sections.some((section) => section.tag === undefined && section.lines[0]?.trim().split(/\s+/)[0] === word)
      ? []
      : [`The template has no directive "${word}".`],
  );
  return [...blocks, ...directives];
}
