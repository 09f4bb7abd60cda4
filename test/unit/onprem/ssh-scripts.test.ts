import { parseScript } from '../../../sandbox/windows/powershell/parse.ts';
import { commandLineMax } from '../../../src/domain/command-line.ts';
import { sshCommandLine } from '../../../src/onprem/ssh-scripts.ts';
import { sshScriptOf, sshVerbs } from '../../support/ssh-script-of.ts';

describe('src/onprem/ssh-scripts.ts', () => {
  test.each(sshVerbs)('names %s in the first line and stays ASCII', (verb) => {
    expect(sshScriptOf(verb).split('\n')[0]).toBe(`# Gatehouse ssh-${verb}`);
    expect(sshScriptOf(verb)).toMatch(/^[\n\x20-\x7e]+$/);
  });

  it('keeps the longest of them 500 characters below what cmd.exe takes as one line', () => {
    const longest = Math.max(...sshVerbs.map((verb) => sshCommandLine(verb).length));

    expect(longest).toBeLessThanOrEqual(commandLineMax - 500);
    // It is measured, not none at all.
    expect(longest).toBeGreaterThan(4000);
  });

  test.each(sshVerbs)('leaves %s readable when its comments are gone', async (verb) => {
    const { errors, comments, tries } = await parseScript(sshScriptOf(verb));

    expect(errors).toEqual([]);
    expect(comments.map(({ text }) => text)).toEqual([`# Gatehouse ssh-${verb}`]);
    expect(tries.every(({ hasCatch, hasFinally }) => hasCatch || hasFinally)).toBe(true);
  });
});
