/**
 * The two procedures of docs/on-premises.md on simulated machines, as typed. Nothing here depends on how fast the
 * machine is.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { answersOn, blocksOf, expectGoodScreen, openTypingFolder, type TypingFolder } from '../support/typed-page.ts';
import { machineSpeed } from './support/onprem-line.ts';

jest.setTimeout(1_200_000);

let folder: TypingFolder;

beforeEach(() => {
  folder = openTypingFolder();
});

afterEach(async () => {
  await folder.leave();
});

describe('docs/on-premises.md, as typed', () => {
  it('opens and closes a shared VPN, connects two clouds and takes that back', async () => {
    const [first = '', ...blocks] = blocksOf('docs/on-premises.md');
    const [, options = ''] = /^npm start -- (.*)$/m.exec(first) ?? [];
    const speed = ['--speed', String(machineSpeed)];
    // The server of Node: Debian's, where there is one, is for the witness tests.
    const stack = await folder.startUntil('ready', [...options.split(' '), ...speed], { SANDBOX_SSHD: 'off' });

    const screen = await folder.type(blocks);

    const { password } = JSON.parse(readFileSync(join(folder.directory, 'ann.json'), 'utf8')) as { password: string };
    expect(password.length).toBeGreaterThan(8);
    expectGoodScreen(screen, stack, [password]);
    for (const ended of [
      'checkMachine azs-host1',
      'openVpnAccess vpn-poc',
      'setVpnUser vpn-poc',
      'closeVpnAccess vpn-poc',
      'connectClouds wap-two-clouds',
      'disconnectClouds wap-two-clouds',
    ]) {
      expect(screen).toContain(`${ended}: succeeded\n`);
    }
    expect(screen).toMatch(/^\S+\.mobileconfig$/m);
    expect(screen.match(/waiting, for approval/g)).toHaveLength(7 + 4);
    expect(tenantView(screen)).toMatchObject({ isListed: true, errors: [] });
    expect(screen).toContain('wapcomputer1-vm1');
  });
});

/** What the portal shows a tenant is the only answer with `isListed`. */
function tenantView(screen: string): unknown {
  return answersOn(screen).find((answer) => Object.hasOwn(answer as object, 'isListed'));
}
