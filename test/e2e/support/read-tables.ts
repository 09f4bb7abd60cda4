/** The app's tables as they are stored, for tests of what a run leaves behind. */
import { readFileSync } from 'node:fs';
import { AzureNamedKeyCredential, TableClient } from '@azure/data-tables';
import type { RunningTestStack } from '../../support/stack.ts';
import { readSecrets } from './azure.ts';

export type TableRow = Readonly<Record<string, unknown>>;

/** All rows of one table. */
export async function readTable(stack: RunningTestStack, table: string): Promise<readonly TableRow[]> {
  const { tableUrl } = stack.info.storage;
  const account = new URL(tableUrl).pathname.slice(1);
  const credential = new AzureNamedKeyCredential(account, readSecrets(stack).storageKey);
  const client = new TableClient(tableUrl, table, credential, {
    tlsOptions: { ca: readFileSync(stack.info.ca, 'utf8') },
  });
  const rows: TableRow[] = [];
  for await (const row of client.listEntities()) rows.push(row);
  return rows;
}
