/**
 * A laptop gets in and a person is out, as docs/people.md has it typed, with a real OpenVPN client. Nothing here
 * depends on how fast the machine is.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { blocksOf, expectGoodScreen, openTypingFolder, type TypingFolder } from '../support/typed-page.ts';

jest.setTimeout(1_200_000);

let folder: TypingFolder;

beforeEach(() => {
  folder = openTypingFolder();
});

afterEach(async () => {
  await folder.leave();
});

describe('docs/people.md, as typed', () => {
  it('lets Ann’s laptop in with a kit behind a link, and takes her out everywhere', async () => {
    const [start = '', ...blocks] = blocksOf('docs/people.md');
    expect(start).toBe('npm start\n');
    const stack = await folder.startUntil('The stack runs on', ['--speed', '600']);

    const screen = await folder.type(blocks);

    const told = JSON.parse(readFileSync(join(folder.directory, 'ann.json'), 'utf8')) as Told;
    expectGoodScreen(screen, stack, [told.password, ...told.downloads.map(({ url }) => url)]);
    for (const kind of ['openvpn2', 'windows-x64', 'ios']) expect(screen).toMatch(new RegExp(`^${kind} until `, 'm'));
    expect(screen).toMatch(/^<h1>.+<\/h1>$/m);
    expect(screen).toMatch(/^connected as 172\.16\.201\.\d+, 10\.1\.0\.4 answers through the tunnel$/m);
    expect(screen).toMatch(/^revokeOwner ann-lee: succeeded$/m);
    expect(screen).toMatch(/^refused: certificate revoked$/m);
    expect(screen).toMatch(/^Owner 'ann-lee' left on /m);
  });
});

interface Told {
  readonly password: string;
  readonly downloads: readonly { readonly url: string }[];
}
