/**
 * What the kits for macOS, iPhones and OpenVPN 3 hold, read by other programs than ours: Python's reader of property
 * lists, openssl, and bash with the programs of a Mac in the place of this machine's.
 */
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { P2sSettings } from '../../src/kits/p2s/p2s-settings.ts';
import { buildP2sKit, type P2sPlatform } from '../../src/kits/platforms.ts';
import { someP2sSettings } from '../support/builders/some-p2s-settings.ts';
import { unpackKit } from '../support/kits/unpack-kit.ts';
import { makeKitCertificates } from './support/kit-certificates.ts';
import { runInPrivateMachine } from './support/private-machine.ts';

interface PropertyList {
  readonly PayloadContent: readonly Readonly<Record<string, unknown>>[];
}

/** Bytes come as base64. */
const readPlist = `
import base64, json, plistlib, sys
print(json.dumps(plistlib.loads(sys.stdin.buffer.read(), fmt=plistlib.FMT_XML), default=lambda raw: base64.b64encode(raw).decode()))`;

/** As a Mac's own programs answer; `security` knows one certificate, named in the environment. */
const macPrograms: Readonly<Record<string, string>> = {
  uname: 'echo Darwin',
  ifconfig: `cat "$MAC/ifconfig.txt"`,
  security: 'echo "SHA-1 hash: $KNOWN_ROOT"',
  scutil: 'echo "  nameserver[0] : 10.1.0.53"',
};

const macAddresses = `lo0: flags=8049<UP,LOOPBACK,RUNNING,MULTICAST> mtu 16384
	inet 127.0.0.1 netmask 0xff000000
en0: flags=8863<UP,BROADCAST,SMART,RUNNING,SIMPLEX,MULTICAST> mtu 1500
	inet 192.168.7.5 netmask 0xffffff00 broadcast 192.168.7.255
ipsec0: flags=8051<UP,POINTOPOINT,RUNNING,MULTICAST> mtu 1280
	inet 172.16.201.2 --> 172.16.201.2 netmask 0xffffffff
`;

describe('src/kits/p2s, for Apple and OpenVPN 3', () => {
  let certificates: string;
  let folder: string;

  beforeAll(() => {
    certificates = mkdtempSync(join(tmpdir(), 'gatehouse-kit-pki-'));
    makeKitCertificates(certificates);
  });

  afterAll(() => {
    rmSync(certificates, { recursive: true });
  });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-kit-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function der(name: string): Uint8Array {
    return new X509Certificate(readFileSync(join(certificates, `${name}.pem`))).raw;
  }

  function settingsWith(changes: Partial<P2sSettings> = {}): P2sSettings {
    const settings = someP2sSettings({ certificate: der('client'), chain: [der('root')], ...changes });
    const profile = { ...settings.profile, serverRoot: der('root'), dnsServers: ['10.1.0.53'] };
    return { ...settings, profile };
  }

  function unpack(platform: P2sPlatform, changes: Partial<P2sSettings> = {}): Readonly<Record<string, string>> {
    const files = unpackKit(buildP2sKit(platform, settingsWith(changes)));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 });
    if (changes.pfx !== undefined) writeFileSync(join(folder, 'vnet1gw-alice.pfx'), changes.pfx.content);
    return files;
  }

  function legacyPfx(): NonNullable<P2sSettings['pfx']> {
    return { content: readFileSync(join(certificates, 'legacy.pfx')), password: 'typed' };
  }

  describe('.mobileconfig', () => {
    function payload(type: string): Readonly<Record<string, unknown>> {
      const kit = buildP2sKit('ios', settingsWith({ pfx: legacyPfx() }));
      const json = execFileSync('python3', ['-c', readPlist], { input: kit.content, encoding: 'utf8' });
      const list = JSON.parse(json) as PropertyList;
      const found = list.PayloadContent.find(({ PayloadType }) => PayloadType === type);
      if (found === undefined) throw new Error(`no payload ${type}`);
      return found;
    }

    it('is read by Python, and its key and certificates by openssl', () => {
      const { PayloadContent, Password, PayloadUUID } = payload('com.apple.security.pkcs12');
      const options = ['pkcs12', '-legacy', '-nodes', '-passin', `pass:${String(Password)}`];
      const text = execFileSync('openssl', options, {
        input: Buffer.from(String(PayloadContent), 'base64'),
        encoding: 'utf8',
        stdio: ['pipe', 'pipe', 'ignore'],
      });

      expect(text).toContain('PRIVATE KEY');
      expect(text.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
      expect(payload('com.apple.vpn.managed')['IKEv2']).toMatchObject({ PayloadCertificateUUID: PayloadUUID });
    });

    it('has the root of the gateway', () => {
      const { PayloadContent } = payload('com.apple.security.root');

      expect(new X509Certificate(Buffer.from(String(PayloadContent), 'base64')).raw).toEqual(Buffer.from(der('root')));
    });
  });

  describe('check.sh, among the programs of a Mac', () => {
    function check(environment: string, changes: Partial<P2sSettings> = {}, addresses = macAddresses): string {
      unpack('macos', changes);
      const mac = join(folder, 'mac');
      mkdirSync(mac);
      writeFileSync(join(mac, 'ifconfig.txt'), addresses);
      for (const [name, line] of Object.entries(macPrograms)) {
        writeFileSync(join(mac, name), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
      }
      return runInPrivateMachine(`
        export MAC=${mac} PATH=${mac}:$PATH ${environment}
        set +e; bash ${folder}/check.sh; echo "code $?"`).output;
    }

    const known = `KNOWN_ROOT=${String(someP2sSettings().profile.serverRootThumbprint)}`;

    it('passes where all is in order', () => {
      const output = check(known);

      expect(output).not.toContain('fail');
      expect(output).toContain('has the address 172.16.201.2 of the VPN');
      expect(output).toContain("The gateway's root certificate is in the keychain.");
      expect(output).toMatch(/^code 0$/m);
    });

    it.each([
      ['a root that is missing', 'KNOWN_ROOT=00', {}, macAddresses, 'root certificate is not in the keychain'],
      ['the SKU Basic', known, { sku: 'Basic' }, macAddresses, 'SKU Basic, which does not serve Macs'],
      [
        'a network that holds the virtual one',
        known,
        {},
        macAddresses.replace('192.168.7.5 netmask 0xffffff00', '10.1.7.5 netmask 0xfffffe00'),
        '10.1.7.5/23 .en0. overlaps 10.1.0.0/16',
      ],
      [
        'an address of another VPN',
        known,
        {},
        macAddresses.replaceAll('172.16.201.2', '172.16.9.2'),
        'has the address 172.16.9.2, which is not of the VPN',
      ],
      ['no connection', known, {}, macAddresses.replace(/ipsec0[^]*/, ''), 'The VPN is not connected'],
    ])('tells %s, with what to do', (_what, environment, changes, addresses, words) => {
      const output = check(environment, changes, addresses);

      expect(output).toMatch(new RegExp(`^fail  .*${words}.*\\n      .+`, 'm'));
      expect(output).toMatch(/^code 1$/m);
    });
  });

  describe('complete.sh, of the kit for OpenVPN 3', () => {
    const made = 'vnet1gw-alice-with-key.ovpn';

    function complete(): string {
      return runInPrivateMachine(`set +e; bash ${folder}/complete.sh; echo "code $?"`).output;
    }

    function blockOf(tag: string): string {
      const text = readFileSync(join(folder, made), 'utf8');
      return new RegExp(`^<${tag}>\\n([^]*?)^</${tag}>$`, 'm').exec(text)?.[1] ?? '';
    }

    it.each(['the key beside it', 'the .pfx of the kit'])('makes a profile of one file, from %s', (source) => {
      if (source === 'the .pfx of the kit') {
        unpack('openvpn3', { pfx: { content: readFileSync(join(certificates, 'client.pfx')), password: 'typed' } });
      } else {
        unpack('openvpn3');
        writeFileSync(join(folder, 'vnet1gw-alice.key'), readFileSync(join(certificates, 'client.key')));
      }

      expect(complete()).toMatch(/code 0\n$/);
      expect(new X509Certificate(blockOf('cert')).raw).toEqual(Buffer.from(der('client')));
      expect(new X509Certificate(blockOf('cert')).publicKey.export({ type: 'spki', format: 'pem' })).toBe(
        execFileSync('openssl', ['pkey', '-pubout'], { input: blockOf('key'), encoding: 'utf8' }),
      );
      expect(readFileSync(join(folder, made), 'utf8')).not.toMatch(/^log |\$PRIVATEKEY/m);
      expect(statSync(join(folder, made)).mode & 0o777).toBe(0o600);
    });

    it.each([
      ['is missing', undefined, 'The private key is missing'],
      ['is another', 'server', 'The private key is not the one of the certificate'],
    ])('makes nothing where the key %s', (_what, key, words) => {
      unpack('openvpn3');
      if (key !== undefined) {
        writeFileSync(join(folder, 'vnet1gw-alice.key'), readFileSync(join(certificates, `${key}.key`)));
      }

      const output = complete();

      expect(output).toContain(words);
      expect(output).toMatch(/code 1\n$/);
      expect(existsSync(join(folder, made))).toBe(false);
    });
  });
});
