import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ports } from './ports.ts';
import { writePrivateJson } from './private-file.ts';
import type { StackSecrets } from './stack-secrets.ts';

/** The simulated Windows machines, as the cloud process tells the supervisor of them. */
export interface WindowsInfo {
  readonly ssh: {
    readonly host: string;
    /** Fingerprint of every machine's host key, as `ssh-keygen -l` prints it. */
    readonly hostKey: string;
    readonly username: string;
    /** By machine id. */
    readonly ports: Readonly<Record<string, number>>;
  };
  /** Resource ids by machine id. */
  readonly arc: Readonly<Record<string, string>>;
  /** File of the private key that the machines let in. */
  readonly privateKey: string;
}

export const storageAccount = 'devstoreaccount1';

/** What `stack.json` tells tools about a running stack. */
export interface StackInfo {
  readonly app: {
    readonly url: string;
    readonly apiKey: string;
    readonly masterKey: string;
    readonly eventGridKey: string;
  };
  readonly storage: {
    readonly blobUrl: string;
    readonly queueUrl: string;
    readonly tableUrl: string;
    readonly connectionString: string;
  };
  readonly arm: { readonly url: string; readonly subscriptionId: string; readonly tenantId: string };
  readonly keyVault: { readonly url: string };
  /** The vault of the app's own secrets. */
  readonly appVault: { readonly url: string };
  readonly ca: string;
  readonly control: { readonly url: string };
  readonly processes: Readonly<Record<string, number>>;
  /** With `--with windows` alone. */
  readonly windows?: WindowsInfo;
}

/** Puts together what is known of a stack before its processes run. */
export function describeStack(options: {
  readonly ports: Ports;
  readonly secrets: StackSecrets;
  readonly caFile: string;
  readonly processes: Readonly<Record<string, number>>;
  readonly windows?: WindowsInfo | undefined;
}): StackInfo {
  const { ports, secrets } = options;
  const storage = {
    blobUrl: storageUrl(ports.blob),
    queueUrl: storageUrl(ports.queue),
    tableUrl: storageUrl(ports.table),
  };
  return {
    app: {
      url: `http://127.0.0.1:${ports.runtime}`,
      apiKey: secrets.administratorKey,
      masterKey: secrets.masterKey,
      eventGridKey: secrets.eventGridKey,
    },
    storage: { ...storage, connectionString: connectionString(storage, secrets.storageKey) },
    arm: {
      url: `https://localhost:${ports.arm}`,
      subscriptionId: secrets.subscriptionId,
      tenantId: secrets.tenantId,
    },
    keyVault: { url: `https://localhost:${ports.keyVault}` },
    appVault: { url: `https://localhost:${ports.appVault}` },
    ca: options.caFile,
    control: { url: `http://127.0.0.1:${ports.control}` },
    processes: options.processes,
    ...(options.windows === undefined ? {} : { windows: options.windows }),
  };
}

/** Writes `stack.json`, readable by this user alone since it holds keys. */
export function writeStackInfo(directory: string, info: StackInfo): void {
  writePrivateJson(join(directory, 'stack.json'), info);
}

/** Where the cloud process writes what it has of Windows, each time that changes. */
export function windowsInfoFile(directory: string): string {
  return join(directory, 'windows.json');
}

/** What the cloud process wrote last, or undefined when it has no machines. */
export function readWindowsInfo(directory: string): WindowsInfo | undefined {
  const file = windowsInfoFile(directory);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as WindowsInfo) : undefined;
}

/** An endpoint of the stack's storage account. */
export function storageUrl(port: number): string {
  return `https://127.0.0.1:${port}/${storageAccount}`;
}

function connectionString(urls: { blobUrl: string; queueUrl: string; tableUrl: string }, key: string): string {
  return [
    'DefaultEndpointsProtocol=https',
    `AccountName=${storageAccount}`,
    `AccountKey=${key}`,
    `BlobEndpoint=${urls.blobUrl}`,
    `QueueEndpoint=${urls.queueUrl}`,
    `TableEndpoint=${urls.tableUrl}`,
  ]
    .map((part) => `${part};`)
    .join('');
}
