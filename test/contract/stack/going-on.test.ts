/**
 * A stack that is started again in the folder of one that was stopped, or killed, goes on where that was; and the one
 * before left no process behind.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startStack, waitUntilGone } from '../../support/stack.ts';

const app = resolve(__dirname, '..', '..', 'support', 'fixtures', 'idle-app');

describe('sandbox/supervisor/run-stack, started again', () => {
  it('goes on at a second start where the first was stopped, and leaves no process behind', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'gatehouse-stack-'));
    const first = await startStack({ app, directory });
    await first.advance('P2D');
    const moved = (await first.api('GET', '/api/clock')).body as { now: string };
    expect(await first.stop()).toBe(0);
    await waitUntilGone(Object.values(first.info.processes));

    const second = await startStack({ app, directory });

    const { processes: _first, ...kept } = first.info;
    const { processes: _second, ...again } = second.info;
    expect(again).toEqual(kept);
    const now = (await second.api('GET', '/api/clock')).body as { now: string };
    expect(Date.parse(now.now)).toBeGreaterThanOrEqual(Date.parse(moved.now));
    expect(await second.stop()).toBe(0);
    rmSync(directory, { recursive: true, force: true });
  });

  it('ends its children when it is killed itself, and can be started again', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'gatehouse-stack-'));
    const first = await startStack({ app, directory });

    first.supervisor.kill('SIGKILL');

    await waitUntilGone(Object.values(first.info.processes));
    const second = await startStack({ app, directory });
    expect((await second.api('GET', '/api/clock')).status).toBe(200);
    await second.stop();
    rmSync(directory, { recursive: true, force: true });
  });
});
