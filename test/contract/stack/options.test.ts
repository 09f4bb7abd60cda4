/** The command line of `npm start`, and the ports and keys that a folder keeps. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepDurableChoice } from '../../../sandbox/supervisor/durable-choice.ts';
import { readOptions } from '../../../sandbox/supervisor/options.ts';
import { ensurePorts } from '../../../sandbox/supervisor/ports.ts';
import { ensureSecrets } from '../../../sandbox/supervisor/stack-secrets.ts';

describe('sandbox/supervisor/options', () => {
  it('starts everything in .sandbox at sixty times the speed when nothing is said', () => {
    expect(readOptions([], '/project')).toEqual({
      idle: false,
      directory: '/project/.sandbox',
      appDirectory: '/project/dist/app',
      speed: 60,
      port: undefined,
      with: ['vpn'],
      record: false,
      durable: 'local',
      quirks: '',
      noise: undefined,
    });
  });

  it.each([
    ['--idle', []],
    ['--with=', []],
    ['--idle --with vpn', ['vpn']],
    ['--idle --with windows', ['windows']],
  ])('takes a VPN for `%s` only where it was asked for', (text, expected) => {
    expect(readOptions(text.split(' '), '/project').with).toEqual(expected);
  });

  it('reads each option', () => {
    const text =
      '--idle --state s --speed 3000 --port 7071 --with vpn,eventgrid --record --durable extension --quirks real-host --noise 0 --app a';

    expect(readOptions(text.split(' '), '/project')).toEqual({
      idle: true,
      directory: '/project/s',
      appDirectory: '/project/a',
      speed: 3000,
      port: 7071,
      with: ['vpn', 'eventgrid'],
      record: true,
      durable: 'extension',
      quirks: 'real-host',
      noise: 0,
    });
  });

  it.each([
    [['--with', 'clouds'], /does not know clouds/],
    [['--speed', 'fast'], /--speed cannot be fast/],
    [['--speed', '0'], /--speed cannot be 0/],
    [['--port', '70000'], /--port cannot be 70000/],
    [['--durable', 'azure'], /does not know azure/],
    [['--quirks', 'none'], /does not know none/],
    [['--noise', '2'], /--noise cannot be 2/],
    [['--noise', ''], /--noise cannot be/],
    [['extra'], /usage: npm start/],
  ])('refuses %j', (args, message) => {
    expect(() => readOptions(args, '/project')).toThrow(message);
  });
});

describe('sandbox/supervisor/durable-choice', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'gatehouse-durable-'));
  });

  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  it('holds a folder to what its orchestrations were begun by', () => {
    keepDurableChoice(directory, 'local');
    keepDurableChoice(directory, 'local');

    expect(() => {
      keepDurableChoice(directory, 'extension');
    }).toThrow(/were begun with --durable local/);
  });

  it('leaves a clock that was moved to the local hub', () => {
    writeFileSync(join(directory, 'clock.json'), JSON.stringify({ offsetMs: 1000 }));

    expect(() => {
      keepDurableChoice(directory, 'extension');
    }).toThrow(/The clock in .* was moved/);
    expect(() => {
      keepDurableChoice(directory, 'local');
    }).not.toThrow();
  });
});

describe('sandbox/supervisor/ports', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'gatehouse-ports-'));
  });

  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  it('keeps the ports and keys of a folder', async () => {
    const ports = await ensurePorts(directory);

    expect(await ensurePorts(directory)).toEqual(ports);
    expect(new Set(Object.values(ports)).size).toBe(9);
    expect(ensureSecrets(directory)).toEqual(ensureSecrets(directory));
  });

  it('takes another port for the app when told, for good', async () => {
    const ports = await ensurePorts(directory);
    const wanted = (await ensurePorts(mkdtempSync(join(directory, 'other-')))).runtime;

    expect(await ensurePorts(directory, wanted)).toEqual({ ...ports, runtime: wanted });
    expect((await ensurePorts(directory)).runtime).toBe(wanted);
  });

  it('refuses to move when a kept port is taken, since ids in the state carry it', async () => {
    const ports = await ensurePorts(directory);
    const squatter = createServer().listen(ports.arm, '127.0.0.1');
    await new Promise((resolve) => squatter.once('listening', resolve));

    await expect(ensurePorts(directory)).rejects.toThrow(`Port ${ports.arm} of this stack (arm) is taken`);

    await new Promise((resolve) => squatter.close(resolve));
  });
});
