/**
 * azure.yaml is read by azd alone, which is not here. It is held to the parts of azd's published schema (v1.0) that it
 * uses, as closed as they are there, and to what it names in this project.
 */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const root = resolve(__dirname, '../../..');

const hook = z.strictObject({ shell: z.enum(['sh', 'pwsh']), run: z.string().min(1) });
/** With both systems named, a hook has nothing beside them. */
const hookOfEachSystem = z.strictObject({ posix: hook, windows: hook });
const projectSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$/),
  requiredVersions: z.strictObject({ azd: z.string().regex(/^>= \d+\.\d+\.\d+$/) }),
  infra: z.strictObject({ provider: z.literal('bicep'), path: z.string(), module: z.string() }),
  services: z.record(
    z.string(),
    z.strictObject({
      project: z.string(),
      host: z.literal('function'),
      language: z.enum(['js', 'ts']),
      dist: z.string(),
      remoteBuild: z.boolean(),
    }),
  ),
  hooks: z.strictObject({ postdeploy: hookOfEachSystem }),
});

const { infra, services, hooks } = projectSchema.parse(parse(read('azure.yaml')));

function read(file: string): string {
  return readFileSync(resolve(root, file), 'utf8');
}

describe('azure.yaml', () => {
  it('deploys the template, with the parameters beside it', () => {
    expect(infra).toMatchObject({ path: 'infra', module: 'main' });
    for (const ending of ['bicep', 'bicepparam']) {
      expect(existsSync(resolve(root, infra.path, `${infra.module}.${ending}`))).toBe(true);
    }
  });

  it('publishes what the build leaves, as it is, to the resource that the template tags with its name', () => {
    const [[name, service] = [], ...others] = Object.entries(services);
    expect(others).toEqual([]);
    expect(read('infra/app/function-app.bicep')).toContain(`'azd-service-name': '${name ?? ''}'`);
    expect(service).toMatchObject({ project: '.', remoteBuild: false });
    expect(read('tools/build.ts')).toContain(`join('${service?.dist.replace('/', "', '") ?? ''}')`);
  });

  it('has a script in the shell of each system that sends changes of gateways once the function is there', () => {
    const { posix, windows } = hooks.postdeploy;
    expect([posix.shell, windows.shell]).toEqual(['sh', 'pwsh']);
    expect(windows.run).toBe(posix.run.replace(/\.sh$/, '.ps1'));
    for (const { run } of [posix, windows]) expect(existsSync(resolve(root, run))).toBe(true);
  });
});
