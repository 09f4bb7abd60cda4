import type { L2tpSettings } from '../../../../src/kits/l2tp/l2tp-settings.ts';
import { buildL2tpKit } from '../../../../src/kits/platforms.ts';
import { hostileKeys, hostileNames, someL2tpSettings } from '../../../support/builders/some-l2tp-settings.ts';
import { readKeyfile } from '../../../support/kits/read-keyfile.ts';
import { fileOf, unpackKit } from '../../../support/kits/unpack-kit.ts';

function connection(changes: Partial<L2tpSettings> = {}): ReturnType<typeof readKeyfile> {
  return readKeyfile(fileOf(buildL2tpKit('networkmanager', someL2tpSettings(changes)), /\.nmconnection$/));
}

describe('src/kits/l2tp/network-manager-kit', () => {
  it('holds the connection, the certificate and the scripts', () => {
    const files = unpackKit(buildL2tpKit('networkmanager', someL2tpSettings()));

    expect(Object.keys(files)).toEqual([
      'azure-stack-poc1.nmconnection',
      'CA.crt',
      'install.sh',
      'check.sh',
      'remove.sh',
      'README.txt',
    ]);
    expect(files['CA.crt']).toBe('-----BEGIN CERTIFICATE-----\nMIIBCg==\n-----END CERTIFICATE-----\n');
    expect(files['install.sh']).toContain('-m 0600 "$here/azure-stack-poc1.nmconnection"');
  });

  it('describes a connection that asks for the password and leaves MS-CHAPv2 alone', () => {
    const groups = connection();

    expect(groups['connection']).toMatchObject({ id: 'Azure Stack poc1', type: 'vpn', autoconnect: 'false' });
    expect(groups['vpn']).toEqual({
      'service-type': 'org.freedesktop.NetworkManager.l2tp',
      gateway: '203.0.113.5',
      user: 'alice',
      'user-auth-type': 'password',
      'password-flags': '2',
      'machine-auth-type': 'psk',
      'ipsec-enabled': 'yes',
      'ipsec-psk-flags': '0',
      'refuse-eap': 'yes',
      'refuse-pap': 'yes',
      'refuse-chap': 'yes',
      'refuse-mschap': 'yes',
      mtu: '1400',
      mru: '1400',
    });
    expect(groups['vpn-secrets']).toEqual({ 'ipsec-psk': someL2tpSettings().sharedKey });
  });

  it('routes a split tunnel by its prefixes alone', () => {
    expect(connection({ tunnel: 'split' })['ipv4']).toEqual({
      method: 'auto',
      dns: '192.168.200.2;',
      'dns-search': 'azurestack.local;',
      'never-default': 'true',
      route1: '192.168.100.0/24,0.0.0.0,2',
      route2: '192.168.133.0/24,0.0.0.0,2',
    });
  });

  it('leaves a full tunnel its default route', () => {
    expect(connection({ tunnel: 'full', dnsServers: [] })['ipv4']).toEqual({
      method: 'auto',
      'dns-search': 'azurestack.local;',
    });
  });

  it.each(hostileKeys.filter((key) => !key.startsWith('0s')))('escapes the key %j', (sharedKey) => {
    expect(connection({ sharedKey })['vpn-secrets']).toEqual({ 'ipsec-psk': sharedKey });
  });

  it('encodes a key that the plugin would take for an encoded one', () => {
    const sharedKey = '0sQUJD';

    const encoded = Buffer.from(sharedKey).toString('base64');
    expect(connection({ sharedKey })['vpn-secrets']).toEqual({ 'ipsec-psk': `0s${encoded}` });
  });

  it.each([...hostileNames, 'DOMAIN\\alice'])('escapes the user %j', (userName) => {
    expect(connection({ userName })['vpn']).toMatchObject({ user: userName });
  });

  it.each(hostileNames)('keeps the name %j out of the scripts', (connectionName) => {
    const kit = buildL2tpKit('networkmanager', someL2tpSettings({ connectionName }));

    expect(connection({ connectionName })['connection']).toMatchObject({ id: connectionName });
    expect(fileOf(kit, /^install\.sh$/) + fileOf(kit, /^remove\.sh$/)).not.toContain(connectionName);
  });
});
