import type { L2tpSettings } from '../../../src/kits/l2tp/l2tp-settings.ts';

/** Settings of a kit in which everything is in order; a test says what it is about. */
export function someL2tpSettings(changes: Partial<L2tpSettings> = {}): L2tpSettings {
  return {
    connectionName: 'Azure Stack poc1',
    serverAddress: '203.0.113.5',
    sharedKey: 'k7Qm-2vXw.9Rt_4LpZ8s',
    userName: 'alice',
    tunnel: 'split',
    splitRoutes: ['192.168.100.0/24', '192.168.133.0/24'],
    dnsSuffix: 'azurestack.local',
    dnsServers: ['192.168.200.2'],
    portalFqdn: 'portal.azurestack.local',
    addressRange: { from: '192.168.200.201', to: '192.168.200.230' },
    isBehindNat: false,
    certificate: {
      der: Buffer.from('3082010a', 'hex'),
      thumbprint: '0123456789ABCDEF0123456789ABCDEF01234567',
      subject: 'CN=AzureStackCertificationAuthority, DC=AzureStack, DC=local',
    },
    idSeed: 'poc1 alice',
    ...changes,
  };
}

/** Texts that some file of a kit would take for more than text, if it were not quoted there. */
export const hostileKeys: readonly string[] = [
  "it's ''quoted''",
  '"double" and \\"escaped\\"',
  '$(Remove-Item C:\\) ${env:PATH} $HOME',
  '`id` `n `$x',
  '; rm -rf / #',
  '  spaces outside  ',
  '0sAAAA',
  '0x414243',
  '\\\\server\\share\\',
  '</string><!-- & ]]> %any [lac x] {}',
  '@{ a = 1 } #> <# @" "@',
];

export const hostileNames: readonly string[] = [
  "O'Neill's $(stack)",
  '`n;$x & {y} #1',
  "a' ; Remove-Item b '",
  '%any = [lac]',
];
