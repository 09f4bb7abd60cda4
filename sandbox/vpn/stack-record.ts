import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { deleteNamespace, listNamespaces } from './namespaces.ts';

const fileName = 'vpn-stack.json';

export const stackRecordSchema = z.object({
  /** What the names of this stack's namespaces begin with. Checked: all that has this prefix is removed. */
  prefix: z.string().regex(/^gh[0-9a-f]{4}-$/),
  /** Folder of keys and sockets of the gateways that run now. */
  folder: z.string(),
  /** Ids of the sessions that the ARM emulator has been told of and that have not ended. */
  sessionIds: z.array(z.string()),
});
export type StackRecord = z.infer<typeof stackRecordSchema>;

/** What a process before this one left behind, or undefined. */
export function readStackRecord(directory: string): StackRecord | undefined {
  const path = join(directory, fileName);
  return existsSync(path) ? stackRecordSchema.parse(JSON.parse(readFileSync(path, 'utf8'))) : undefined;
}

/** Writes the record; done before namespaces are made, so that a killed process leaves none that is not on record. */
export function writeStackRecord(directory: string, record: StackRecord): void {
  const path = join(directory, fileName);
  writeFileSync(`${path}.new`, JSON.stringify(record));
  renameSync(`${path}.new`, path);
}

/** A record with names that nobody on this machine uses. */
export async function createStackRecord(): Promise<StackRecord> {
  for (;;) {
    const prefix = `gh${randomBytes(2).toString('hex')}-`;
    if ((await listNamespaces(prefix)).length > 0) continue;
    return { prefix, folder: mkdtempSync(join(tmpdir(), prefix)), sessionIds: [] };
  }
}

/** Removes every namespace (with its processes) and file that the record names. */
export async function removeLeftovers(record: StackRecord): Promise<void> {
  await Promise.all((await listNamespaces(record.prefix)).map(deleteNamespace));
  rmSync(record.folder, { recursive: true, force: true });
}

/** Forgets the record: nothing that it named is left. */
export function deleteStackRecord(directory: string): void {
  rmSync(join(directory, fileName), { force: true });
}
