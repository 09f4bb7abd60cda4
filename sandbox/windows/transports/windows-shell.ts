/** What a program that ran over SSH leaves: its two streams and its exit code. */
export interface ShellAnswer {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/**
 * What `cmd.exe`, the shell that OpenSSH for Windows starts, makes of a command line: a script for PowerShell, or its
 * own words.
 */
export type ReadCommandLine =
  { readonly kind: 'script'; readonly script: string } | { readonly kind: 'answer'; readonly answer: ShellAnswer };

/** cmd.exe takes no more; a client that does not know sees it here. */
const commandLineMax = 8191;

const powershell =
  /^powershell\.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -EncodedCommand ([A-Za-z0-9+/]+={0,2})$/;

/**
 * Reads the only command line that this emulator knows; for every other one, cmd.exe's answer to an unknown program.
 */
export function readCommandLine(commandLine: string): ReadCommandLine {
  if (commandLine.length > commandLineMax) return refused('The command line is too long.\r\n');
  const encoded = powershell.exec(commandLine)?.[1];
  if (encoded === undefined) return refused(unknownProgram(commandLine));
  return { kind: 'script', script: Buffer.from(encoded, 'base64').toString('utf16le') };
}

function unknownProgram(commandLine: string): string {
  const program = /^\s*("[^"]*"|\S*)/.exec(commandLine)?.[1]?.replaceAll('"', '') ?? '';
  return `'${program}' is not recognized as an internal or external command,\r\noperable program or batch file.\r\n`;
}

function refused(stderr: string): ReadCommandLine {
  return { kind: 'answer', answer: { stdout: '', stderr, exitCode: 1 } };
}

/**
 * One line of JSON with exit code 0. The scripts keep it ASCII, because the console's code page would change the rest.
 */
export function lineAnswer(value: unknown): ShellAnswer {
  const json = JSON.stringify(value).replaceAll(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return { stdout: `${json}\r\n`, stderr: '', exitCode: 0 };
}

/**
 * An error that ended the script. PowerShell that was started with -EncodedCommand and whose streams are pipes writes
 * errors as CLIXML, which clients that show them have to know.
 */
export function errorAnswer(message: string): ShellAnswer {
  const objects = `<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04"><S S="Error">${toCliXml(message)}_x000D__x000A_</S></Objs>`;
  return { stdout: '', stderr: `#< CLIXML\r\n${objects}`, exitCode: 1 };
}

function toCliXml(text: string): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
  return text
    .replaceAll(/[&<>]/g, (character) => entities[character] ?? character)
    .replaceAll(/\p{Cc}/gu, (control) => `_x${control.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`);
}
