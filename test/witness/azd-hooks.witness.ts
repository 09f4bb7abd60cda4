// Goal: what azd runs after publishing has changes of gateways sent to the application, in the shell of either system.
// Method: run the hooks in their real shells with azd's environment, and a program named az that writes down how it was
// called.

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { dotnetPrograms } from '../../tools/dotnet/programs.ts';

const hooks = resolve(__dirname, '../../infra/hooks');
const site =
  '/subscriptions/3f0c1a52-7d64-4e0b-9a51-c2d7be0f4c11/resourceGroups/contoso-app/providers/Microsoft.Web/sites/contoso-app';
/** As azd writes the outputs of the template, and what it knows itself. */
const azdEnvironment = {
  AZURE_SUBSCRIPTION_ID: '3f0c1a52-7d64-4e0b-9a51-c2d7be0f4c11',
  AZURE_RESOURCE_GROUP: 'contoso-app',
  GATEHOUSE_FUNCTION_APP_NAME: 'contoso-app',
  GATEHOUSE_EVENT_TOPIC_ID:
    '/subscriptions/3f0c1a52-7d64-4e0b-9a51-c2d7be0f4c11/resourceGroups/shared-events/providers/Microsoft.EventGrid/systemTopics/changes',
};

interface HookRun {
  readonly exitCode: number | null;
  readonly complaints: string;
  /** Arguments of each call of az, in order. */
  readonly calls: readonly (readonly string[])[];
}

describe.each([
  ['sh', 'sh', [join(hooks, 'send-gateway-changes.sh')]],
  ['pwsh', 'dotnet', [dotnetPrograms.pwsh, '-NoProfile', '-File', join(hooks, 'send-gateway-changes.ps1')]],
])('infra/hooks in %s', (_shell, program, args) => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-hooks-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  function run(environment: Readonly<Record<string, string>>, az: 'works' | 'fails' | 'missing' = 'works'): HookRun {
    const bin = join(folder, 'bin');
    const calls = join(folder, 'calls');
    mkdirSync(bin);
    for (const name of ['sh', 'dirname', 'dotnet']) symlinkSync(whereIs(name), join(bin, name));
    if (az !== 'missing') {
      writeFileSync(
        join(bin, 'az'),
        `#!/bin/sh\nprintf '%s\\n' "$@" . >>'${calls}'\nexit ${az === 'works' ? '0' : '3'}\n`,
      );
      chmodSync(join(bin, 'az'), 0o755);
    }
    const { status, stderr } = spawnSync(program, args, {
      // Not the project's folder: azd starts hooks where the script is.
      cwd: folder,
      encoding: 'utf8',
      env: {
        PATH: bin,
        HOME: folder,
        TMPDIR: folder,
        POWERSHELL_TELEMETRY_OPTOUT: '1',
        POWERSHELL_UPDATECHECK: 'Off',
        DOTNET_CLI_TELEMETRY_OPTOUT: '1',
        DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: '1',
        NO_COLOR: '1',
        ...environment,
      },
    });
    const lines = existsSync(calls) ? readFileSync(calls, 'utf8').split('\n.\n').slice(0, -1) : [];
    return { exitCode: status, complaints: stderr, calls: lines.map((call) => call.split('\n')) };
  }

  it('waits for the function, and then deploys the subscription to where the topic is', () => {
    const { exitCode, complaints, calls } = run(azdEnvironment);

    expect({ exitCode, complaints }).toEqual({ exitCode: 0, complaints: '' });
    const [wait = [], deploy = [], ...more] = calls.map(withoutWays);
    expect(more).toEqual([]);
    expect(wait).toEqual(
      [
        'resource wait --exists --interval 10 --timeout 600 --api-version 2025-03-01 --ids',
        `${site}/functions/onGatewayChanged`,
      ]
        .join(' ')
        .split(' '),
    );
    expect(deploy).toEqual(
      [
        'deployment group create --subscription 3f0c1a52-7d64-4e0b-9a51-c2d7be0f4c11 --resource-group shared-events',
        '--name contoso-app --template-file infra/gateway-changes.bicep --output none',
        '--parameters topicName=changes appResourceGroup=contoso-app functionAppName=contoso-app',
      ]
        .join(' ')
        .split(' '),
    );
  });

  it('deploys nothing, and fails as az did, when the function does not come', () => {
    expect(run(azdEnvironment, 'fails')).toMatchObject({ exitCode: 3, calls: [expect.arrayContaining(['wait'])] });
  });

  it.each(Object.keys(azdEnvironment))('calls nobody, and names what is missing, without %s', (name) => {
    const { exitCode, complaints, calls } = run({ ...azdEnvironment, [name]: '' });

    expect([exitCode === 0, calls]).toEqual([false, []]);
    expect(complaints).toContain(`${name}: is not set`);
  });

  it('says what to install where az is not', () => {
    const { exitCode, complaints } = run(azdEnvironment, 'missing');

    expect(exitCode).toBe(1);
    expect(complaints).toContain('https://aka.ms/azure-cli');
  });
});

function whereIs(program: string): string {
  return spawnSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).stdout.trim();
}

/** Files of this project without the way to them. */
function withoutWays(call: readonly string[]): readonly string[] {
  return call.map((argument) => argument.replace(/^\/\S+\/infra\//, 'infra/'));
}
