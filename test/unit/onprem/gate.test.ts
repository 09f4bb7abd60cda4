/**
 * The gate that every PowerShell text of the application passes: no Windows is at hand, so each is read, and held to
 * what Windows PowerShell 5.1 and its modules understand. What the rules are is tried in
 * test/contract/windows/powershell.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { checkScript, type ScriptKind } from '../../../sandbox/windows/powershell/check-script.ts';
import { composedScripts } from '../../../src/onprem/composed-scripts.ts';
import { stepScripts } from '../../../src/onprem/step-scripts.ts';
import { sshScriptOf, sshVerbs } from '../../support/ssh-script-of.ts';

const root = 'src/onprem';
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ps1'))
  .sort();

async function findingsOf(text: string, kind: ScriptKind): Promise<string[]> {
  const findings = await checkScript(text, kind);
  return findings.map(({ line, column, rule, message }) => `${line}:${column} ${rule} ${message}`);
}

describe('src/onprem (the PowerShell gate)', () => {
  // A prelude is no script by itself: it is read in the steps that name it.
  it.each(files.filter((name) => !/^(scripts|preludes)\//.test(name)))('passes %s', async (name) => {
    expect(await findingsOf(readFileSync(join(root, name), 'utf8'), 'any')).toEqual([]);
  });

  it.each(Object.entries(stepScripts))('passes the script of step %s', async (_id, text) => {
    expect(await findingsOf(text, 'step')).toEqual([]);
  });

  it.each(Object.keys(stepScripts))('passes what is composed for step %s', async (id) => {
    expect(await findingsOf(composedScripts.get(id) ?? '', 'any')).toEqual([]);
  });

  it.each(sshVerbs)('passes what SSH executes to %s', async (verb) => {
    expect(await findingsOf(sshScriptOf(verb), 'any')).toEqual([]);
  });

  it('leaves no script of a step out', () => {
    const scripts = files.filter((name) => name.startsWith('scripts'));

    expect(scripts).toHaveLength(Object.keys(stepScripts).length);
  });

  it('has no prelude that no step names, and none that is named in vain', () => {
    const written = files
      .filter((name) => name.startsWith('scripts'))
      .map((name) => readFileSync(join(root, name), 'utf8'));
    const named = new Set(written.flatMap((text) => /^# Preludes: (.+)$/m.exec(text)?.[1]?.split(', ') ?? []));
    const preludes = files.filter((name) => name.startsWith('preludes')).map((name) => basename(name, '.ps1'));

    expect([...named].sort()).toEqual(preludes.sort());
    expect(Object.values(stepScripts).join('')).not.toContain('# Preludes:');
  });
});
