import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Journal } from '../../../sandbox/platform/journal.ts';

describe('sandbox/platform/journal', () => {
  it('writes a signed URL down without its signature, in memory and in the file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-journal-'));
    const file = join(folder, 'journal.jsonl');
    const journal = new Journal(file);

    journal.add({
      at: '2026-11-21T08:00:00.000Z',
      service: 'arm',
      method: 'GET',
      path: '/profiles/a.zip?sv=2025-11-05&sig=c2VjcmV0%3D&se=2026-11-21',
      status: 200,
    });

    const path = '/profiles/a.zip?sv=2025-11-05&sig=XXXXX&se=2026-11-21';
    expect(journal.list()).toMatchObject([{ path }]);
    expect(readFileSync(file, 'utf8')).not.toContain('c2VjcmV0');
    expect(new Journal(file).list()).toMatchObject([{ path }]);
    rmSync(folder, { recursive: true });
  });
});
