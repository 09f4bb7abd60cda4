import { XMLParser } from 'fast-xml-parser';
import { checkScript } from '../../../../sandbox/windows/powershell/check-script.ts';
import type { P2sSettings } from '../../../../src/kits/p2s/p2s-settings.ts';
import { buildP2sKit } from '../../../../src/kits/platforms.ts';
import { anAzureVpnConfig, someP2sSettings } from '../../../support/builders/some-p2s-settings.ts';
import { refusalOf } from '../../../support/kits/refusal-of.ts';
import { unpackKit } from '../../../support/kits/unpack-kit.ts';

const xml = new XMLParser({ ignoreAttributes: true, parseTagValue: false });

function settingsWith(azureVpnConfig: string | undefined, changes: Partial<P2sSettings> = {}): P2sSettings {
  const { azureVpnConfig: _, ...profile } = someP2sSettings().profile;
  return someP2sSettings({
    chain: [Buffer.from('root')],
    profile: azureVpnConfig === undefined ? profile : { ...profile, azureVpnConfig },
    ...changes,
  });
}

describe('src/kits/p2s/azure-vpn-kit', () => {
  it.each([
    ['an empty certificate', '<cert i:nil="true" /><type>cert</type>'],
    ['none', '<type>cert</type>'],
    ['another', `<aad i:nil="true" /><cert>\n<hash>${'EE'.repeat(20)}</hash></cert><type>cert</type>`],
  ])(
    'fills the client certificate and the name in where Azure wrote %s, and keeps all else',
    (_what, authentication) => {
      const files = unpackKit(buildP2sKit('azurevpn', settingsWith(anAzureVpnConfig(authentication))));

      const { AzVpnProfile: profile } = xml.parse(files['azurevpnconfig.xml'] ?? '') as {
        readonly AzVpnProfile: Readonly<Record<string, unknown>>;
      };
      expect(profile['name']).toBe('VNet1');
      expect(profile['clientauth']).toMatchObject({ cert: { hash: 'AB'.repeat(20) }, type: 'cert', usernamepass: '' });
      expect(profile['servervalidation']).toEqual({
        cert: { hash: '5E'.repeat(20), issuer: '' },
        serversecret: '0123abcd',
        type: 'cert',
      });
      expect(files['azurevpnconfig.xml']?.match(/<cert>/g)).toHaveLength(2);
    },
  );

  it('brings the certificates by scripts that make no connection of their own', async () => {
    const files = unpackKit(buildP2sKit('azurevpn', settingsWith(anAzureVpnConfig())));

    expect(files['install.ps1']).toContain('AddsConnection = $false');
    expect(Object.keys(files)).not.toContain('EapConfig.xml');
    for (const name of ['install.ps1', 'uninstall.ps1', 'check.ps1', 'request.ps1']) {
      expect([name, await checkScript(files[name] ?? '')]).toEqual([name, []]);
    }
    for (const words of ['Import, azurevpnconfig.xml', 'called VNet1', 'More info', 'renewed one']) {
      expect(files['README.txt']).toContain(words);
    }
  });

  it.each([
    ['has none', settingsWith(undefined), 'has no AzureVPN/azurevpnconfig.xml'],
    [
      'is for Entra ID',
      settingsWith(anAzureVpnConfig('<aad><issuer>i</issuer></aad><type>aad</type>')),
      'is not for certificates',
    ],
    ['is no XML', settingsWith('<AzVpnProfile><clientauth>'), 'is not for certificates'],
    [
      'has two of one',
      settingsWith(anAzureVpnConfig().replace('<version>', '<name>b</name><version>')),
      'laid out otherwise',
    ],
    [
      'is of a gateway without OpenVPN',
      settingsWith(anAzureVpnConfig(), { protocols: ['IkeV2'] }),
      'offers IkeV2 only',
    ],
  ])('refuses a gateway whose profile %s', (_what, settings, words) => {
    const error = refusalOf(() => buildP2sKit('azurevpn', settings));

    expect([error.code, error.message]).toEqual(['ERR_CONFLICT', expect.stringContaining(words)]);
  });
});
