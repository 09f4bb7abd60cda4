import type { L2tpSettings } from '../../../../src/kits/l2tp/l2tp-settings.ts';
import { buildL2tpKit } from '../../../../src/kits/platforms.ts';
import { hostileKeys, hostileNames, someL2tpSettings } from '../../../support/builders/some-l2tp-settings.ts';
import { fileOf, unpackKit } from '../../../support/kits/unpack-kit.ts';

function file(name: RegExp, changes: Partial<L2tpSettings> = {}): string {
  return fileOf(buildL2tpKit('strongswan', someL2tpSettings(changes)), name);
}

describe('src/kits/l2tp/strongswan-kit', () => {
  it('holds the files of all three programs and the scripts', () => {
    expect(Object.keys(unpackKit(buildL2tpKit('strongswan', someL2tpSettings())))).toEqual([
      'swanctl.conf',
      'xl2tpd.conf',
      'options.ppp',
      'CA.crt',
      'connect.sh',
      'check.sh',
      'disconnect.sh',
      'README.txt',
    ]);
  });

  it('asks for IKEv1 with the shared key, in transport mode, for L2TP alone', () => {
    const text = file(/^swanctl\.conf$/);

    for (const line of [
      'version = 1',
      'remote_addrs = 203.0.113.5',
      'proposals = aes256-sha1-modp2048,aes256-sha1-modp1024,3des-sha1-modp1024',
      'auth = psk',
      'id = %any',
      'mode = transport',
      'local_ts = dynamic[udp/1701]',
      'remote_ts = dynamic[udp/1701]',
      'esp_proposals = aes256-sha1,aes128-sha1,3des-sha1',
      'id = 203.0.113.5',
    ]) {
      expect(text.split('\n').map((one) => one.trim())).toContain(line);
    }
  });

  it('binds the key to no address where the server has a name', () => {
    expect(file(/^swanctl\.conf$/, { serverAddress: 'vpn.example.org' })).not.toMatch(/^ {4}id = /m);
  });

  it.each(hostileKeys)('encodes the key %j', (sharedKey) => {
    const encoded = /secret = "0s([A-Za-z0-9+/=]+)"/.exec(file(/^swanctl\.conf$/, { sharedKey }))?.[1] ?? '';

    expect(Buffer.from(encoded, 'base64').toString()).toBe(sharedKey);
  });

  it('dials the server by its own connection', () => {
    expect(file(/^xl2tpd\.conf$/).split('\n')).toEqual([
      '[global]',
      'port = 1701',
      '',
      '[lac azure-stack-poc1]',
      'lns = 203.0.113.5',
      'pppoptfile = /run/gatehouse-azure-stack-poc1/options',
      'length bit = yes',
      '',
    ]);
  });

  it.each([...hostileNames, 'DOMAIN\\alice', 'a"b'])('quotes the user %j for pppd', (userName) => {
    const quoted = /^user "(.*)"$/m.exec(file(/^options\.ppp$/, { userName }))?.[1];

    expect(quoted?.replaceAll(/\\(.)/g, '$1')).toBe(userName);
    expect(quoted?.replaceAll(/\\./g, '')).not.toContain('"');
  });

  it('refuses every method but MS-CHAPv2', () => {
    expect(file(/^options\.ppp$/).match(/^refuse-.*$/gm)).toEqual([
      'refuse-eap',
      'refuse-pap',
      'refuse-chap',
      'refuse-mschap',
    ]);
  });

  it.each([
    ['split', "prefixes=('192.168.100.0/24' '192.168.133.0/24')"],
    ['full', "prefixes=('0.0.0.0/1' '128.0.0.0/1')"],
  ] as const)('routes a %s tunnel', (tunnel, line) => {
    expect(file(/^connect\.sh$/, { tunnel }).split('\n')).toContain(line);
  });

  it('puts no name of the connection into a file but as a plain word', () => {
    for (const connectionName of hostileNames) {
      const { 'README.txt': readMe, ...files } = unpackKit(
        buildL2tpKit('strongswan', someL2tpSettings({ connectionName })),
      );

      expect(readMe).toContain(connectionName);
      expect(Object.values(files).join('\n')).not.toContain(connectionName);
    }
  });
});
