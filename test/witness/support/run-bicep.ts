/** The Bicep compiler, run on a copy of infra/: it writes beside what it reads. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { dotnetPrograms } from '../../../tools/dotnet/programs.ts';

export interface BicepOutcome {
  readonly exitCode: number | null;
  readonly output: string;
  /** What the compiler complained of; empty when it had nothing to say. */
  readonly complaints: string;
}

/** A resource as Azure would be asked for it; what only a deployment knows is left as an expression. */
export interface PredictedResource {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly sku?: { readonly name: string };
  readonly location?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly scope?: string;
  readonly identity?: unknown;
  readonly properties?: Readonly<Record<string, unknown>>;
}

export interface InfraFolder {
  /** Where the copy is. */
  readonly folder: string;
  /** Runs the compiler with these variables alone in its environment. */
  run(args: readonly string[], environment?: Readonly<Record<string, string>>): BicepOutcome;
  /**
   * What main.bicepparam would deploy, with the values of these parameters changed; asked of the compiler once. Throws
   * with the compiler's words when it would deploy nothing.
   */
  predict(
    environment?: Readonly<Record<string, string>>,
    changes?: Readonly<Record<string, string>>,
  ): readonly PredictedResource[];
  /** Changes a file of the copy. */
  edit(file: string, change: (text: string) => string): void;
  remove(): void;
}

export function copyInfra(): InfraFolder {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-infra-'));
  cpSync(resolve(__dirname, '../../../infra'), folder, { recursive: true });
  const run: InfraFolder['run'] = (args, environment = {}) => {
    const env = { PATH: process.env['PATH'], HOME: folder, DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: '1', ...environment };
    const { status, stdout, stderr, error } = spawnSync(dotnetPrograms.bicep, [...args], {
      cwd: folder,
      env,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    if (error !== undefined) throw error;
    return { exitCode: status, output: stdout, complaints: stderr };
  };
  const example = readFileSync(join(folder, 'main.bicepparam'), 'utf8');
  const predicted = new Map<string, readonly PredictedResource[]>();
  const predict: InfraFolder['predict'] = (environment = {}, changes = {}) => {
    const asked = JSON.stringify([environment, changes]);
    const resources = predicted.get(asked) ?? askCompiler(environment, changes);
    predicted.set(asked, resources);
    return resources;
  };
  function askCompiler(
    environment: Readonly<Record<string, string>>,
    changes: Readonly<Record<string, string>>,
  ): readonly PredictedResource[] {
    const text = Object.entries(changes).reduce(
      (file, [name, value]) => file.replace(new RegExp(`^param ${name} = .*$`, 'm'), `param ${name} = '${value}'`),
      example,
    );
    writeFileSync(join(folder, 'changed.bicepparam'), text);
    const where = ['--subscription-id', '3f0c1a52-7d64-4e0b-9a51-c2d7be0f4c11', '--location', 'westeurope'];
    const { exitCode, complaints } = run(
      ['snapshot', 'changed.bicepparam', '--mode', 'overwrite', ...where],
      environment,
    );
    if (exitCode !== 0) throw new Error(complaints);
    const snapshot = readFileSync(join(folder, 'changed.snapshot.json'), 'utf8');
    return (JSON.parse(snapshot) as { readonly predictedResources: readonly PredictedResource[] }).predictedResources;
  }
  return {
    folder,
    run,
    predict,
    edit: (file, change) => {
      writeFileSync(join(folder, file), change(readFileSync(join(folder, file), 'utf8')));
    },
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
