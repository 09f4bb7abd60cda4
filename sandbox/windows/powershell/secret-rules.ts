import { type Finding, finding } from './finding.ts';
import type { ParsedScript } from './parse.ts';

/** Names whose value is a secret. `KeyPassword` is one, `PasswordFile` and `passwordPolicy` are not. */
const secretName = /(password|passwd|passphrase|pwd|psk|secret|sharedkey|accountkey|apikey|token)$/i;

const secretTexts: readonly RegExp[] = [
  // The passwords of examples.
  /p[a@4]ss(w[o0]rd|phrase)?[!@#$%]?\d/i,
  /p@ss/i,
  // In a connection string; what comes in by a variable or is put out of sight is not there to be read.
  /\b(password|pwd)\s*=\s*[^\s;'"$*{(\\[]/i,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /[?&]sig=[A-Za-z0-9%+/]{8}/,
];

/** Secrets that stand in the text. */
export function checkSecrets(script: ParsedScript): Finding[] {
  return [...givenNames(script), ...madeSecure(script), ...texts(script)];
}

function givenNames(script: ParsedScript): Finding[] {
  const given = [
    ...script.commands.flatMap((command) => command.arguments),
    ...script.hashes.flatMap(({ entries }) => entries),
    ...script.assignments.map(({ target, literal, line }) => ({ name: target.replace(/['"\]]+$/, ''), literal, line })),
  ];
  const lines = new Map(
    given
      .filter(({ name, literal }) => secretName.test(name) && literal !== undefined && literal !== '')
      .map(({ name, line }) => [line, name]),
  );
  return [...lines].map(([line, name]) => finding(line, 'secret-literal', `The value of ${name} stands in the text.`));
}

function madeSecure(script: ParsedScript): Finding[] {
  return script.commands
    .filter(({ name }) => name?.toLowerCase() === 'convertto-securestring')
    .filter(({ words, arguments: given }) => {
      const [first] = words;
      const named = given.find(({ name }) => name.toLowerCase() === 'string');
      return named === undefined ? first?.startsWith('-') === false : named.literal !== undefined;
    })
    .map(({ line }) => finding(line, 'secret-literal', 'A text of the script is made a secret.'));
}

function texts(script: ParsedScript): Finding[] {
  return script.strings
    .filter(({ text }) => secretTexts.some((pattern) => pattern.test(text)))
    .map(({ line }) => finding(line, 'secret-literal', 'This text looks like a secret.'));
}
