/** Each part of the bench at its smallest size: that it ends and has its figures. What they say is not looked at. */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

jest.setTimeout(600_000);

const root = resolve(__dirname, '..', '..');
const run = promisify(execFile);

const reportSchema = z.object({
  size: z.literal('smallest'),
  sections: z
    .array(
      z.object({
        title: z.string().min(1),
        figures: z.array(z.object({ name: z.string().min(1), value: z.number(), unit: z.string() })).min(1),
      }),
    )
    .min(1),
});

async function runBench(part: string): Promise<z.infer<typeof reportSchema>> {
  const args = ['--disable-warning=ExperimentalWarning', 'bench/run.ts', '--smallest', '--json', '--only', part];
  const { stdout } = await run(process.execPath, args, { cwd: root, maxBuffer: 16 * 1024 * 1024 });
  return reportSchema.parse(JSON.parse(stdout));
}

describe('bench/run.ts --smallest', () => {
  it.each([
    ['cold-start', ['bundle / unbundled', 'bundle / sources as ES modules']],
    ['runtime', ['writes', 'activities, 20 at once']],
    ['certificates', ['one RSA-2048 signature', 'signatures at Key Vault per certificate']],
    ['issuing', ['table requests per certificate, one key for all', 'throughput / ideal']],
    ['pkcs12', ['elapsed: openssl / application']],
    ['revocations', ['rows read: many / few', 'memory taken by one read: many / few']],
    ['build', ['beyond Azure / Azure', 'calls to ARM']],
    ['inventory', ['reads per gateway', 'calls that Azure throttled']],
    ['procedures', ['connector, 1 Express clouds']],
    ['clock', ['elapsed: all hours / one hour']],
    ['stacks', ['elapsed per stack: many / few']],
  ])('measures %s', async (part, expected) => {
    const { sections } = await runBench(part);

    const names = sections.flatMap(({ figures }) => figures.map(({ name }) => name)).join('\n');
    for (const name of expected) expect(names).toContain(name);
  });
});
