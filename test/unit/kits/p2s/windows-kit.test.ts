import { createHash } from 'node:crypto';
import { XMLParser } from 'fast-xml-parser';
import { checkScript } from '../../../../sandbox/windows/powershell/check-script.ts';
import type { P2sSettings } from '../../../../src/kits/p2s/p2s-settings.ts';
import { buildP2sKit } from '../../../../src/kits/platforms.ts';
import { someP2sSettings } from '../../../support/builders/some-p2s-settings.ts';
import { refusalOf } from '../../../support/kits/refusal-of.ts';
import { fileOf, unpackKit } from '../../../support/kits/unpack-kit.ts';

const platforms = ['windows-x64', 'windows-x86'] as const;
const xml = new XMLParser({ ignoreAttributes: false, parseTagValue: false });
/** Beside the builder's: the root that the client certificate leads to. */
function settingsWith(changes: Partial<P2sSettings> = {}): P2sSettings {
  return someP2sSettings({ chain: [Buffer.from('root')], ...changes });
}
const pfx = { content: Buffer.from('key and certificates') };

function fileIn(name: RegExp, changes: Partial<P2sSettings> = {}): string {
  return fileOf(buildP2sKit('windows-x64', settingsWith(changes)), name);
}

/** The elements of the kit's EAP configuration, as a reader of XML finds them. */
function eapOf(text: string, path: readonly string[]): unknown {
  return path.reduce<unknown>((node, name) => (node as Record<string, unknown>)[name], xml.parse(text));
}

describe('src/kits/p2s/windows-kit', () => {
  it.each(platforms)('holds what sets up, checks, renews and takes away: %s', (platform) => {
    const names = Object.keys(unpackKit(buildP2sKit(platform, settingsWith())));

    expect(names).toEqual([
      'Install.cmd',
      'install.ps1',
      'uninstall.ps1',
      'check.ps1',
      'request.ps1',
      'VpnServerRoot.cer',
      'ClientRoot.cer',
      'vnet1gw-alice.cer',
      'EapConfig.xml',
      'ProfileXML.xml',
      'README.txt',
    ]);
  });

  it.each(platforms)(
    'has scripts that Windows PowerShell 5.1 reads, and nothing secret in them: %s',
    async (platform) => {
      const files = unpackKit(buildP2sKit(platform, settingsWith({ pfx, probe: { address: '10.1.0.4', port: 22 } })));
      const own = unpackKit(buildP2sKit(platform, settingsWith()));

      for (const [name, text] of Object.entries({ ...files, ...own })) {
        if (name.endsWith('.ps1')) expect([name, await checkScript(text)]).toEqual([name, []]);
      }
    },
  );

  it.each([
    [{}, ["PfxPassword = ''", 'Install.cmd asks for it']],
    [{ password: "it's typed" }, ["PfxPassword = 'it''s typed'", 'install.ps1 knows its password']],
  ])('asks for the password of the .pfx unless the kit was to know it: %j', (more, [setting, words]) => {
    const files = unpackKit(buildP2sKit('windows-x64', settingsWith({ pfx: { ...pfx, ...more } })));

    expect(files['install.ps1']).toContain(setting);
    expect(files['README.txt']).toContain(words);
    expect(files['vnet1gw-alice.pfx']).toBe('key and certificates');
    expect(Object.keys(files)).not.toContain('request.ps1');
  });

  it('selects the client certificate by the root that it leads to, and the gateway by its root', () => {
    const eap = ['EapHostConfig', 'Config', 'Eap', 'EapType'];

    const text = fileIn(/^EapConfig\.xml$/);
    expect(eapOf(text, ['EapHostConfig', 'EapMethod', 'Type', '#text'])).toBe('13');
    expect(eapOf(text, [...eap, 'TLSExtensions', 'FilteringInfo', 'CAHashList'])).toEqual({
      '@_Enabled': 'true',
      IssuerHash: Array<string>(20).fill('cd').join(' '),
    });
    expect(eapOf(text, [...eap, 'ServerValidation', 'TrustedRootCA'])).toBe(Array<string>(20).fill('5e').join(' '));
    expect(eapOf(text, [...eap, 'PerformServerValidation', '#text'])).toBe('true');
    expect(text.toLowerCase()).not.toContain(Array<string>(20).fill('ab').join(' '));
  });

  it('has the same configuration, the routes and the gateway in ProfileXML', () => {
    const { profile } = settingsWith();
    const text = fileIn(/^ProfileXML\.xml$/, { profile: { ...profile, routes: ['10.1.0.0/16', '10.9.0.0/24'] } });

    expect(eapOf(text, ['VPNProfile'])).toMatchObject({
      AlwaysOn: 'true',
      NativeProfile: { Servers: profile.serverFqdn, NativeProtocolType: 'IKEv2', RoutingPolicyType: 'SplitTunnel' },
      Route: [
        { Address: '10.1.0.0', PrefixSize: '16' },
        { Address: '10.9.0.0', PrefixSize: '24' },
      ],
    });
    expect(text).toContain(fileIn(/^EapConfig\.xml$/));
  });

  it('counts intermediates with their files', () => {
    const intermediate = Buffer.from('intermediate');
    const files = unpackKit(buildP2sKit('windows-x64', settingsWith({ chain: [intermediate, Buffer.from('root')] })));

    const thumbprint = createHash('sha1').update(intermediate).digest('hex').toUpperCase();
    for (const name of ['install.ps1', 'uninstall.ps1']) {
      expect(files[name]).toContain(`Intermediates = @('${thumbprint}')\r\n`);
    }
    expect([files['Intermediate1.cer'], files['ClientRoot.cer']]).toEqual(['intermediate', 'root']);
  });

  it.each(platforms)('has the steps of the articles on one page: %s', (platform) => {
    const page = unpackKit(buildP2sKit(platform, settingsWith()))['README.txt'] ?? '';

    const steps = [
      '"More info", then "Run anyway"',
      'the connection is called VNet1',
      'elevated privileges',
      'choose the one',
    ];
    const ways = [
      'ipconfig /all',
      'PPP adapter VNet1',
      'certreq',
      '-MachinePartOnly -AllUsers',
      'VPNv2/VNet1/ProfileXML',
    ];
    for (const words of [...steps, ...ways, '798', '809', '13801', '0x80090326']) expect(page).toContain(words);
    expect(page).toContain(platform === 'windows-x64' ? '64-bit' : '32-bit');
    expect(page.split('\r\n').length).toBeLessThan(66);
    expect(page.split('\r\n').filter((line) => line.length > 125)).toEqual([]);
  });

  it('says where the key is that a request was made with', () => {
    const { notes, keyFileName } = buildP2sKit('windows-x64', settingsWith());

    expect(keyFileName).toBeUndefined();
    expect(notes.join(' ')).toMatch(/where the request was made.*Windows store.*vnet1gw-alice\.pfx/);
  });

  it.each(platforms)('needs the certificate that the gateway is known by: %s', (platform) => {
    const { serverRoot: _, ...profile } = settingsWith().profile;

    expect(refusalOf(() => buildP2sKit(platform, settingsWith({ profile }))).message).toContain('VpnServerRoot.cer');
  });
});
