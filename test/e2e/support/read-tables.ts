/** The app's tables and the host's hub as they are stored, for tests of what a run leaves behind. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
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

/**
 * Every row of every table, and all that the local host keeps of orchestrations (`hub`), as one text each. Binary
 * columns as text: a history may be packed into one.
 */
export async function readTables(stack: RunningTestStack): Promise<ReadonlyMap<string, string>> {
  const { tableUrl, credential, options } = storageOf(stack);
  const texts = new Map<string, string>();
  for await (const { name = '' } of new TableServiceClient(tableUrl, credential, options).listTables()) {
    const rows = await readTable(stack, name);
    texts.set(name, rows.map((row) => Object.values(row).map(toText).join('\n')).join('\n'));
  }
  return texts.set('hub', readHub(stack));
}

function readHub(stack: RunningTestStack): string {
  const file = new DatabaseSync(join(stack.directory, 'runtime', 'Gatehouse.sqlite'), { readOnly: true });
  try {
    const tables = file.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
    const rows = tables.flatMap(({ name }) => file.prepare(`SELECT * FROM ${String(name)}`).all());
    return rows.map((row) => Object.values(row).map(String).join('\n')).join('\n');
  } finally {
    file.close();
  }
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
