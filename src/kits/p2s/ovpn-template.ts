import { AppError } from '../../domain/app-error.ts';
import type { P2sSettings } from './p2s-settings.ts';

/** A line of the template: a directive or remark by itself, or an inline block from its opening to its closing tag. */
export interface Section {
  readonly tag: string | undefined;
  readonly lines: readonly string[];
}

/**
 * The gateway's OpenVPN profile in its sections. Throws where the package holds none, or one that cannot be filled in.
 */
export function readTemplate({ profile, gatewayId }: P2sSettings): {
  readonly sections: readonly Section[];
  readonly lineBreak: string;
} {
  const template = profile.ovpnTemplate;
  if (template === undefined) {
    throw new AppError(
      'ERR_CONFLICT',
      `The profile package of gateway ${gatewayId} holds no OpenVPN profile; its protocols must include OpenVPN.`,
    );
  }
  const sections = readSections(template);
  const problems = findProblems(sections);
  if (sections === undefined || problems.length > 0) throw unfit(problems);
  return { sections, lineBreak: template.includes('\r\n') ? '\r\n' : '\n' };
}

/** What a block holds, without its tags; undefined where there is none. */
export function blockOf(sections: readonly Section[], tag: string): string | undefined {
  const found = sections.find((section) => section.tag === tag);
  return found === undefined ? undefined : `${found.lines.slice(1, -1).join('\n')}\n`;
}

/** The words after the first directive of this name; undefined where there is none. */
export function directiveOf(sections: readonly Section[], word: string): readonly string[] | undefined {
  return sections
    .filter(({ tag }) => tag === undefined)
    .map(({ lines }) => (lines[0] ?? '').trim().split(/\s+/))
    .find(([first]) => first === word)
    ?.slice(1);
}

/** `log` writes into whatever folder the client was started from, and some clients refuse it. */
export function isLog({ tag, lines }: Section): boolean {
  return tag === undefined && /^\s*log(-append)?(\s|$)/.test(lines[0] ?? '');
}

function unfit(problems: readonly string[]): AppError {
  return new AppError(
    'ERR_AZURE_REFUSED',
    `Azure's OpenVPN profile cannot be filled in: ${problems.join(' ')} Generate the gateway's profile again, with OpenVPN and certificates switched on.`,
  );
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

function findProblems(sections: readonly Section[] | undefined): readonly string[] {
  if (sections === undefined) return ['An inline block of the template is not closed.'];
  const blocks = ['ca', 'cert', 'key'].flatMap((tag) => {
    const count = sections.filter((section) => section.tag === tag).length;
    return count === 1 ? [] : [`The template has ${count} blocks <${tag}> where it should have one.`];
  });
  const directives = ['client', 'remote'].flatMap((word) =>
    directiveOf(sections, word) === undefined ? [`The template has no directive "${word}".`] : [],
  );
  return [...blocks, ...directives];
}
