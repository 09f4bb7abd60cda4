import { sshCommandLine } from '../../../src/onprem/ssh-scripts.ts';
import { parseScript } from '../../../sandbox/windows/powershell/parse.ts';
import { sshScriptOf, sshVerbs } from '../../support/ssh-script-of.ts';

describe('src/onprem/ssh-scripts.ts', () => {
  test.each(sshVerbs)('names %s in the first line and stays ASCII', (verb) => {
    expect(sshScriptOf(verb).split('\n')[0]).toBe(`# Gatehouse ssh-${verb}`);
    expect(sshScriptOf(verb)).toMatch(/^[\n\x20-\x7e]+$/);
  });

  test.each(sshVerbs)('keeps %s within what cmd.exe takes as one line', (verb) => {
    expect(sshScriptOf(verb).length).toBeLessThan(2900);
    expect(sshCommandLine(verb).length).toBeLessThan(8191);
  });

  test.each(sshVerbs)('leaves %s readable when its comments are gone', async (verb) => {
    const { errors, comments, tries } = await parseScript(sshScriptOf(verb));

    expect(errors).toEqual([]);
    expect(comments.map(({ text }) => text)).toEqual([`# Gatehouse ssh-${verb}`]);
    expect(tries.every(({ hasCatch, hasFinally }) => hasCatch || hasFinally)).toBe(true);
  });
});
