import type { ProblemCode } from './problem-codes.ts';

/** What a certificate's subject says. Every attribute becomes an RDN of its own. */
export interface SubjectName {
  readonly commonName: string;
  readonly organization?: string | undefined;
  readonly organizationalUnit?: string | undefined;
  /** ISO 3166 code, two upper-case letters. */
  readonly country?: string | undefined;
}

/** One thing wrong with a name: `path` is a JSON pointer into what the caller sent. */
export interface NameProblem {
  readonly path: string;
  readonly code: ProblemCode;
  readonly message: string;
  readonly fix: string;
}

interface TextRule {
  readonly code: ProblemCode;
  readonly isBroken: (text: string) => boolean;
  readonly message: string;
  readonly fix: string;
}

/** ub-common-name, ub-organization-name and ub-organizational-unit-name of RFC 5280 appendix A, in characters. */
const charactersMax = 64;

const bidirectional = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
const invisible = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/u;
const allowed = /^[\p{L}\p{M}\p{N} .,_'@+&!():-]*$/u;
const cyrillicOrGreek = /[\p{Script=Cyrillic}\p{Script=Greek}]/u;

// Names end up in DER, table keys, file names, HTML, CSV and logs. They are kept harmless in all of them by what they
// may be made of, not by hoping that each of those places escapes them: no path, no markup, no
// line of a header or log can be written with them, nor, by the first character, a formula of a spreadsheet.
const textRules: readonly TextRule[] = [
  {
    code: 'nameBlank',
    isBroken: (text) => text.trim() === '',
    message: 'The name is empty or only blanks.',
    fix: 'Give a name of 1 to 64 characters.',
  },
  {
    code: 'nameTooLong',
    isBroken: (text) => Array.from(text).length > charactersMax,
    message: 'The name is longer than 64 characters, the upper bound of RFC 5280.',
    fix: 'Shorten the name to 64 characters.',
  },
  {
    code: 'nameUnpairedSurrogate',
    isBroken: (text) => /\p{Cs}/u.test(text),
    message: 'The name holds half of a UTF-16 surrogate pair, which has no UTF-8 form.',
    fix: 'Send well-formed Unicode text.',
  },
  {
    code: 'nameControlCharacter',
    isBroken: (text) => /[\p{Cc}\p{Zl}\p{Zp}]/u.test(text),
    message: 'The name holds a control character or a line break.',
    fix: 'Remove control characters, tabs and line breaks.',
  },
  {
    code: 'nameBidirectional',
    isBroken: (text) => bidirectional.test(text),
    message:
      'The name holds a character that changes the writing direction, so it would read differently from what it is.',
    fix: 'Remove direction marks and overrides.',
  },
  {
    code: 'nameInvisible',
    isBroken: (text) => invisible.test(text.replaceAll(new RegExp(bidirectional, 'gu'), '')),
    message: 'The name holds a zero-width or otherwise invisible character.',
    fix: 'Remove zero-width characters, soft hyphens and fillers.',
  },
  {
    code: 'nameOuterBlank',
    isBroken: (text) => text.trim() !== '' && text !== text.trim(),
    message: 'The name begins or ends with a blank.',
    fix: 'Remove the blanks around the name.',
  },
  {
    code: 'nameNotNormalized',
    isBroken: (text) => text !== text.normalize('NFC'),
    message: 'The name is not in Unicode normalization form C, so it would differ from its twin that looks the same.',
    fix: 'Send the name in NFC.',
  },
  {
    code: 'nameCharacter',
    isBroken: (text) => !allowed.test(withoutUnseen(text)),
    message: "The name holds a character other than letters, digits, space and . , _ ' @ + & ! ( ) : -",
    fix: 'Use letters, digits, spaces and the listed marks only.',
  },
  {
    code: 'nameFirstCharacter',
    isBroken: (text) => text.trim() !== '' && !/^[\p{L}\p{N}]/u.test(text.trim()),
    message:
      'The name does not begin with a letter or a digit, so a spreadsheet or a shell could take it for something else.',
    fix: 'Begin the name with a letter or a digit.',
  },
  {
    code: 'nameMixedScripts',
    isBroken: (text) => text.split(/[^\p{L}\p{M}\p{N}]+/u).some(isMixedWord),
    message: 'A word of the name mixes Latin letters with Cyrillic or Greek ones, which can imitate another name.',
    fix: 'Write each word in one script.',
  },
];

/**
 * Checks one text that is to stand in a certificate's subject. Returns every rule it breaks, with `path` in each
 * problem; an empty list means that the text may be signed.
 */
export function checkNameText(text: string, path: string): readonly NameProblem[] {
  return textRules
    .filter((rule) => rule.isBroken(text))
    .map(({ code, message, fix }) => ({ path, code, message, fix }));
}

/**
 * Checks a whole subject; `path` is the JSON pointer of the subject itself. Returns every problem of every attribute.
 */
export function checkSubjectName(subject: SubjectName, path: string): readonly NameProblem[] {
  const optional = [
    ['organization', subject.organization],
    ['organizationalUnit', subject.organizationalUnit],
  ] as const;
  return [
    ...checkNameText(subject.commonName, `${path}/commonName`),
    ...optional.flatMap(([name, text]) => (text === undefined ? [] : checkNameText(text, `${path}/${name}`))),
    ...checkCountry(subject.country, `${path}/country`),
  ];
}

/**
 * Makes a common name that no other certificate has: `<local part>.<token>@<domain>`. Azure's session list carries the
 * CN only, and its policy groups read the domain part of it (azure-vpn A3), so the token stands before the `@`. `token`
 * is 8 hex digits. The local part is cut to stay within 64 characters; marks that a subject may not hold become `-`.
 * Returns undefined if the text is no e-mail address, the token is no token, or the domain leaves no room.
 */
export function uniqueCommonName(email: string, token: string): string | undefined {
  const parts = /^([^@\s]+)@([^@\s]+)$/u.exec(email.normalize('NFC'));
  if (parts?.[1] === undefined || parts[2] === undefined || !/^[0-9a-f]{8}$/.test(token)) return undefined;
  const suffix = `.${token}@${parts[2].toLowerCase()}`;
  const room = charactersMax - Array.from(suffix).length;
  if (room < 1) return undefined;
  const name = `${fitLocalPart(parts[1], room)}${suffix}`;
  return checkNameText(name, '').length === 0 ? name : undefined;
}

function fitLocalPart(localPart: string, charactersLeft: number): string {
  const harmless = localPart.replace(/[^\p{L}\p{M}\p{N}._'+&!-]/gu, '-').replace(/^[^\p{L}\p{N}]+/u, '');
  return Array.from(harmless === '' ? 'user' : harmless)
    .slice(0, charactersLeft)
    .join('')
    .replace(/\.+$/, '');
}

function checkCountry(country: string | undefined, path: string): readonly NameProblem[] {
  if (country === undefined || /^[A-Z]{2}$/.test(country)) return [];
  const message = 'The country is not a code of two upper-case letters.';
  return [{ path, code: 'countryCode', message, fix: 'Give the ISO 3166 code, for example "NL".' }];
}

function isMixedWord(word: string): boolean {
  return /\p{Script=Latin}/u.test(word) && cyrillicOrGreek.test(word);
}

// Each unseen character has a rule of its own with a better message; it is not reported twice.
function withoutUnseen(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '').replaceAll(new RegExp(invisible, 'gu'), '');
}
