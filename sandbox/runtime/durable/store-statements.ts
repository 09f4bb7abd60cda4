import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** `value` is JSON. An instance's id stands in each of its rows; `over` is 1 once its execution has ended. */
const tables = `
  CREATE TABLE IF NOT EXISTS records (instance TEXT PRIMARY KEY, revision INTEGER, over INTEGER, value TEXT) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS history (instance TEXT, position INTEGER, value TEXT, PRIMARY KEY (instance, position));
  CREATE TABLE IF NOT EXISTS inbox (instance TEXT, key TEXT, value TEXT, PRIMARY KEY (instance, key)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS outgoing (instance TEXT, key TEXT, value TEXT, PRIMARY KEY (instance, key)) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS unfinished ON records (instance) WHERE over = 0;
`;

/** Each takes its parameters in the order in which they stand. */
const texts = {
  listUnfinished: 'SELECT instance FROM records WHERE over = 0 UNION SELECT instance FROM outgoing',
  listRecords: 'SELECT value FROM records ORDER BY instance',
  readRecord: 'SELECT revision, value FROM records WHERE instance = ?',
  readHistory: 'SELECT value FROM history WHERE instance = ? ORDER BY position',
  readInbox: 'SELECT key, value FROM inbox WHERE instance = ? ORDER BY key',
  readOutgoing: 'SELECT key, value FROM outgoing WHERE instance = ? ORDER BY key',
  addRecord: 'INSERT INTO records (over, value, instance, revision) VALUES (?, ?, ?, 1) ON CONFLICT DO NOTHING',
  replaceRecord: 'UPDATE records SET over = ?, value = ?, revision = revision + 1 WHERE instance = ? AND revision = ?',
  addEvent: 'INSERT INTO history (instance, position, value) VALUES (?, ?, ?)',
  addMessage: 'INSERT INTO inbox (instance, key, value) VALUES (?, ?, ?)',
  addWork: 'INSERT INTO outgoing (instance, key, value) VALUES (?, ?, ?)',
  deleteRecord: 'DELETE FROM records WHERE instance = ?',
  deleteHistory: 'DELETE FROM history WHERE instance = ?',
  deleteInbox: 'DELETE FROM inbox WHERE instance = ?',
  deleteOutgoing: 'DELETE FROM outgoing WHERE instance = ?',
  deleteMessage: 'DELETE FROM inbox WHERE instance = ? AND key = ?',
  deleteWork: 'DELETE FROM outgoing WHERE instance = ? AND key = ?',
} as const;

export type Statements = Readonly<Record<keyof typeof texts, StatementSync>>;

export function createTables(file: DatabaseSync): void {
  file.exec(tables);
}

export function prepareStatements(file: DatabaseSync): Statements {
  const entries = Object.entries(texts).map(([name, text]) => [name, file.prepare(text)] as const);
  return Object.fromEntries(entries) as Statements;
}
