import { encodeCommand, sshCommandLine, sshScripts, type SshVerb } from '../../../src/onprem/ssh-scripts.ts';
import { parseScript } from '../../../sandbox/windows/powershell/parse.ts';

const verbs = Object.keys(sshScripts) as SshVerb[];

describe('src/onprem/ssh-scripts.ts', () => {
  test.each(verbs)('names %s in the first line and stays ASCII', (verb) => {
    expect(sshScripts[verb].split('\n')[0]).toBe(`# Gatehouse ssh-${verb}`);
    expect(sshScripts[verb]).toMatch(/^[\n\x20-\x7e]+$/);
  });

  test.each(verbs)('keeps %s within what cmd.exe takes as one line', (verb) => {
    expect(sshScripts[verb].length).toBeLessThan(2900);
    expect(sshCommandLine(verb).length).toBeLessThan(8191);
  });

  test.each(verbs)('leaves %s readable when its comments are gone', async (verb) => {
    const { errors, comments, tries } = await parseScript(sshScripts[verb]);

    expect(errors).toEqual([]);
    expect(comments.map(({ text }) => text)).toEqual([`# Gatehouse ssh-${verb}`]);
    expect(tries.every(({ hasCatch, hasFinally }) => hasCatch || hasFinally)).toBe(true);
  });

  test('encodes as PowerShell decodes: UTF-16, little end first', () => {
    expect(encodeCommand('dir')).toBe('ZABpAHIA');
    expect(Buffer.from(encodeCommand(sshScripts.poll), 'base64').toString('utf16le')).toBe(sshScripts.poll);
  });
});
