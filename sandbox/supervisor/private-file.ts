import { renameSync, writeFileSync } from 'node:fs';

/** Writes JSON that only this user may read, whole or not at all. */
export function writePrivateJson(path: string, value: unknown): void {
  writeFileSync(`${path}.new`, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
