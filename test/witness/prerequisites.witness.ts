// Goal: where the .NET SDK is missing somebody is told how to install it, and nothing that needs it is left out unless
// they say so.
// Method: ask the check and jest itself, on a path where the programs of this machine are, and a dotnet that has no
// SDK.

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '..', '..');

interface Said {
  readonly status: number | null;
  readonly output: string;
  readonly complaints: string;
}

describe('tools/witness-prerequisites', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-prerequisites-'));
    writeFileSync(join(folder, 'dotnet'), '#!/bin/sh\n');
    chmodSync(join(folder, 'dotnet'), 0o755);
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  function run(args: readonly string[], environment: Readonly<Record<string, string>>): Said {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
      cwd: root,
      env: { PATH: `${folder}:${process.env['PATH'] ?? ''}`, OPENAPI_DIR: folder, HOME: folder, ...environment },
      encoding: 'utf8',
    });
    return { status, output: stdout, complaints: stderr };
  }

  function check(environment: Readonly<Record<string, string>>): Said {
    return run([join(root, 'tools', 'witness-prerequisites.ts')], environment);
  }

  function suites(environment: Readonly<Record<string, string>>): readonly string[] {
    const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
    const { output } = run([jest, '--config', 'jest.witness.config.js', '--listTests'], environment);
    return output.trim().split('\n').toSorted();
  }

  it('fails with the one line that installs the SDK where it is missing', () => {
    const { status, output, complaints } = check({});

    expect({ status, output }).toEqual({ status: 1, output: '' });
    expect(complaints.trim().split('\n')).toEqual([
      expect.stringMatching(/^curl .*dotnet-install\.sh .*--channel 10\.0.* && dotnet restore tools\/dotnet /),
    ]);
  });

  it('leaves out what runs programs of .NET when it is told to, and says what that is', () => {
    const { status, output, complaints } = check({ WITNESS_WITHOUT: 'dotnet' });
    const remaining = suites({ WITNESS_WITHOUT: 'dotnet' });
    const left = suites({}).filter((suite) => !remaining.includes(suite));

    expect({ status, complaints }).toEqual({ status: 0, complaints: '' });
    expect(left).toEqual(
      expect.arrayContaining(['bicep', 'powershell'].map((name) => `${__dirname}/${name}.witness.ts`)),
    );
    expect(left).not.toContain(`${__dirname}/sshd.witness.ts`);
    expect(output.trim().split(': ').at(-1)?.split(', ')).toEqual(left.map((suite) => suite.slice(root.length + 1)));
  });

  it.each(['node', 'dotnet,bicep'])('leaves nothing out for %s, and says what can be left out', (choice) => {
    expect(check({ WITNESS_WITHOUT: choice })).toMatchObject({
      status: 1,
      complaints: `WITNESS_WITHOUT may be dotnet, and is ${choice}.\n`,
    });
    expect(suites({ WITNESS_WITHOUT: choice })).toEqual(suites({}));
  });
});
