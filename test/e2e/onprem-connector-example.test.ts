/** The connector's example, typed as examples/README.md types it. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { startStack, type RunningTestStack } from '../support/stack.ts';
import { seeAsTenant } from './support/connector-line.ts';
import { expectStatus } from './support/line.ts';
import { machineSpeed } from './support/onprem-line.ts';

jest.setTimeout(180_000);

const run = promisify(execFile);
const examples = resolve(__dirname, '..', '..', 'examples');

let stack: RunningTestStack;
let folder: string;

beforeAll(async () => {
  stack = await startStack({ speed: machineSpeed, with: ['windows'] });
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-example-'));
  symlinkSync(examples, join(folder, 'examples'));
  symlinkSync(stack.directory, join(folder, '.sandbox'));
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await stack.stop();
});

/** What is to be typed in the second terminal. */
function typedLines(): string {
  const [, section = ''] = readFileSync(join(examples, 'README.md'), 'utf8').split(
    '## Two clouds of Windows Azure Pack',
  );
  const blocks = [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, lines = '']) => lines);
  return blocks[1] ?? '';
}

describe('examples/wap-two-clouds.json', () => {
  it('connects both clouds of the local stack as typed from the README', async () => {
    const { stdout } = await run('sh', ['-euc', typedLines()], {
      cwd: folder,
      env: { ...process.env, PATH: `${resolve(process.execPath, '..')}:${process.env['PATH'] ?? ''}` },
    });

    expect(stdout.split('\n')).toContain('succeeded');
    expect(stdout).toContain('never for production');
    expect(stdout).toContain('"wapcomputer1-vm1"');
    for (const cloud of ['AzurePack_1', 'AzurePack_2'])
      expect(await seeAsTenant(stack, cloud)).toMatchObject({ isListed: true, errors: [] });
    expectStatus(await stack.api('GET', '/api/connectors/wap-two-clouds'), 200);
  });
});
