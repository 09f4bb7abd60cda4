/**
 * One Azurite for a test file: a child process on free loopback ports that keeps everything in memory. Tests that share
 * it keep apart by the names of their tables and containers.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export interface Azurite {
  readonly connectionString: string;
  readonly tablePort: number;
  readonly blobPort: number;
  stop(): Promise<void>;
}

const script = resolve('node_modules/azurite/dist/src/azurite.js');
const withoutTelemetry = resolve('sandbox/azurite/without-unused.cjs');
// The account that every Azurite has; its key is public.
const account = 'devstoreaccount1';
const accountKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';
const flags = ['--silent', '--inMemoryPersistence', '--skipApiVersionCheck', '--disableTelemetry'];
const startMaxMs = 30_000;

/** Starts Azurite and resolves when its three services listen. */
export async function startAzurite(): Promise<Azurite> {
  const folder = await mkdtemp(join(tmpdir(), 'azurite-'));
  const ports = ['--blobPort', '0', '--queuePort', '0', '--tablePort', '0'];
  const child = spawn(process.execPath, ['--require', withoutTelemetry, script, ...flags, ...ports], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const found = await readPorts(child);
  return {
    connectionString: `${toConnectionString(found.blob, found.table)};QueueEndpoint=http://127.0.0.1:${found.queue}/${account}`,
    tablePort: found.table,
    blobPort: found.blob,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        const exited = once(child, 'exit');
        child.kill();
        await exited;
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function toConnectionString(blobPort: number, tablePort: number): string {
  return [
    'DefaultEndpointsProtocol=http',
    `AccountName=${account}`,
    `AccountKey=${accountKey}`,
    `BlobEndpoint=http://127.0.0.1:${blobPort}/${account}`,
    `TableEndpoint=http://127.0.0.1:${tablePort}/${account}`,
  ].join(';');
}

interface Ports {
  readonly blob: number;
  readonly queue: number;
  readonly table: number;
}

async function readPorts(child: ChildProcess): Promise<Ports> {
  return new Promise((resolvePorts, reject) => {
    let output = '';
    const timer = setTimeout(() => {
      child.kill();
      reject(new Error(`Azurite did not start in time: ${output}`));
    }, startMaxMs);
    function onExit(code: number | null): void {
      clearTimeout(timer);
      reject(new Error(`Azurite ended with ${String(code)}: ${output}`));
    }
    child.once('exit', onExit);
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const blob = portOf(output, 'Blob');
      const queue = portOf(output, 'Queue');
      const table = portOf(output, 'Table');
      if (blob !== undefined && queue !== undefined && table !== undefined) {
        clearTimeout(timer);
        child.removeListener('exit', onExit);
        resolvePorts({ blob, queue, table });
      }
    });
  });
}

function portOf(output: string, service: string): number | undefined {
  const port = new RegExp(`${service} service is successfully listening at \\S+:(\\d+)`).exec(output)?.[1];
  return port === undefined ? undefined : Number(port);
}
