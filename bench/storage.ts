import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startChild } from './child.ts';

export interface Storage {
  readonly pid: number;
  readonly connectionString: string;
  stop(): Promise<void>;
}

// The account that every Azurite has; its key is public.
const account = 'devstoreaccount1';
const accountKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';
const services = ['Blob', 'Queue', 'Table'] as const;

/** Azurite on free loopback ports, in memory: what is measured is who writes, not the disk. */
export async function startStorage(): Promise<Storage> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-azurite-'));
  const program = createRequire(import.meta.url).resolve('azurite/dist/src/azurite.js');
  const withoutTelemetry = resolve(import.meta.dirname, '..', 'sandbox', 'azurite', 'without-unused.cjs');
  const ports: Partial<Record<string, string>> = {};
  const child = await startChild({
    args: [
      ...['--require', withoutTelemetry, program],
      ...['--silent', '--inMemoryPersistence', '--skipApiVersionCheck', '--disableTelemetry'],
      ...services.flatMap((service) => [`--${service.toLowerCase()}Port`, '0']),
    ],
    cwd: folder,
    // Each service says its port in a line of its own, the table service last.
    isReadyLine: (line) => {
      const [, service = '', port] = /^Azurite (\w+) service is successfully listening at \S+:(\d+)/.exec(line) ?? [];
      if (port !== undefined) ports[service] = port;
      return services.every((name) => ports[name] !== undefined);
    },
  });
  const endpoints = services.map(
    (service) => `${service}Endpoint=http://127.0.0.1:${ports[service] ?? ''}/${account};`,
  );
  return {
    pid: child.pid,
    connectionString: `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${accountKey};${endpoints.join('')}`,
    stop: async () => {
      await child.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
