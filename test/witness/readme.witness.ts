/**
 * The README's calls as typed, beside the stack that it starts, with a real OpenVPN client. Nothing here depends on how
 * fast the machine is.
 */
import {
  blocksOf,
  expectGoodScreen,
  linesOfStart,
  openTypingFolder,
  type TypingFolder,
} from '../support/typed-page.ts';

jest.setTimeout(1_200_000);

let folder: TypingFolder;

beforeEach(() => {
  folder = openTypingFolder();
});

afterEach(async () => {
  await folder.leave();
});

describe('README.md, as typed', () => {
  it('lets Kim in with a file and out again, and shows that it is proven', async () => {
    const stack = await folder.startUntil('The stack runs on', ['--speed', '600']);

    const start = folder.said().split('\n');
    expect(linesOfStart().length).toBeGreaterThan(12);
    expect(linesOfStart().filter((line) => !start.some((said) => line.test(said)))).toEqual([]);

    const screen = await folder.type(blocksOf('README.md', 'Call it'));

    expectGoodScreen(screen, stack);
    expect(screen).toMatch(/^connected as 172\.16\.201\.\d+, 10\.1\.0\.4 answers through the tunnel$/m);
    expect(screen).toMatch(/^revokeCertificate [0-9A-F]{40}: succeeded$/m);
    expect(screen).toMatch(/^ {2}vnet1gw proven$/m);
    expect(screen).toMatch(/^refused: certificate revoked$/m);
  });
});
