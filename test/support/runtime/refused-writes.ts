/**
 * Cuts a runtime off its hub's file after so many writes: the next turn or message is refused, as by a disk that is
 * full, and so is whatever it tries then. Killing it there shows what a power cut at that line would do.
 */
import type { DatabaseSync } from 'node:sqlite';
import { openHubFile } from '../../../sandbox/runtime/hub-file.ts';

/** What the runtime logs of the first write that is refused, and of each that follows. */
export const refusal = 'no more writes';

const writes = { turns: 'UPDATE ON records', messages: 'INSERT ON inbox' };

export function refuseWrites(folder: string, hubName: string, after: number): void {
  change(folder, hubName, (file) => {
    file.exec('CREATE TABLE writes (left INTEGER)');
    file.prepare('INSERT INTO writes (left) VALUES (?)').run(after);
    for (const [name, write] of Object.entries(writes)) {
      file.exec(`
        CREATE TRIGGER refuse_${name} BEFORE ${write} WHEN (SELECT left FROM writes) = 0
        BEGIN SELECT RAISE(ABORT, '${refusal}'); END;
        CREATE TRIGGER count_${name} AFTER ${write} BEGIN UPDATE writes SET left = left - 1; END;
      `);
    }
  });
}

export function takeWrites(folder: string, hubName: string): void {
  change(folder, hubName, (file) => {
    for (const name of Object.keys(writes)) file.exec(`DROP TRIGGER refuse_${name}; DROP TRIGGER count_${name}`);
    file.exec('DROP TABLE writes');
  });
}

function change(folder: string, hubName: string, work: (file: DatabaseSync) => void): void {
  const file = openHubFile(folder, hubName);
  try {
    work(file);
  } finally {
    file.close();
  }
}
