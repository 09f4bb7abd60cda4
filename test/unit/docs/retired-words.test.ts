/**
 * The project began with words of its own, which the field's terms have replaced. A word that came back would be read
 * as the name of something. Plain English that only sounds alike ("no room for it") is not on the list.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

const root = resolve(__dirname, '../../..');
const places = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  ...['src', 'sandbox', 'docs', 'infra', 'examples', 'bench', 'tools'],
];
const kinds = /\.(?:ts|cjs|ps1|sh|md|json|bicep|bicepparam|cs)$/;

/** What each is called now, by what it was called. */
const retired: readonly (readonly [RegExp, string])[] = [
  [/\bdoors?\b|[a-z]Doors?\b/i, 'route; control API'],
  [/\b(?:front|records?|issuing|revocation) desk\b|[a-z]Desks?\b/, 'src/services'],
  [/\b(?:[Ss]tory|[Ss]tories|tellStory)\b|[a-z]Story\b/, 'orchestration; procedure'],
  [/\bmustHold\b|\bmust\(/, 'verify; run'],
  [/\bstand-?ins?\b|\bfakes?\b/i, 'emulator'],
  [/\b(?:carry|carries|carried|carrying) out\b/i, 'run; redrive'],
  [/\b(?:goOn|giveWay|patiently|lookAtAgain)\b/, 'continueIssuing; supersede; retryWhileThrottled; recheckAt'],
  [/\blanes?\b|[a-z]Lanes?\b/, 'branch'],
  [/\bfacts\/[a-z]|\bperf-rel\b/, 'the reason itself: no reader has those pages'],
  [/\bwas so already\b|\bopens no gateway\b|\bnothing to do with it any more\b/i, 'Already in the desired state.'],
];

function filesIn(path: string): readonly string[] {
  if (kinds.test(path)) return [path];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => kinds.test(name) && !/(?:^|[\\/])(?:node_modules|dist|bin|obj)[\\/]/.test(name))
    .map((name) => join(path, name));
}

describe('words', () => {
  it('are the field’s: none that was retired is in code, texts or pages', () => {
    const files = places.flatMap((place) => filesIn(resolve(root, place)));
    const found = files.flatMap((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .flatMap((line, index) =>
          retired
            .filter(([word]) => word.test(line))
            .map(([word, now]) => `${relative(root, file)}:${index + 1} ${word.exec(line)?.[0] ?? ''} (now: ${now})`),
        ),
    );

    expect(files.length).toBeGreaterThan(500);
    expect(found).toEqual([]);
  });
});
