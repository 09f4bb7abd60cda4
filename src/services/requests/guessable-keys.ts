import { sha256Hex } from '../../stores/digest.ts';

/** Shorter keys are refused at use, whatever hash is kept. */
export const keyLengthMin = 32;
const keyLengthMax = 256;

/** False for what is too short or too long to be anybody's key. */
export function couldBeKey(text: string): boolean {
  return text.length >= keyLengthMin && text.length <= keyLengthMax;
}

const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index));
const words = [
  'key',
  'apikey',
  'api-key',
  'admin',
  'administrator',
  'password',
  'secret',
  'test',
  'changeme',
  'gatehouse',
];
/** What a shell adds to the text that it hands on. */
const endings = ['', '\n', '\r\n'];
const repeatsMax = 64;

let known: ReadonlySet<string> | undefined;

/**
 * True for the hash of a key that nobody should have: the empty text that is hashed when the command that makes a key
 * has failed, one or two characters, a usual word, or one character again and again. Others show nothing of themselves.
 */
export function isHashOfGuessableKey(keyHash: string): boolean {
  known ??= new Set(guessableKeys().map(sha256Hex));
  return known.has(keyHash);
}

function guessableKeys(): readonly string[] {
  const texts = [
    '',
    ...words,
    ...printable.flatMap((first) => printable.map((second) => `${first}${second}`)),
    ...printable.flatMap((one) => Array.from({ length: repeatsMax }, (_, index) => one.repeat(index + 1))),
  ];
  return texts.flatMap((text) => endings.map((ending) => `${text}${ending}`));
}
