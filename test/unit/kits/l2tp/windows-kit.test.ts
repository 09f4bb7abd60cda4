import fc from 'fast-check';
import { checkScript } from '../../../../sandbox/windows/powershell/check-script.ts';
import { parseScript } from '../../../../sandbox/windows/powershell/parse.ts';
import type { L2tpSettings } from '../../../../src/kits/l2tp/l2tp-settings.ts';
import { buildL2tpKit } from '../../../../src/kits/platforms.ts';
import { hostileKeys, hostileNames, someL2tpSettings } from '../../../support/builders/some-l2tp-settings.ts';
import { fileOf, unpackKit } from '../../../support/kits/unpack-kit.ts';

function connect(changes: Partial<L2tpSettings> = {}): string {
  return fileOf(buildL2tpKit('windows', someL2tpSettings(changes)), /^connect\.ps1$/);
}

/** What PowerShell reads between single quotes; undefined for a text that ends before its line does. */
function settingOf(script: string, name: string): string | undefined {
  const value = new RegExp(`^  ${name} = '(.*)'\r$`, 'm').exec(script)?.[1];
  return value?.replaceAll("''", '').includes("'") === true ? undefined : value?.replaceAll("''", "'");
}

async function keysOf(script: string, name: string): Promise<readonly string[] | undefined> {
  const { hashes } = await parseScript(script);
  return hashes.find(({ entries }) => entries.some((entry) => entry.name === name))?.entries.map((entry) => entry.name);
}

describe('src/kits/l2tp/windows-kit', () => {
  it('holds the scripts, the certificate and how to use them', () => {
    const files = unpackKit(buildL2tpKit('windows', someL2tpSettings()));

    expect(Object.keys(files)).toEqual(['connect.ps1', 'check.ps1', 'disconnect.ps1', 'CA.cer', 'README.txt']);
    for (const code of ['809', '789', '691', '868']) expect(files['README.txt']).toContain(code);
  });

  it.each(['full', 'split'] as const)(
    'passes the gate of all scripts but for the key it is made for, %s',
    async (tunnel) => {
      const kit = buildL2tpKit('windows', someL2tpSettings({ tunnel, isBehindNat: true }));

      const findings = await checkScript(fileOf(kit, /^connect\.ps1$/));
      expect(findings.map(({ rule, message }) => [rule, message])).toEqual([
        ['secret-literal', 'The value of SharedKey stands in the text.'],
      ]);
      for (const name of [/^disconnect\.ps1$/, /^check\.ps1$/]) {
        expect(await checkScript(fileOf(kit, name))).toEqual([]);
      }
    },
  );

  it.each(hostileKeys)('quotes the key %j', async (sharedKey) => {
    const script = connect({ sharedKey });

    expect(settingOf(script, 'SharedKey')).toBe(sharedKey);
    expect(
      (await checkScript(script)).filter(({ rule }) => rule !== 'secret-literal' && rule !== 'placeholder'),
    ).toEqual([]);
  });

  it.each(hostileNames)('quotes the name %j', async (name) => {
    const script = connect({ connectionName: name, userName: name });

    expect([settingOf(script, 'Name'), settingOf(script, 'UserName')]).toEqual([name, name]);
    expect((await checkScript(script)).map(({ rule }) => rule)).toEqual(['secret-literal']);
  });

  it('has the same commands whatever the key says', async () => {
    const commandsOf = async (script: string): Promise<readonly string[]> =>
      (await parseScript(script)).commands.map(({ nameText }) => nameText);
    const usual = await commandsOf(connect());

    const property = fc.asyncProperty(
      fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 60 }),
      async (key) => {
        expect(await commandsOf(connect({ sharedKey: key }))).toEqual(usual);
      },
    );

    await fc.assert(property, { numRuns: 60, seed: 4 });
  });

  it('gives Windows every option of the procedure', async () => {
    const script = connect();

    expect(await keysOf(script, 'L2tpPsk')).toEqual([
      'Name',
      'ServerAddress',
      'TunnelType',
      'EncryptionLevel',
      'AuthenticationMethod',
      'AllUserConnection',
      'L2tpPsk',
      'SplitTunneling',
      'DnsSuffix',
      'RememberCredential',
      'Force',
      'PassThru',
    ]);
    expect(script).toMatch(
      /TunnelType = 'L2tp'\r\n +EncryptionLevel = 'Required'\r\n +AuthenticationMethod = 'MSChapv2'/,
    );
    expect(await keysOf(script, 'DestinationPrefix')).toEqual([
      'ConnectionName',
      'DestinationPrefix',
      'RouteMetric',
      'AllUserConnection',
      'PassThru',
    ]);
  });

  it('splits the tunnel only where it was asked to', () => {
    expect(connect({ tunnel: 'split' })).toMatch(
      /IsSplit = \$true\r\n {2}SplitRoutes = @\('192\.168\.100\.0\/24', '192\.168\.133\.0\/24'\)/,
    );
    expect(connect({ tunnel: 'full' })).toMatch(/IsSplit = \$false\r\n {2}SplitRoutes = @\(\)/);
  });

  it.each([
    [true, 'only after this machine has restarted'],
    [false, 'not behind address translation'],
    [undefined, 'Nobody told whether'],
  ])('says what follows where address translation is told as %s', (isBehindNat, words) => {
    const { isBehindNat: _told, ...settings } = someL2tpSettings();
    const kit = buildL2tpKit('windows', isBehindNat === undefined ? settings : { ...settings, isBehindNat });

    expect(unpackKit(kit)['README.txt']).toContain(words);
  });

  it.each([true, false])('sets the rule for address translation by where the server is: %s', (isBehindNat) => {
    expect(connect({ isBehindNat })).toContain(`IsBehindNat = $${isBehindNat}\r\n`);
  });

  it('removes an earlier connection before it adds the new one, and checks for an administrator first', async () => {
    const { commands } = await parseScript(connect());

    const names = commands.map(({ nameText }) => nameText);
    const order = ['Test-Elevated', 'Import-Certificate', 'Remove-VpnConnection', 'Add-VpnConnection'];
    expect(names.filter((name) => order.includes(name))).toEqual(order);
  });

  it('takes away the connection and the certificate by its thumbprint, without the key', () => {
    const kit = buildL2tpKit('windows', someL2tpSettings());

    const script = fileOf(kit, /^disconnect\.ps1$/);
    expect(settingOf(script, 'Thumbprint')).toBe(someL2tpSettings().certificate.thumbprint);
    expect(script).not.toContain(someL2tpSettings().sharedKey);
  });
});
