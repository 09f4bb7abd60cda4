import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';

/** One request that an emulator answered. */
export interface JournalEntry {
  readonly at: string;
  readonly service: string;
  readonly method: string;
  /** Path and query, as asked, without the signature of a signed URL. */
  readonly path: string;
  readonly status: number;
  /** The caller's application id, where the request carried a valid token. */
  readonly principal?: string;
  /** Set on a fault that the sandbox made: what it did instead of, or after, the real answer. */
  readonly fault?: string;
}

/** The requests of a stack's whole life, kept in a file of JSON lines across restarts. */
export class Journal {
  readonly #path: string | undefined;
  readonly #entries: JournalEntry[];

  /** Without a path, the journal is kept in memory only. */
  constructor(path?: string) {
    this.#path = path;
    this.#entries = path !== undefined && existsSync(path) ? readLines(path) : [];
  }

  add(asked: JournalEntry): void {
    const entry = { ...asked, path: withoutSignature(asked.path) };
    this.#entries.push(entry);
    if (this.#path !== undefined) appendFileSync(this.#path, `${JSON.stringify(entry)}\n`);
  }

  /** The entries, oldest first, of one service and since a time (ISO), where given. */
  list(filter: { readonly service?: string | undefined; readonly since?: string | undefined } = {}): JournalEntry[] {
    return this.#entries.filter(
      (entry) =>
        (filter.service === undefined || entry.service === filter.service) &&
        (filter.since === undefined || entry.at >= filter.since),
    );
  }

  clear(): void {
    this.#entries.length = 0;
    if (this.#path !== undefined) writeFileSync(this.#path, '');
  }
}

/** Whoever has the signature can fetch what it signs, and the journal is there to be read. */
function withoutSignature(path: string): string {
  return path.replace(/([?&]sig=)[^&]*/gi, '$1XXXXX');
}

/** A last line cut off by a killed process is left out. */
function readLines(path: string): JournalEntry[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as JournalEntry);
}
