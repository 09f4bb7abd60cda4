import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { StackError } from './stack-error.ts';

const usage = `usage: npm start -- [options]
  --idle            start the stack alone, without the walk-through
  --state DIR       where everything is kept (default .sandbox)
  --speed N         Azure's durations are divided by N (default 60)
  --port N          port of the app (default: a free one, kept)
  --with LIST       vpn, eventgrid, windows; separated by commas (eventgrid always runs; vpn by itself when
                    the line is walked, where root and OpenVPN are there; --with '' leaves it out;
                    windows: simulated machines behind SSH and Arc)
  --record          write whole requests and answers of ARM and Key Vault to DIR/traffic.jsonl
  --durable extension  run the orchestrations by the real Durable Task extension (needs the .NET SDK; the clock
                    cannot be moved then)
  --quirks real-host  behave as the real Functions host where it differs
  --noise N         share of requests to Azure that meet a random 429 or 503, 0 to 1 (default 0.03)
  --app DIR         built app to run (default dist/app)
  --help            say this`;

const parts = ['vpn', 'windows', 'eventgrid'] as const;
export type StackPart = (typeof parts)[number];

const durableChoices = ['local', 'extension'] as const;
export type DurableChoice = (typeof durableChoices)[number];

export interface StackOptions {
  readonly idle: boolean;
  readonly directory: string;
  readonly appDirectory: string;
  readonly speed: number;
  readonly port: number | undefined;
  readonly with: readonly StackPart[];
  readonly record: boolean;
  readonly durable: DurableChoice;
  readonly quirks: '' | 'real-host';
  readonly noise: number | undefined;
}

/** The usage, when that is what the command line asks for. */
export function helpWanted(args: readonly string[]): string | undefined {
  return args.some((arg) => arg === '--help' || arg === '-h') ? usage : undefined;
}

/** Reads the command line; paths are taken from `root`. Throws a StackError that ends with the usage. */
export function readOptions(args: readonly string[], root: string): StackOptions {
  const values = parse(args);
  return {
    idle: values.idle,
    directory: resolve(root, values.state),
    appDirectory: resolve(root, values.app),
    speed: readNumber('speed', values.speed, (speed) => speed >= 1 && speed <= 100_000),
    port: optional(values.port, (port) =>
      readNumber('port', port, (number) => Number.isInteger(number) && number > 0 && number < 65_536),
    ),
    with: readParts(values.with, values.idle),
    record: values.record,
    durable: readDurable(values.durable),
    quirks: readQuirks(values.quirks),
    noise: optional(values.noise, (noise) => readNumber('noise', noise, (share) => share >= 0 && share <= 1)),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        idle: { type: 'boolean', default: false },
        state: { type: 'string', default: '.sandbox' },
        app: { type: 'string', default: 'dist/app' },
        speed: { type: 'string', default: '60' },
        port: { type: 'string' },
        with: { type: 'string', multiple: true, default: [] },
        record: { type: 'boolean', default: false },
        durable: { type: 'string', default: 'local' },
        quirks: { type: 'string', default: '' },
        noise: { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw refused(error instanceof Error ? error.message : String(error));
  }
}

/** The walk shows the real client where it can; a stack that was started for itself has only what was asked for. */
function readParts(lists: readonly string[], isIdle: boolean): StackPart[] {
  if (lists.length === 0) return isIdle ? [] : ['vpn'];
  const names = lists.flatMap((list) => list.split(',')).filter((name) => name !== '');
  return names.map((name) => {
    const part = parts.find((known) => known === name);
    if (part === undefined) throw refused(`--with does not know ${name}`);
    return part;
  });
}

function readDurable(text: string): DurableChoice {
  const choice = durableChoices.find((known) => known === text);
  if (choice === undefined) throw refused(`--durable does not know ${text}`);
  return choice;
}

function readQuirks(text: string): '' | 'real-host' {
  if (text !== '' && text !== 'real-host') throw refused(`--quirks does not know ${text}`);
  return text;
}

function readNumber(name: string, text: string, isAllowed: (value: number) => boolean): number {
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value) || !isAllowed(value)) throw refused(`--${name} cannot be ${text}`);
  return value;
}

function optional<T>(text: string | undefined, read: (text: string) => T): T | undefined {
  return text === undefined ? undefined : read(text);
}

function refused(message: string): StackError {
  return new StackError(`${message}\n${usage}`);
}
