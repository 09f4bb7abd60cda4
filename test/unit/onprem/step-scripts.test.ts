import type { z } from 'zod';
import { parseScript, type ScriptParameter } from '../../../sandbox/windows/powershell/parse.ts';
import { commonSteps } from '../../../src/contracts/on-premises/common-steps.ts';
import { connectorSteps } from '../../../src/contracts/on-premises/connector-steps.ts';
import type { RemoteStepContract } from '../../../src/contracts/on-premises/remote-step.ts';
import { findRemoteStep } from '../../../src/contracts/on-premises/step-table.ts';
import { vpnAccessSteps } from '../../../src/contracts/on-premises/vpn-access-steps.ts';
import { secretUses } from '../../../src/domain/secret-uses.ts';
import { composedScripts } from '../../../src/onprem/composed-scripts.ts';
import { stepScripts } from '../../../src/onprem/step-scripts.ts';

const remoteSteps: readonly RemoteStepContract[] = [commonSteps, vpnAccessSteps, connectorSteps].flatMap(
  (steps: Readonly<Record<string, RemoteStepContract>>) => Object.values(steps),
);
const steps = remoteSteps.map((step) => [step.id, step] as const);

const paramBlocks = new Map<string, readonly ScriptParameter[]>();

function paramBlockOf({ id }: RemoteStepContract): readonly ScriptParameter[] {
  return paramBlocks.get(id) ?? [];
}

function isMandatory({ attributes }: ScriptParameter): boolean {
  return attributes.some(({ name, arguments: given }) => name === 'Parameter' && given.includes('Mandatory = $true'));
}

/** The PowerShell type that takes what a schema lets through. */
function typesFor(schema: z.core.$ZodType): readonly string[] {
  const { type } = schema._zod.def;
  if (type === 'optional') return typesFor((schema as z.ZodOptional)._zod.def.innerType);
  if (type === 'boolean') return ['bool'];
  if (type === 'number') return ['int', 'long'];
  if (type !== 'array') return ['string'];
  const element = (schema as z.ZodArray)._zod.def.element;
  return element._zod.def.type === 'object' ? ['psobject[]', 'object[]'] : ['string[]'];
}

describe('src/onprem/step-scripts.ts', () => {
  beforeAll(async () => {
    for (const [id, text] of Object.entries(stepScripts)) {
      paramBlocks.set(id, (await parseScript(text)).paramBlock ?? []);
    }
  });

  test('has a script for every step of every procedure, and no other', () => {
    expect(Object.keys(stepScripts).sort()).toEqual(remoteSteps.map(({ id }) => id).sort());
    expect(remoteSteps.filter((step) => findRemoteStep(step.id) !== step)).toEqual([]);
  });

  test.each(steps)('says what %s is in the first line, in ASCII', (id) => {
    const script = stepScripts[id] ?? '';

    expect(script.split('\n')[0]).toMatch(/^# [\x20-\x7e]{10,}$/);
    expect(script).toMatch(/^[\n\x20-\x7e]+$/);
  });

  // A step that throws says whether it had changed something: what is said in the answer's table alone comes too late.
  test.each(steps)('says in %s that it changes something before it does', (id) => {
    expect(stepScripts[id] ?? '').not.toMatch(/(?<![$.\w])changed\s*=\s*\$true/);
  });

  test.each(steps)('takes in %s the mode, the parameters and the secrets of its contract', (_, step) => {
    const named = paramBlockOf(step)
      .map(({ name }) => name.toLowerCase())
      .sort();

    const wanted = ['Mode', ...Object.keys(step.parameters.shape), ...Object.keys(step.secrets)];
    expect(named).toEqual(wanted.map((name) => name.toLowerCase()).sort());
  });

  test.each(steps)('lets %s run in the modes of its contract alone', (_, step) => {
    const mode = paramBlockOf(step).find(({ name }) => name === 'Mode');

    const allowed = mode?.attributes.find(({ name }) => name === 'ValidateSet')?.arguments;
    expect([...(allowed ?? [])].sort()).toEqual([...step.modes].sort());
    expect(mode && isMandatory(mode)).toBe(true);
  });

  test.each(steps)('types every parameter of %s and checks every text there again', (_, step) => {
    const block = paramBlockOf(step);

    for (const [key, schema] of Object.entries<z.core.$ZodType>(step.parameters.shape)) {
      const parameter = block.find(({ name }) => name.toLowerCase() === key.toLowerCase());
      expect(typesFor(schema)).toContain(parameter?.type?.toLowerCase());
      if (parameter?.type !== 'string') continue;
      const checks = parameter.attributes.filter(({ name }) => /^Validate(Set|Pattern|Length|Script)$/.test(name));
      expect([key, checks.length]).not.toEqual([key, 0]);
    }
  });

  test.each([
    ['W10', "Invoke-Msiexec -Arguments @('/i'"],
    ['W18', 'Move-Tree -From $root'],
  ])('has %s look at signatures after the hash and before it uses what came', (id, use) => {
    const script = stepScripts[id] ?? '';
    const places = ['Get-FileHash @', 'Get-SignatureStatus -Path $file', use].map((text) => script.indexOf(text));

    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((one, other) => one - other));
  });

  test.each(steps)('takes the secrets of %s in types that hide them', (_, step) => {
    const block = paramBlockOf(step);

    const types = Object.keys(step.secrets).map(
      (key) => block.find(({ name }) => name.toLowerCase() === key.toLowerCase())?.type,
    );
    const wanted = Object.values(step.secrets).map((use) =>
      secretUses[use].form === 'text' ? 'securestring' : 'pscredential',
    );
    expect(types).toEqual(wanted);
  });

  test.each(steps)('composes %s to one script that can be read as a whole', async (id) => {
    const { errors, paramBlock } = await parseScript(composedScripts.get(id) ?? '');

    expect(errors).toEqual([]);
    expect(composedScripts.get(id)).not.toContain('There is no step here.');
    expect(paramBlock?.map(({ name }) => name)).toEqual(['Invocation']);
  });
});
