export interface OpenVpn2KitOptions {
  /** OpenVPN/vpnconfig.ovpn of the gateway's profile package. */
  readonly ovpnTemplate: string;
  readonly certificatePem: string;
  /** Intermediates between the certificate and the gateway's root, nearest first; empty where the root signed. */
  readonly chainPem: readonly string[];
  /** Name of the files without extension: 1 to 64 of letters, digits, `.`, `_`, `-`. */
  readonly fileStem: string;
}

export interface OpenVpn2Kit {
  readonly fileName: string;
  readonly mediaType: 'application/x-openvpn-profile';
  /** Secret: it holds the gateway's tls-auth key, though no private key. */
  readonly content: string;
  /** The file that the private key must be put into, beside the profile. */
  readonly keyFileName: string;
  readonly notes: readonly string[];
}

interface KitProblem {
  readonly code: string;
  readonly message: string;
}

export type OpenVpn2KitResult =
  { readonly ok: true; readonly kit: OpenVpn2Kit } | { readonly ok: false; readonly problems: readonly KitProblem[] };

/** A line of the template: a directive or remark by itself, or an inline block from its opening to its closing tag. */
interface Section {
  readonly tag: string | undefined;
  readonly lines: readonly string[];
}

/**
 * Builds the profile for the OpenVPN 2 client without its private key: the person who made the request has it, and puts it
 * beside the profile. The gateway's template is kept as it is but for three things: `<cert>` is filled, `<key>` becomes a
 * reference to the key file, and `log` is dropped (it writes into whatever folder the client was started from).
 * Returns problems where the template is not one of an Azure certificate profile, or the file stem is no plain name.
 */
export function buildOpenVpn2Kit(options: OpenVpn2KitOptions): OpenVpn2KitResult {
  const eol = options.ovpnTemplate.includes('\r\n') ? '\r\n' : '\n';
  const sections = readSections(options.ovpnTemplate);
  const problems = [...findStemProblems(options.fileStem), ...findTemplateProblems(sections)];
  if (problems.length > 0 || sections === undefined) return { ok: false, problems };
  const lines = sections.filter((section) => !isLog(section)).flatMap((section) => rewrite(section, options));
  return { ok: true, kit: describe(options.fileStem, lines.join(eol)) };
}

function describe(fileStem: string, content: string): OpenVpn2Kit {
  const fileName = `${fileStem}.ovpn`;
  const keyFileName = `${fileStem}.key`;
  return {
    fileName,
    mediaType: 'application/x-openvpn-profile',
    content,
    keyFileName,
    notes: [
      `Put the private key that the certificate request was made with beside ${fileName}, as ${keyFileName} (PEM).`,
      `Let nobody but its owner read the key: chmod 600 ${keyFileName}. It is not part of this kit and was never sent.`,
      `Start the client in that folder: sudo openvpn --config ${fileName}. Elsewhere, add --cd with the folder before it.`,
      'The profile holds a secret of the gateway (tls-auth). Do not pass it on.',
    ],
  };
}

function rewrite(
  { tag, lines }: Section,
  { certificatePem, chainPem, fileStem }: OpenVpn2KitOptions,
): readonly string[] {
  if (tag === 'key') return [`key ${fileStem}.key`];
  if (tag !== 'cert') return lines;
  const certificates = [certificatePem, ...chainPem].flatMap((pem) => pem.trim().split(/\r?\n/));
  return ['<cert>', ...certificates, '</cert>'];
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

function findStemProblems(fileStem: string): readonly KitProblem[] {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(fileStem)) return [];
  return [
    {
      code: 'fileStem',
      message: 'The file stem is not 1 to 64 letters, digits, ".", "_" or "-", beginning with a letter or digit.',
    },
  ];
}

function findTemplateProblems(sections: readonly Section[] | undefined): readonly KitProblem[] {
  if (sections === undefined) return [problem('templateBlockOpen', 'An inline block of the template is not closed.')];
  const blocks = ['ca', 'cert', 'key'].flatMap((tag) => {
    const count = sections.filter((section) => section.tag === tag).length;
    return count === 1
      ? []
      : [problem('templateBlock', `The template has ${count} blocks <${tag}> where it should have one.`)];
  });
  const directives = ['client', 'remote'].flatMap((word) =>
    sections.some((section) => section.tag === undefined && section.lines[0]?.trim().split(/\s+/)[0] === word)
      ? []
      : [problem('templateDirective', `The template has no directive "${word}".`)],
  );
  return [...blocks, ...directives];
}

function problem(code: string, message: string): KitProblem {
  return {
    code,
    message: `${message} Generate the gateway's profile again, with OpenVPN and certificates switched on.`,
  };
}
