import { mkdirSync } from 'node:fs';
import { request } from 'node:https';
import { createRequire } from 'node:module';
import { join } from 'node:path';

export interface AzuriteSettings {
  /** The project's folder, whose packages Azurite is one of. */
  readonly root: string;
  /** Where it keeps its data. */
  readonly location: string;
  readonly ports: { readonly blob: number; readonly queue: number; readonly table: number };
  readonly certificateFile: string;
  readonly keyFile: string;
}

/**
 * Node's arguments for an Azurite that serves HTTPS on 127.0.0.1 and takes bearer tokens. Its "basic" check reads a
 * token's dates, issuer and audience, not its signature.
 */
export function azuriteArguments(settings: AzuriteSettings): string[] {
  mkdirSync(settings.location, { recursive: true });
  const { ports } = settings;
  return [
    ...['--require', join(import.meta.dirname, 'without-unused.cjs')],
    createRequire(join(settings.root, 'package.json')).resolve('azurite/dist/src/azurite.js'),
    ...['--location', settings.location],
    ...['--blobHost', '127.0.0.1', '--blobPort', String(ports.blob)],
    ...['--queueHost', '127.0.0.1', '--queuePort', String(ports.queue)],
    ...['--tableHost', '127.0.0.1', '--tablePort', String(ports.table)],
    ...['--cert', settings.certificateFile, '--key', settings.keyFile],
    ...['--oauth', 'basic', '--silent', '--disableTelemetry', '--skipApiVersionCheck', '--disableProductStyleUrl'],
  ];
}

/** The environment variable that names the account and its shared key. */
export function azuriteEnvironment(account: string, key: string): Record<string, string> {
  return { AZURITE_ACCOUNTS: `${account}:${key}` };
}

/** The services start one after the other; this is the last one's line. */
export function isAzuriteReadyLine(line: string): boolean {
  return line.startsWith('Azurite Table service is successfully listening');
}

/** Resolves when each of Azurite's services answers a request, whatever it says; rejects when one cannot be reached. */
export async function askAzurite(ports: AzuriteSettings['ports'], ca: string): Promise<void> {
  await Promise.all([ports.blob, ports.queue, ports.table].map((port) => askOnce(port, ca)));
}

function askOnce(port: number, ca: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path: '/', method: 'GET', ca, agent: false }, (response) => {
      response.resume();
      response.once('end', resolve);
    });
    asked.once('error', reject);
    asked.end();
  });
}
