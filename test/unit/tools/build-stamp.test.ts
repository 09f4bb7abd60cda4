import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createStamp, isUpToDate } from '../../../tools/build-stamp.ts';

const longAgo = new Date('2020-01-01T00:00:00Z');

describe('tools/build-stamp.ts', () => {
  let root: string;
  let stampFile: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'build-stamp-'));
    stampFile = join(root, 'build.json');
    write('source.ts', 'one');
    write('main.cjs', 'ONE');
    stamp();
  });

  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  function write(file: string, content: string, at = longAgo): void {
    writeFileSync(join(root, file), content);
    utimesSync(join(root, file), at, at);
  }

  function stamp(startedAtMs = longAgo.getTime() + 1): void {
    const made = createStamp(root, { inputs: ['source.ts'], outputs: ['main.cjs'], startedAtMs });
    writeFileSync(stampFile, JSON.stringify(made ?? null));
  }

  it('holds while every file is what it was, whenever it was written', () => {
    write('source.ts', 'one', new Date());

    expect(isUpToDate(root, stampFile)).toBe(true);
  });

  it.each([
    [
      'a source has other content of the same length and time',
      () => {
        write('source.ts', 'two');
      },
    ],
    [
      'a source is gone',
      () => {
        rmSync(join(root, 'source.ts'));
      },
    ],
    [
      'what was built was changed',
      () => {
        write('main.cjs', 'TWO');
      },
    ],
    [
      'what was built is gone',
      () => {
        rmSync(join(root, 'main.cjs'));
      },
    ],
    [
      'the stamp is gone',
      () => {
        rmSync(stampFile);
      },
    ],
    [
      'the stamp was cut off',
      () => {
        writeFileSync(stampFile, readFileSync(stampFile, 'utf8').slice(0, 20));
      },
    ],
  ])('does not hold when %s', (_what, change) => {
    change();

    expect(isUpToDate(root, stampFile)).toBe(false);
  });

  it('is not given to what was built while a source was written', () => {
    write('source.ts', 'two', new Date());
    stamp(Date.now() - 60_000);

    expect(isUpToDate(root, stampFile)).toBe(false);
  });
});
