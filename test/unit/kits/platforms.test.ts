import { AppError } from '../../../src/domain/app-error.ts';
import type { L2tpSettings } from '../../../src/kits/l2tp/l2tp-settings.ts';
import { buildL2tpKit, l2tpPlatforms } from '../../../src/kits/platforms.ts';
import { someL2tpSettings } from '../../support/builders/some-l2tp-settings.ts';
import { unpackKit } from '../../support/kits/unpack-kit.ts';

const tunnels = ['full', 'split'] as const;
const kinds = l2tpPlatforms.names.flatMap((platform) => tunnels.map((tunnel) => [platform, tunnel] as const));

function refusal(changes: Partial<L2tpSettings>): AppError {
  try {
    buildL2tpKit('windows', someL2tpSettings(changes));
  } catch (error: unknown) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('src/kits/platforms, L2TP', () => {
  it.each([
    ['windows', 'azure-stack-poc1-windows-split.zip', 'application/zip'],
    ['macos', 'azure-stack-poc1-macos-split.mobileconfig', 'application/x-apple-aspen-config'],
    ['networkmanager', 'azure-stack-poc1-networkmanager-split.zip', 'application/zip'],
    ['strongswan', 'azure-stack-poc1-strongswan-split.zip', 'application/zip'],
  ] as const)('names the file for %s', (platform, fileName, contentType) => {
    expect(buildL2tpKit(platform, someL2tpSettings())).toMatchObject({ fileName, contentType });
  });

  it.each(l2tpPlatforms.names)('says what to do with the file for %s', (platform) => {
    const { howTo, extension } = buildL2tpKit(platform, someL2tpSettings());

    expect(howTo).toMatch(/VPN password\.$/);
    expect(howTo.includes('README.txt')).toBe(extension === 'zip');
  });

  it.each(kinds)('gives the same bytes again for %s, %s tunnel', (platform, tunnel) => {
    const settings = someL2tpSettings({ tunnel });

    expect(buildL2tpKit(platform, settings)).toEqual(buildL2tpKit(platform, { ...settings }));
  });

  it.each(kinds)('leads to the stack for %s, %s tunnel', (platform, tunnel) => {
    const text = Object.values(unpackKit(buildL2tpKit(platform, someL2tpSettings({ tunnel })))).join('\n');

    expect(text).toContain('203.0.113.5');
    expect(text).toContain('https://portal.azurestack.local');
    expect(text.includes('192.168.100.0/24')).toBe(tunnel === 'split');
  });

  it.each(kinds)('sets no password for %s, %s tunnel', (platform, tunnel) => {
    const files = Object.entries(unpackKit(buildL2tpKit(platform, someL2tpSettings({ tunnel }))));

    const settings = files.flatMap(([name, text]) => (/^(README|CA)/.test(name) ? [] : text.split('\n')));
    const given = settings.filter((line) => /^\s*(<key>)?\W*(auth)?passw(or)?d\W*( |=|<)/i.test(line));
    expect(given).toEqual([]);
  });

  it.each([
    ['sharedKey', { sharedKey: 'line\nbreak-in-the-key' }],
    ['sharedKey', { sharedKey: 'null\0in-the-key' }],
    ['sharedKey', { sharedKey: 'schl\u00FCssel' }],
    ['sharedKey', { sharedKey: 'curly\u2019quote' }],
    ['sharedKey', { sharedKey: '' }],
    ['sharedKey', { sharedKey: 'k'.repeat(129) }],
    ['connectionName', { connectionName: 'two\r\nlines' }],
    ['connectionName', { connectionName: 'B\u00FCro' }],
    ['connectionName', { connectionName: 'say "hello"' }],
    ['connectionName', { connectionName: '../../etc/passwd' }],
    ['connectionName', { connectionName: '' }],
    ['userName', { userName: 'alice\nauth' }],
    ['userName', { userName: ' alice' }],
    ['serverAddress', { serverAddress: '203.0.113.5; reboot' }],
    ['serverAddress', { serverAddress: '10.1' }],
    ['serverAddress', { serverAddress: '-oProxyCommand=x' }],
    ['serverAddress', { serverAddress: 'https://vpn.example.org' }],
    ['dnsSuffix', { dnsSuffix: 'azurestack.local;' }],
    ['portalFqdn', { portalFqdn: "portal'.local" }],
    ['dnsServers', { dnsServers: ['192.168.200.2', 'dns.local'] }],
    ['splitRoutes', { splitRoutes: ['192.168.100.1/24'] }],
    ['splitRoutes', { splitRoutes: ['192.168.100.0/33'] }],
    ['splitRoutes', { splitRoutes: ['0.0.0.0/0,evil'] }],
    ['splitRoutes', { splitRoutes: [] }],
    ['certificate', { certificate: { der: new Uint8Array(), thumbprint: 'A'.repeat(40), subject: 'CN=a' } }],
    ['certificate', { certificate: { der: Buffer.from('a'), thumbprint: "'; x '", subject: 'CN=a' } }],
  ] as const)('refuses a %s that some client would misread: %j', (path, changes) => {
    const error = refusal(changes);

    expect(error.code).toBe('ERR_REQUEST_INVALID');
    expect(error.problems.map((problem) => problem.path)).toEqual([`/${path}`]);
  });

  it('keeps the refused key out of what it says', () => {
    const error = refusal({ sharedKey: 'do-not-repeat-\u00E9' });

    expect(JSON.stringify([error.message, error.problems])).not.toContain('do-not-repeat');
  });

  it('takes a full tunnel without routes, and a server by its name', () => {
    const settings = someL2tpSettings({ tunnel: 'full', splitRoutes: [], serverAddress: 'vpn.example.org' });

    for (const platform of l2tpPlatforms.names) {
      expect(buildL2tpKit(platform, settings).content.length).toBeGreaterThan(0);
    }
  });
});
