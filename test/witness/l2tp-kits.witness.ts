/**
 * The kits of a shared VPN, read by the programs that they are for: NetworkManager, strongSwan, xl2tpd, pppd, bash, and
 * Python's reader of property lists. No link is made: that takes a kernel with PPP and IPsec.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { L2tpSettings } from '../../src/kits/l2tp/l2tp-settings.ts';
import { buildL2tpKit, type L2tpPlatform } from '../../src/kits/platforms.ts';
import { hostileKeys, hostileNames, someL2tpSettings } from '../support/builders/some-l2tp-settings.ts';
import { unpackKit } from '../support/kits/unpack-kit.ts';
import { type ProgramRun, runInPrivateMachine } from './support/private-machine.ts';
import { writeStubPrograms } from './support/stub-programs.ts';

const tunnels = ['full', 'split'] as const;

describe('src/kits/l2tp', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-kit-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function unpack(platform: L2tpPlatform, changes: Partial<L2tpSettings> = {}): Readonly<Record<string, string>> {
    const files = unpackKit(buildL2tpKit(platform, someL2tpSettings(changes)));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 });
    return files;
  }

  describe('strongswan', () => {
    const charon = `
      /usr/lib/ipsec/charon >/run/charon.log 2>&1 &
      for try in $(seq 600); do [ -S /run/charon.vici ] && break; sleep 0.1; done`;

    it.each(tunnels)('is loaded by strongSwan, %s tunnel', (tunnel) => {
      unpack('strongswan', { tunnel });

      const { code, output } = runInPrivateMachine(`${charon}
        swanctl --load-all --file ${folder}/swanctl.conf
        swanctl --list-conns`);

      expect(output).toContain("loaded ike secret 'ike-azure-stack-poc1'");
      expect(output).toContain('successfully loaded 1 connections, 0 unloaded');
      expect(output).toMatch(/azure-stack-poc1: IKEv1/);
      expect(output).toMatch(/azure-stack-poc1: TRANSPORT/);
      expect(code).toBe(0);
    });

    it('is loaded by strongSwan whatever the key and the names say', () => {
      const loads = hostileKeys.map((sharedKey, index) => {
        const name = hostileNames[index % hostileNames.length] ?? '';
        const files = unpack('strongswan', { sharedKey, connectionName: name, userName: name });
        const file = join(folder, `swanctl-${index}.conf`);
        writeFileSync(file, files['swanctl.conf'] ?? '');
        return `swanctl --load-all --file ${file}`;
      });

      const { code, output } = runInPrivateMachine([charon, ...loads].join('\n'));

      expect(output.match(/^successfully loaded 1 connections/gm)).toHaveLength(hostileKeys.length);
      expect(code).toBe(0);
    });

    it('starts xl2tpd', () => {
      unpack('strongswan');

      const { output } = runInPrivateMachine(`
        xl2tpd -D -c ${folder}/xl2tpd.conf -C /run/control -p /run/pid >/run/log 2>&1 &
        for try in $(seq 600); do grep -q 'Listening' /run/log && break; sleep 0.1; done
        kill $! && wait $! || true
        cat /run/log`);

      expect(output).toMatch(/Listening on IP address 0\.0\.0\.0, port 1701/);
      expect(output).not.toMatch(/parse_config|unknown|error/i);
    });

    it.each(['alice', 'DOMAIN\\alice', 'a"b', ...hostileNames])(
      'gives pppd options that it knows, for user %j',
      (userName) => {
        const { 'options.ppp': options = '' } = unpack('strongswan', { userName });
        const file = join(folder, 'options');
        writeFileSync(file, `${options}notty\ndryrun\n`);

        const { status, stderr } = spawnSync('pppd', ['file', file], { encoding: 'utf8' });

        // 4: this kernel has no PPP, which pppd finds out after it has read its options; 2 is for those.
        expect([0, 4]).toContain(status);
        expect(stderr).not.toContain('In file');
        // Nothing of the name runs on into the next line.
        writeFileSync(file, `${options}unheard-of\n`);
        expect(spawnSync('pppd', ['file', file], { encoding: 'utf8' }).stderr).toContain(
          "unrecognized option 'unheard-of'",
        );
      },
    );

    describe('connect.sh', () => {
      function run(
        changes: Partial<L2tpSettings>,
        lines: string,
        refuses = 'no',
      ): ProgramRun & { readonly calls: string } {
        unpack('strongswan', changes);
        const bin = writeStubPrograms(folder);
        const script = `export PATH=${bin}:$PATH REFUSES=${refuses}\ncd ${folder}\n${lines}`;
        // A password that would break out of the file of options if it were not quoted there.
        const result = runInPrivateMachine(script, 'p"a\\s $(s) \'w\n');
        return { ...result, calls: readFileSync(join(folder, 'calls.log'), 'utf8') };
      }

      const left = 'find /run /etc/swanctl /usr/local/share/ca-certificates -type f -o -type p | sort';

      it('connects a split tunnel and routes its prefixes', () => {
        const { code, output, calls } = run({ tunnel: 'split' }, `bash connect.sh\n${left}`);

        expect(output).toContain('Connected by ppp0: https://portal.azurestack.local');
        expect(code).toBe(0);
        expect(calls).toContain('swanctl --load-all\nswanctl --initiate --child azure-stack-poc1 --timeout 30\n');
        expect(calls).toContain('ip -4 route add 203.0.113.5/32 via 10.0.0.1 dev eth0\n');
        expect(calls.match(/route replace .*/g)).toEqual([
          'route replace 192.168.100.0/24 dev ppp0 metric 2',
          'route replace 192.168.133.0/24 dev ppp0 metric 2',
        ]);
        expect(calls).toContain('resolvectl dns ppp0 192.168.200.2\nresolvectl domain ppp0 azurestack.local\n');
      });

      it('sends everything through a full tunnel', () => {
        const { calls } = run({ tunnel: 'full' }, 'bash connect.sh');

        expect(calls.match(/route replace .*/g)).toEqual([
          'route replace 0.0.0.0/1 dev ppp0 metric 2',
          'route replace 128.0.0.0/1 dev ppp0 metric 2',
        ]);
      });

      it('gives the password to pppd alone, and keeps it nowhere', () => {
        const { output } = run({}, `bash connect.sh\n${left}`);

        const options = readFileSync(join(folder, 'calls.log.options'), 'utf8');
        expect(options).toContain(String.raw`password "p\"a\\s $(s) 'w"`);
        expect(output).toContain('/run/gatehouse-azure-stack-poc1/xl2tpd.pid');
        expect(output).not.toContain('/options');
      });

      it.each(hostileNames)('takes the user %j for a name', (userName) => {
        const { code, output } = run({ userName, connectionName: userName }, 'bash connect.sh');

        expect([code, output.includes('Connected by ppp0')]).toEqual([0, true]);
      });

      it('leaves nothing behind once it was disconnected and removed', () => {
        const { code, output, calls } = run({}, `bash connect.sh\nbash disconnect.sh --remove\necho left:\n${left}`);

        expect(code).toBe(0);
        expect(calls).toContain('swanctl --terminate --ike azure-stack-poc1\n');
        expect(calls).toContain('ip -4 route delete 203.0.113.5/32\n');
        expect(output.split('left:\n')[1]?.replace('/run/ppp-azure-stack-poc1.pid\n', '')).toBe('');
      });

      it('cleans up and says why when the server lets nobody in', () => {
        const shortened = `sed -i 's/wait_for 60/wait_for 1/' connect.sh`;
        const { code, output, calls } = run(
          {},
          `${shortened}\nset +e; bash connect.sh; echo code $?; ls -d /run/gatehouse*`,
          'yes',
        );

        expect([code, output]).toEqual([
          2,
          expect.stringMatching(/No link: wrong password[^]*code 1\nls: cannot access/),
        ]);
        expect(calls).toContain('swanctl --terminate');
      });
    });
  });

  describe('check.sh', () => {
    /**
     * The portal behind the VPN is openssl's server, signed by a root that curl trusts; `address` is what ppp0 has.
     */
    function check(platform: 'strongswan' | 'networkmanager', lines: string, address = '192.168.200.202'): ProgramRun {
      unpack(platform);
      const bin = join(folder, 'bin');
      mkdirSync(bin);
      const said = {
        ip: `5: ppp0    inet ${address} peer 192.168.200.201/32 scope global ppp0`,
        nmcli: `${address}/32`,
      };
      for (const [name, text] of Object.entries(said)) {
        writeFileSync(join(bin, name), `#!/bin/sh\n[ -e /run/connected ] && echo '${text}'\n`, { mode: 0o755 });
      }
      return runInPrivateMachine(`
        cd ${folder}
        openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=root -keyout root.key -out root.pem 2>/dev/null
        openssl req -newkey rsa:2048 -nodes -subj /CN=portal -addext subjectAltName=DNS:portal.azurestack.local \\
          -keyout portal.key -out portal.csr 2>/dev/null
        openssl x509 -req -in portal.csr -CA root.pem -CAkey root.key -copy_extensions copy -days 2 -out portal.pem 2>/dev/null
        echo '127.0.0.1 portal.azurestack.local' >hosts && mount --bind hosts /etc/hosts
        openssl s_server -quiet -www -accept 127.0.0.1:443 -cert portal.pem -key portal.key >/dev/null 2>&1 &
        for try in $(seq 600); do (: </dev/tcp/127.0.0.1/443) 2>/dev/null && break; sleep 0.1; done
        printf '1\\nppp0\\n' >/run/ppp-azure-stack-poc1.pid; touch /run/connected
        export PATH=${bin}:$PATH CURL_CA_BUNDLE=${folder}/root.pem
        set +e
        ${lines}
        bash check.sh; echo "code $?"`);
    }

    it.each(['strongswan', 'networkmanager'] as const)('says that all is in order, %s', (platform) => {
      expect(check(platform, '').output).toBe(
        [
          'ok      This machine has the address 192.168.200.202 of the VPN.',
          'ok      The certificate of portal.azurestack.local is trusted.',
          'ok      The portal opens: https://portal.azurestack.local',
          'code 0\n',
        ].join('\n'),
      );
    });

    it.each([
      ['no connection', 'rm /run/connected', 'The VPN is not connected.'],
      ['a root that is not trusted', 'unset CURL_CA_BUNDLE', 'is not accepted by this machine.*issuer certificate$'],
      ['a portal that is away', 'kill %1; wait %1 2>/dev/null', 'Nothing answers at portal.azurestack.local'],
      ['a name that is unknown', ': >hosts', 'cannot be resolved'],
    ])('tells %s', (_what, lines, words) => {
      const { output } = check('strongswan', lines);

      expect(output).toMatch(new RegExp(`^failed  .*${words}`, 'm'));
      expect(output).toContain('code 1');
    });

    it('tells an address that is not of the range', () => {
      expect(check('networkmanager', '', '192.168.200.231').output).toMatch(
        /^failed {2}.*192\.168\.200\.231[^]*code 1/,
      );
    });
  });

  describe('networkmanager', () => {
    /** Its own reader and writer of connections, without the service. */
    function rewrite(changes: Partial<L2tpSettings>): string {
      const files = unpack('networkmanager', changes);
      const input = Object.entries(files).find(([name]) => name.endsWith('.nmconnection'))?.[1];
      const { status, stdout, stderr } = spawnSync(
        'nmcli',
        ['--offline', 'connection', 'modify', 'connection.autoconnect-priority', '7'],
        { encoding: 'utf8', input },
      );
      expect([status, stderr]).toEqual([0, '']);
      return stdout;
    }

    function valueOf(text: string, key: string): string | undefined {
      const raw = new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1];
      return raw?.replaceAll(/\\(.)/g, (_, letter: string) => (letter === 's' ? ' ' : letter));
    }

    it.each(tunnels)('is read by NetworkManager, %s tunnel', (tunnel) => {
      const text = rewrite({ tunnel });

      expect(text).toContain('autoconnect-priority=7');
      expect(valueOf(text, 'service-type')).toBe('org.freedesktop.NetworkManager.l2tp');
      expect(valueOf(text, 'ipsec-psk')).toBe(someL2tpSettings().sharedKey);
      expect(valueOf(text, 'dns')).toBe('192.168.200.2;');
      expect(text.match(/^route\d=.*/gm) ?? []).toEqual(
        tunnel === 'full' ? [] : ['route1=192.168.100.0/24,0.0.0.0,2', 'route2=192.168.133.0/24,0.0.0.0,2'],
      );
      expect(valueOf(text, 'never-default')).toBe(tunnel === 'full' ? undefined : 'true');
    });

    it.each(hostileKeys.filter((key) => !key.startsWith('0s')))('hands the plugin the key %j', (sharedKey) => {
      expect(valueOf(rewrite({ sharedKey }), 'ipsec-psk')).toBe(sharedKey);
    });

    it.each(hostileNames)('shows the name %j', (name) => {
      const text = rewrite({ connectionName: name, userName: name });

      expect([valueOf(text, 'id'), valueOf(text, 'user')]).toEqual([name, name]);
    });
  });

  describe('macos', () => {
    it.each(hostileKeys)('is a property list to another reader, with the key %j', (sharedKey) => {
      const [name = ''] = Object.keys(unpack('macos', { sharedKey, connectionName: hostileNames[0] ?? '' }));
      const program = `
import json, plistlib, sys
root, vpn = plistlib.load(open(sys.argv[1], 'rb'))['PayloadContent']
print(json.dumps([root['PayloadContent'].hex(), vpn['UserDefinedName'], vpn['IPSec']['SharedSecret'].decode()]))`;

      const { stdout, stderr } = spawnSync('python3', ['-c', program, join(folder, name)], { encoding: 'utf8' });

      expect(stderr).toBe('');
      expect(JSON.parse(stdout)).toEqual(['3082010a', hostileNames[0], sharedKey]);
    });
  });
});
