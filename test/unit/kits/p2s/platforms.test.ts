import type { P2sSettings } from '../../../../src/kits/p2s/p2s-settings.ts';
import { buildP2sKit, p2sPlatforms } from '../../../../src/kits/platforms.ts';
import { someP2sSettings } from '../../../support/builders/some-p2s-settings.ts';
import { refusalOf } from '../../../support/kits/refusal-of.ts';
import { unpackKit } from '../../../support/kits/unpack-kit.ts';

/** Every platform but those whose kit is one file, for which Gatehouse's answer says what its page would. */
const archives = p2sPlatforms.names.filter((name) => buildP2sKit(name, someP2sSettings()).extension === 'zip');
const pfx = { content: Buffer.from('key and certificates'), password: 'typed once' };

function textOf(platform: (typeof archives)[number], changes: Partial<P2sSettings> = {}): string {
  return Object.values(unpackKit(buildP2sKit(platform, someP2sSettings(changes)))).join('\n');
}

describe('src/kits/platforms, point-to-site', () => {
  it.each(p2sPlatforms.names)('gives the same bytes again, leads to the gateway, and has one name: %s', (platform) => {
    const kit = buildP2sKit(platform, someP2sSettings());

    expect(buildP2sKit(platform, someP2sSettings())).toEqual(kit);
    expect(kit.fileName).toBe(`vnet1gw-alice-${platform}.${kit.extension}`);
    expect(Object.values(unpackKit(kit)).join('\n')).toContain(someP2sSettings().profile.serverFqdn);
  });

  it.each(p2sPlatforms.names)('says what to do with the file, and names nothing that is not in it: %s', (platform) => {
    const kit = buildP2sKit(platform, someP2sSettings());
    const names = Object.keys(unpackKit(kit)).join('\n');

    expect(kit.howTo).toMatch(/^[A-Z].+\.$/);
    for (const [named] of kit.howTo.matchAll(/[\w-]*\.(?:cmd|sh|txt|mobileconfig)\b/g)) expect(names).toContain(named);
  });

  it.each(archives)('says in its page whom it is for and what profile it was made from: %s', (platform) => {
    const page = unpackKit(buildP2sKit(platform, someP2sSettings()))['README.txt'] ?? '';

    expect(page).toContain('VNet1: VPN for alice@example.org');
    expect(page).toContain('aaaaaaaaaaaa');
  });

  it.each(archives)('holds a check of the pool, the networks and the address that was named: %s', (platform) => {
    const text = textOf(platform, { probe: { address: '10.1.0.4', port: 3389 } });

    for (const part of ['172.16.201.0/24', '10.1.0.0/16', '10.1.0.4', '3389']) expect(text).toContain(part);
  });

  it.each(archives)('keeps routes of both families apart, and the check to those it can compare: %s', (platform) => {
    const { profile } = someP2sSettings();
    const both = { ...profile, routes: ['10.1.0.0/16', '2001:db8::/48'], dnsServers: ['10.1.0.4', '2001:db8::4'] };

    const files = unpackKit(buildP2sKit(platform, someP2sSettings({ profile: both })));

    const check = files['check.sh'] ?? files['check.ps1'] ?? '';
    expect(/^(?:routes=| {2}Routes = ).*$/m.exec(check)?.[0]).toMatch(/[(]'10\.1\.0\.0\/16'[)]\r?$/);
    const connections = Object.entries(files).filter(([name]) => name.endsWith('.nmconnection'));
    for (const [name, text] of connections) {
      const [, ofIpv4 = '', ofIpv6 = ''] = /\[ipv4\]([^[]*)\[ipv6\]([^[]*)/.exec(text) ?? [];
      expect([name, ofIpv4]).toEqual([name, expect.stringMatching(/dns=10\.1\.0\.4;\nroute1=10\.1\.0\.0\/16\n/)]);
      expect([name, ofIpv4]).not.toEqual([name, expect.stringContaining('2001:')]);
      expect([name, ofIpv6]).toEqual([name, expect.stringMatching(/dns=2001:db8::4;\nroute1=2001:db8::\/48\n/)]);
    }
  });

  it.each(p2sPlatforms.names)('refuses what would be read otherwise than it was meant: %s', (platform) => {
    const wrong: readonly (readonly [string, Partial<P2sSettings>])[] = [
      ['/fileStem', { fileStem: '../alice' }],
      ['/connectionName', { connectionName: 'VNet1"; reboot' }],
      ['/commonName', { commonName: 'alice"\nsecrets {' }],
    ];
    for (const [path, changes] of wrong) {
      const error = refusalOf(() => buildP2sKit(platform, someP2sSettings(changes)));
      expect([error.code, error.problems.map((problem) => problem.path)]).toEqual(['ERR_REQUEST_INVALID', [path]]);
    }
  });

  it.each(archives)('has the key where it was made here, and asks for it by name where not: %s', (platform) => {
    const own = buildP2sKit(platform, someP2sSettings());
    const made = buildP2sKit(platform, someP2sSettings({ pfx }));

    expect(own.notes.join(' ')).toContain('not part of this kit');
    // Made later for a key that was made here: the person has it in a file, and the page says so.
    for (const text of [own.notes.join(' '), unpackKit(own)['README.txt']?.replaceAll(/\s+/g, ' ')]) {
      expect(text).toMatch(/\.pfx that came/);
      expect(text).not.toMatch(/never (sent|left)/);
    }
    expect(Object.values(unpackKit(own)).join('\n')).not.toContain('key and certificates');
    expect(made.keyFileName).toBeUndefined();
    expect(unpackKit(made)['vnet1gw-alice.pfx']).toBe('key and certificates');
  });

  it.each([
    ['windows-x64', ['OpenVPN'], 'IkeV2'],
    ['windows-x86', ['OpenVPN'], 'IkeV2'],
    ['macos', ['OpenVPN'], 'IkeV2'],
    ['ios', ['OpenVPN'], 'IkeV2'],
    ['android', ['OpenVPN'], 'IkeV2'],
    ['strongswan', ['OpenVPN'], 'IkeV2'],
    ['networkmanager', ['SSTP'], 'IkeV2'],
  ] as const)('refuses %s where the gateway speaks %j alone', (platform, protocols, needed) => {
    const error = refusalOf(() => buildP2sKit(platform, someP2sSettings({ protocols, sku: 'Basic' })));

    expect(error.code).toBe('ERR_CONFLICT');
    expect(error.message).toContain(`connect by ${needed}, and gateway vnet1gw offers ${protocols.join()} only`);
    expect(error.message).toContain('Basic');
  });

  it.each(['openvpn2', 'openvpn3'] as const)('refuses %s where the package has no profile for it', (platform) => {
    const { ovpnTemplate: _, ...profile } = someP2sSettings().profile;

    const error = refusalOf(() => buildP2sKit(platform, someP2sSettings({ profile })));
    expect([error.code, error.message]).toEqual(['ERR_CONFLICT', expect.stringContaining('holds no OpenVPN profile')]);
  });

  it.each(['macos', 'ios', 'android', 'strongswan'] as const)(
    'needs the certificate that the gateway is known by: %s',
    (platform) => {
      const { serverRoot: _, ...profile } = someP2sSettings().profile;

      expect(refusalOf(() => buildP2sKit(platform, someP2sSettings({ profile }))).message).toContain(
        'VpnServerRoot.cer',
      );
    },
  );
});
