/** The app's tables as they are stored, for tests of what a run leaves behind. */
import { readFileSync } from 'node:fs';
import { AzureNamedKeyCredential, TableClient, TableServiceClient } from '@azure/data-tables';
import type { RunningTestStack } from '../../support/stack.ts';
import { readSecrets } from './azure.ts';

export type TableRow = Readonly<Record<string, unknown>>;

/** All rows of one table. */
export async function readTable(stack: RunningTestStack, table: string): Promise<readonly TableRow[]> {
  const { tableUrl, credential, options } = storageOf(stack);
  const rows: TableRow[] = [];
  for await (const row of new TableClient(tableUrl, table, credential, options).listEntities()) rows.push(row);
  return rows;
}

/** Every row of every table as one text, by table. Binary columns as text: a history may be packed into one. */
export async function readTables(stack: RunningTestStack): Promise<ReadonlyMap<string, string>> {
  const { tableUrl, credential, options } = storageOf(stack);
  const texts = new Map<string, string>();
  for await (const { name = '' } of new TableServiceClient(tableUrl, credential, options).listTables()) {
    const rows = await readTable(stack, name);
    texts.set(name, rows.map((row) => Object.values(row).map(toText).join('\n')).join('\n'));
  }
  return texts;
}

function storageOf(stack: RunningTestStack) {
  const { tableUrl } = stack.info.storage;
  const account = new URL(tableUrl).pathname.slice(1);
  return {
    tableUrl,
    credential: new AzureNamedKeyCredential(account, readSecrets(stack).storageKey),
    options: { tlsOptions: { ca: readFileSync(stack.info.ca, 'utf8') } },
  };
}

function toText(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
