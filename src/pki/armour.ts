import { describeWrapping } from './armour-wrapping.ts';
import type { PkiProblem } from './problem.ts';

export type ArmourReading =
  { readonly ok: true; readonly der: Uint8Array } | { readonly ok: false; readonly problem: PkiProblem };

interface ArmourOptions {
  /** PEM labels that are welcome, for example `CERTIFICATE REQUEST`. */
  readonly labels: readonly string[];
  readonly charactersMax: number;
}

const pemBlock = /-----BEGIN ([A-Z0-9 ]{1,40})-----([^-]*)-----END \1-----/g;

/**
 * Takes DER out of text: one PEM block (text around it is ignored, as tools print it), or bare base64 on one line or
 * many; also where that text came as UTF-16 with its mark, with its line breaks written as `\n`, or as base64 of the
 * PEM file. What leaves room for doubt is refused by the name of what was done to it. The text is refused whole if it
 * holds a private key: it should not have been sent, and must go no further.
 */
export function readArmour(text: string, options: ArmourOptions): ArmourReading {
  if (text.length > options.charactersMax) return refuse(tooLarge(options.charactersMax));
  const outer = toPlainText(text);
  const inner = insideBase64(outer);
  return [outer, inner].some((layer) => layer !== undefined && holdsPrivateKey(layer))
    ? refuse(privateKeySent)
    : readPlain(inner ?? outer, options);
}

export function holdsPrivateKey(text: string): boolean {
  return /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY|^PuTTY-User-Key-File/im.test(text);
}

function readPlain(text: string, { labels }: ArmourOptions): ArmourReading {
  if (text === '') return refuse(empty);
  if (!text.includes('-----')) return decodeBase64(text);
  const blocks = [...text.matchAll(pemBlock)].filter((block) => labels.includes(block[1] ?? ''));
  const [only] = blocks;
  if (only === undefined) return refuse(describeWrapping(text) ?? wrongLabel(labels));
  return blocks.length > 1 ? refuse(several) : decodeBase64((only[2] ?? '').trim());
}

/**
 * The text without what certainly does not belong to it. UTF-16 that was taken for something else shows its mark and a
 * NUL beside each character; backslashes occur in neither PEM nor base64.
 */
export function toPlainText(text: string): string {
  const isWide = /^(?:\u00ff\u00fe|\u00fe\u00ff|\ufffd\ufffd)/.test(text) && text.includes('\0');
  const narrow = isWide ? text.slice(2).replaceAll('\0', '') : text;
  return narrow
    .replace(/^\ufeff/, '')
    .replaceAll(/\\r\\n|\\n|\\r/g, '\n')
    .trim();
}

/** The PEM text whose base64 this is; undefined for anything else, also for base64 of DER. */
function insideBase64(text: string): string | undefined {
  const decoded = decodeBase64(text);
  if (!decoded.ok || decoded.der[0] === 0x30) return undefined;
  const inner = toPlainText(
    Buffer.from(decoded.der)
      .toString('latin1')
      .replace(/^\u00ef\u00bb\u00bf/, ''),
  );
  return inner.includes('-----BEGIN ') ? inner : undefined;
}

function decodeBase64(text: string): ArmourReading {
  const compact = text.replace(/[ \t\r\n]+/g, '');
  const der = Buffer.from(compact, 'base64');
  // Buffer skips what it does not know; only text that encodes back to itself was base64.
  const isExact =
    /^[A-Za-z0-9+/]+={0,2}$/.test(compact) && trimPadding(der.toString('base64')) === trimPadding(compact);
  return isExact && der.length > 0
    ? { ok: true, der: new Uint8Array(der) }
    : refuse(describeWrapping(text) ?? notBase64);
}

function trimPadding(base64: string): string {
  return base64.replace(/=+$/, '');
}

function refuse(problem: PkiProblem): ArmourReading {
  return { ok: false, problem };
}

export const empty: PkiProblem = { code: 'empty', message: 'There is no text.', fix: 'Send PEM or base64 of DER.' };

export const notBase64: PkiProblem = {
  code: 'notBase64',
  message: 'The text is neither PEM nor base64.',
  fix: 'Send the file as PEM, or as base64 of its DER form on one line or many.',
};

export const privateKeySent: PkiProblem = {
  code: 'privateKeySent',
  message: 'The text holds a private key. It was not kept.',
  fix: 'Treat that key as known to others: make a new one, and send the public part only.',
};

const several: PkiProblem = {
  code: 'severalBlocks',
  message: 'The text holds more than one PEM block of this kind.',
  fix: 'Send one at a time.',
};

function tooLarge(charactersMax: number): PkiProblem {
  const message = `The text is longer than ${charactersMax} characters.`;
  return { code: 'tooLarge', message, fix: 'Send one object, in DER or PEM form, without anything around it.' };
}

function wrongLabel(labels: readonly string[]): PkiProblem {
  const expected = labels.map((label) => `"-----BEGIN ${label}-----"`).join(' or ');
  return { code: 'wrongPem', message: `There is no complete PEM block ${expected}.`, fix: 'Send the whole block.' };
}
