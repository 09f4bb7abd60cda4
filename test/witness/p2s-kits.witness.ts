/**
 * The kits for a gateway's point-to-site VPN, read by the programs that they are for: strongSwan, NetworkManager, bash,
 * openssl.
 */
import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { P2sSettings } from '../../src/kits/p2s/p2s-settings.ts';
import { buildP2sKit, type P2sPlatform } from '../../src/kits/platforms.ts';
import { someP2sSettings } from '../support/builders/some-p2s-settings.ts';
import { unpackKit } from '../support/kits/unpack-kit.ts';
import { makeKitCertificates } from './support/kit-certificates.ts';
import { type ProgramRun, runInPrivateMachine } from './support/private-machine.ts';

describe('src/kits/p2s', () => {
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

  function settingsWith(changes: Partial<P2sSettings>): P2sSettings {
    const settings = someP2sSettings({ certificate: der('client'), chain: [der('root')], ...changes });
    return { ...settings, profile: { ...settings.profile, serverRoot: der('root') } };
  }

  function unpack(platform: P2sPlatform, changes: Partial<P2sSettings> = {}): Readonly<Record<string, string>> {
    const kit = buildP2sKit(platform, settingsWith(changes));
    const files = unpackKit(kit);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 });
    if (changes.pfx !== undefined) writeFileSync(join(folder, 'vnet1gw-alice.pfx'), changes.pfx.content);
    return files;
  }

  function putKey(name: string): void {
    writeFileSync(join(folder, 'vnet1gw-alice.key'), readFileSync(join(certificates, `${name}.key`)), { mode: 0o600 });
  }

  describe('strongswan', () => {
    const charon = `
      echo 'include conf.d/*.conf' >/etc/swanctl/swanctl.conf
      /usr/lib/ipsec/charon >/run/charon.log 2>&1 &
      for try in $(seq 600); do [ -S /run/charon.vici ] && break; sleep 0.1; done`;
    // Nothing answers at the address, so that connecting fails after everything was put in place.
    const connect = `${charon}
      sed -i 's/--timeout 30/--timeout 1/' "$KIT/connect.sh"
      set +e; bash "$KIT/connect.sh"; echo "code $?"; swanctl --load-all; swanctl --list-conns; swanctl --list-certs`;

    function run(lines: string): ProgramRun {
      return runInPrivateMachine(`export KIT=${folder}\n${lines}`);
    }

    it('is loaded by strongSwan as connect.sh puts it in place, with its key', () => {
      unpack('strongswan');
      putKey('client');

      const { output } = run(connect);

      expect(output).toContain('successfully loaded 1 connections, 0 unloaded');
      expect(output).toContain("loaded RSA key from '/etc/swanctl/private/vnet1gw-alice.key'");
      expect(output).toMatch(/vnet1gw-alice: IKEv2/);
      expect(output).toContain('local EAP_TLS authentication');
      expect(output).toMatch(/id: alice@example\.org/);
      expect(output).toMatch(/remote: +10\.1\.0\.0\/16/);
      expect(output).toMatch(/has private key/);
    });

    it('takes the key out of a .pfx, with the password of the kit', () => {
      unpack('strongswan', { pfx: { content: readFileSync(join(certificates, 'client.pfx')), password: 'typed' } });

      expect(run(connect).output).toContain("loaded RSA key from '/etc/swanctl/private/vnet1gw-alice.key'");
    });

    it.each([
      ['is missing', () => undefined, 'put the one that the certificate was asked for with beside this script'],
      [
        'is another',
        () => {
          putKey('server');
        },
        'The private key is not the one of the certificate',
      ],
    ])('says that the key %s, and leaves nothing behind', (_what, arrange, words) => {
      unpack('strongswan');
      arrange();

      const { output } = run(`set +e; bash "$KIT/connect.sh"; echo "code $?"; find /etc/swanctl -type f`);

      expect(output).toContain(words);
      expect(output).toMatch(/code 1\n$/);
    });

    it('takes everything away again', () => {
      unpack('strongswan');
      putKey('client');

      const { output } = run(`${connect}\nbash "$KIT/disconnect.sh" --remove\necho left:; find /etc/swanctl -type f`);

      expect(output).toMatch(/Disconnected\.\nleft:\n\/etc\/swanctl\/swanctl\.conf\n$/);
    });
  });

  describe('networkmanager', () => {
    function rewrite(changes: Partial<P2sSettings>, platform: P2sPlatform = 'networkmanager'): string {
      const input = unpack(platform, changes)['vnet1gw-alice.nmconnection'];
      const { status, stdout, stderr } = spawnSync(
        'nmcli',
        ['--offline', 'connection', 'modify', 'connection.autoconnect-priority', '7'],
        { encoding: 'utf8', input },
      );
      expect([status, stderr]).toEqual([0, '']);
      return stdout;
    }

    const common = ['id=VNet1', 'never-default=true', 'route1=10.1.0.0/16'];

    it('is read by NetworkManager, for OpenVPN', () => {
      const text = rewrite({});

      const own = [
        'service-type=org.freedesktop.NetworkManager.openvpn',
        'connection-type=tls',
        'proto-tcp=yes',
        'ta-dir=1',
        'remote-cert-tls=server',
        'verify-x509-name=name:8a1c2f5e-0000-4000-8000-000000000001.vpn.azure.com',
        `remote=${someP2sSettings().profile.serverFqdn}:443`,
      ];
      for (const line of [...common, ...own]) expect(text).toContain(`${line}\n`);
    });

    it.each(['networkmanager', 'strongswan'] as const)('is read by NetworkManager, for charon-nm: %s', (platform) => {
      const text = rewrite({ protocols: ['IkeV2'] }, platform);

      const own = [
        'service-type=org.freedesktop.NetworkManager.strongswan',
        'method=eap-tls',
        'virtual=yes',
        'local-identity=alice@example.org',
        'remote-ts=10.1.0.0/16',
      ];
      for (const line of [...common, ...own]) expect(text).toContain(`${line}\n`);
    });
  });

  describe('check.sh', () => {
    function check(arrange: string, changes: Partial<P2sSettings> = {}): string {
      unpack('strongswan', changes);
      return runInPrivateMachine(`
        ip link add eth0 type veth peer name peer0 && ip link set eth0 up && ip link set peer0 up && ip address add 192.168.7.5/24 dev eth0
        ${arrange}
        set +e; bash ${folder}/check.sh; echo "code $?"`).output;
    }

    const connected = 'ip address add 172.16.201.2/32 dev eth0';

    it('passes where all is in order', () => {
      const listen = `python3 -m http.server -b 172.16.201.2 8080 >/dev/null 2>&1 &
        for try in $(seq 600); do (: </dev/tcp/172.16.201.2/8080) 2>/dev/null && break; sleep 0.1; done`;
      const output = check(`${connected}\n${listen}`, { probe: { address: '172.16.201.2', port: 8080 } });

      expect(output).not.toContain('fail');
      expect(output).toMatch(/^code 0$/m);
      expect(output.match(/^pass/gm)).toHaveLength(6);
    });

    it.each([
      ['no connection', '', {}, 'The VPN is not connected.'],
      [
        'an address that is not of the pool',
        'ip tuntap add tun0 mode tun; ip link set tun0 up; ip address add 172.16.9.2/24 dev tun0',
        {},
        'has the address 172.16.9.2, which is not of the VPN',
      ],
      [
        'a local network that overlaps the virtual network',
        'ip address add 10.1.7.7/24 dev eth0',
        {},
        '10.1.7.7/24 .eth0. overlaps 10.1.0.0/16',
      ],
      [
        'a local network that holds the pool',
        'ip address add 172.16.0.9/12 dev eth0',
        {},
        '172.16.0.9/12 .eth0. overlaps 172.16.201.0/24',
      ],
      [
        'an address behind it that does not answer',
        connected,
        { probe: { address: '172.16.201.2', port: 9 } },
        '172.16.201.2, port 9, refuses',
      ],
    ] as const)('tells %s, with what to do', (_what, arrange, changes, words) => {
      const output = check(arrange, changes);

      expect(output).toMatch(new RegExp(`^fail  .*${words}.*\\n      .+`, 'm'));
      expect(output).toMatch(/^code 1$/m);
    });

    it('tells a certificate that is for servers first, and one of another kit', () => {
      const output = check(connected, { certificate: der('server'), chain: [der('server')] });

      expect(output).toMatch(
        /^fail {2}The first purpose of the certificate is not client authentication, but: TLS Web Server/m,
      );
      expect(output).toMatch(/^fail {2}The certificate does not lead to the root/m);
    });

    it('tells an expired certificate', () => {
      const output = check(`
        openssl x509 -req -days -1 -in ${certificates}/client.csr -CA ${certificates}/root.pem -CAkey ${certificates}/root.key \\
          -out ${folder}/vnet1gw-alice.crt 2>/dev/null`);

      expect(output).toMatch(/^fail {2}The certificate expired on/m);
    });

    it('tells a DNS server of the network that is not asked', () => {
      const settings = someP2sSettings();
      const output = check(connected, { profile: { ...settings.profile, dnsServers: ['10.1.0.53'] } });

      expect(output).toMatch(
        /^fail {2}This machine does not ask the network's DNS server 10\.1\.0\.53\.\n.*ask for a new kit/m,
      );
    });
  });
});
