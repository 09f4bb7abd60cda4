import { z } from 'zod';
import type { StepEmulator, StepOutcome } from '../world/records.ts';
import { bindStep, type BoundCall, fine, refused } from './connector-step.ts';

/** Programs by the name that they are listed under; the connector is no role of Windows Azure Pack. */
const listed = {
  wap: /^Windows Azure Pack - .+ - 2013$/,
  spf: /^(Microsoft )?System Center.* Service Provider Foundation/,
  vmm: /^(Microsoft )?System Center.* Virtual Machine Manager( Management)? Server/,
} as const;

const product = z.strictObject({
  name: z.enum(['wap', 'spf', 'vmm']),
  minimum: z.string().regex(/^\d+(\.\d+){1,3}$/),
});
const parameters = z.strictObject({ products: z.array(product) });
type Call = BoundCall<typeof parameters>;

export const w2: StepEmulator = {
  perform: bindStep({ parameters, modes: { probe: readVersions } }),
  seconds: { probe: 6, apply: 6, verify: 6 },
};

function readVersions({ machine, parameters }: Call): StepOutcome {
  const found = parameters.products.map(({ name, minimum }) => ({ name, minimum, version: versionOf(machine, name) }));
  const facts = {
    products: found.flatMap(({ name, version }) => (version === undefined ? [] : [{ name, version }])),
  };
  const bad = found.filter(({ version, minimum }) => version === undefined || isOlder(version, minimum));
  if (bad.length === 0) return fine(facts);
  const words = bad.map(({ name, version, minimum }) => `${name} is ${version ?? 'missing'}, wanted ${minimum}`);
  return refused('Precondition', `${words.join('; ')}.`, facts);
}

/** The oldest of its roles decides. */
function versionOf({ products }: Call['machine'], name: keyof typeof listed): string | undefined {
  const versions = products.filter((program) => listed[name].test(program.name)).map(({ version }) => version);
  return versions.sort((a, b) => (isOlder(a, b) ? -1 : 1))[0];
}

/** Compares as [version] does: part by part, numbers. */
export function isOlder(version: string, minimum: string): boolean {
  const [mine, wanted] = [version, minimum].map((text) => text.split('.').map(Number)) as [number[], number[]];
  const at = wanted.findIndex((part, index) => part !== (mine[index] ?? 0));
  return at !== -1 && (mine[at] ?? 0) < (wanted[at] ?? 0);
}
