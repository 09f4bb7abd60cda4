/**
 * The Windows kits for a gateway's point-to-site VPN, run by the real PowerShell. What only Windows has are the
 * functions of sandbox/windows/modules; no tunnel is made.
 */
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import type { WindowsMachine } from '../../sandbox/windows/world/records.ts';
import { parseThumbprint } from '../../src/domain/thumbprint.ts';
import type { P2sSettings } from '../../src/kits/p2s/p2s-settings.ts';
import { buildP2sKit, type P2sPlatform } from '../../src/kits/platforms.ts';
import { someP2sSettings } from '../support/builders/some-p2s-settings.ts';
import { type FileRun, type RealMachine, type RealPowerShell, startPowerShell } from './support/real-powershell.ts';

const ann = 'CONTOSO\\ann';
/** Nobody's machine: a person's, with no administrator at it. */
const asAnn: FileRun = { runAs: ann, isElevated: false };
const folder = 'C:\\kit';
/** What Windows was given to connect by. */
interface Connection {
  readonly ServerAddress: string;
  readonly TunnelType: string;
  readonly SplitTunneling: boolean;
  readonly Routes: readonly string[];
  readonly EapConfig?: string;
}

const pfxName = 'vnet1gw-alice.pfx';

describe('windows kits', () => {
  let powershell: RealPowerShell;
  let pki: string;

  beforeAll(async () => {
    powershell = await startPowerShell();
    pki = mkdtempSync(join(tmpdir(), 'gatehouse-windows-kit-'));
    openssl(`
      for root in root server-root; do
        openssl req -x509 -newkey rsa:2048 -nodes -days 9 -subj /CN=$root -keyout $root.key -out $root.pem
      done
      openssl req -newkey rsa:2048 -nodes -subj /CN=Issuing -keyout issuing.key -out issuing.csr
      printf 'basicConstraints=critical,CA:true\\nkeyUsage=keyCertSign' >ca.ext
      openssl x509 -req -in issuing.csr -CA root.pem -CAkey root.key -extfile ca.ext -days 8 -out issuing.pem
      printf 'extendedKeyUsage=clientAuth' >client.ext
      printf 'extendedKeyUsage=serverAuth,clientAuth' >server.ext
      for one in client server; do
        openssl req -newkey rsa:2048 -nodes -subj /CN=alice@example.org -keyout $one.key -out $one.csr
        openssl x509 -req -in $one.csr -CA issuing.pem -CAkey issuing.key -extfile $one.ext -days 5 -out $one.pem
        cat issuing.pem root.pem >chain.pem
        openssl pkcs12 -export -inkey $one.key -in $one.pem -certfile chain.pem -passout pass:typed -out $one.pfx
      done
      openssl x509 -req -in client.csr -CA issuing.pem -CAkey issuing.key -extfile client.ext -days -1 -out expired.pem
      openssl pkcs12 -export -inkey client.key -in expired.pem -certfile chain.pem -passout pass:typed -out expired.pfx`);
  });

  afterAll(async () => {
    await powershell.end();
    rmSync(pki, { recursive: true });
  });

  function openssl(script: string): void {
    execFileSync('bash', ['-ec', script], { cwd: pki, stdio: 'ignore' });
  }

  function read(name: string): X509Certificate {
    return new X509Certificate(readFileSync(join(pki, `${name}.pem`)));
  }

  function thumbprintOf(name: string): string {
    return read(name).fingerprint.replaceAll(':', '');
  }

  function settingsWith(name: string, changes: Partial<P2sSettings>): P2sSettings {
    const settings = someP2sSettings({
      certificate: read(name).raw,
      thumbprint: thumbprintOf(name),
      chain: [read('issuing').raw, read('root').raw],
      rootThumbprint: thumbprintOf('root'),
      ...changes,
    });
    const serverRootThumbprint = parseThumbprint(thumbprintOf('server-root'));
    if (serverRootThumbprint === undefined) throw new Error('openssl made no root');
    return { ...settings, profile: { ...settings.profile, serverRoot: read('server-root').raw, serverRootThumbprint } };
  }

  function pfxOf(name: string): NonNullable<P2sSettings['pfx']> {
    return { content: readFileSync(join(pki, `${name}.pfx`)) };
  }

  interface Unpacking extends Partial<P2sSettings> {
    readonly platform?: P2sPlatform;
    readonly certificateOf?: string;
    readonly at?: string;
  }

  function unpack(
    machine: RealMachine,
    { platform = 'windows-x64', certificateOf = 'client', at = folder, ...changes }: Unpacking,
  ): void {
    const { content } = buildP2sKit(platform, settingsWith(certificateOf, changes));
    for (const [name, bytes] of Object.entries(unzipSync(content))) machine.write(`${at}\\${name}`, bytes);
  }

  /** With the key beside the certificate, and its password typed when the script asks. */
  function withPfx(machine: RealMachine, changes: Unpacking = {}): FileRun {
    unpack(machine, { pfx: pfxOf(changes.certificateOf ?? 'client'), ...changes });
    return { ...asAnn, typed: { [pfxName]: { username: '', password: 'typed' } } };
  }

  /** Where the certificates of the kit are, by the names that they have here: `CurrentUser\\My client +key`. */
  function storesOf(machine: RealMachine): readonly string[] {
    const names = ['root', 'server-root', 'issuing', 'client', 'server', 'expired'];
    const byData = new Map(names.map((name) => [read(name).raw.toString('base64'), name]));
    return machine
      .state()
      .certificates.map(({ location, store, certificate, hasPrivateKey, owner }) =>
        [
          `${location}\\${store}`,
          byData.get(certificate) ?? 'another',
          ...(hasPrivateKey ? ['+key'] : []),
          ...(owner === undefined || owner === ann ? [] : [owner]),
        ].join(' '),
      )
      .toSorted();
  }

  function connectionsOf(machine: RealMachine): Readonly<Record<string, Connection>> {
    return Object.fromEntries(
      Object.entries(machine.state().registry)
        .filter(([key]) => key.startsWith('Connections\\'))
        .map(([key, value]) => [key.slice('Connections\\'.length), JSON.parse(String(value)) as Connection]),
    );
  }

  const ofAnn = [
    'CurrentUser\\CA issuing',
    'CurrentUser\\My client +key',
    'CurrentUser\\Root root',
    'LocalMachine\\Root server-root',
  ];

  describe('install.ps1', () => {
    it('sets a person up who is no administrator: Windows asks for one where the machine has to trust the gateway', async () => {
      const machine = powershell.machine();

      const said = await machine.runFile(`${folder}\\install.ps1`, {}, withPfx(machine));

      expect(said).toContain('The connection VNet1 is ready');
      expect(storesOf(machine)).toEqual(ofAnn);
      const connections = connectionsOf(machine);
      expect(Object.keys(connections)).toEqual([`${ann}\\VNet1`]);
      const { EapConfig, ...connection } = connections[`${ann}\\VNet1`] ?? {};
      expect(connection).toEqual({
        Name: 'VNet1',
        ServerAddress: someP2sSettings().profile.serverFqdn,
        TunnelType: 'Ikev2',
        SplitTunneling: true,
        Routes: ['10.1.0.0/16'],
      });
      expect(EapConfig).toContain((thumbprintOf('root').toLowerCase().match(/../g) ?? []).join(' '));
    });

    it('asks for no administrator where the machine trusts the gateway already, nor for a password twice', async () => {
      const machine = powershell.machine({
        certificates: [stored('LocalMachine', 'Root', 'server-root'), stored('CurrentUser', 'My', 'client', true)],
      });
      unpack(machine, { pfx: pfxOf('client') });

      await machine.runFile(`${folder}\\install.ps1`, {}, { ...asAnn, failing: { 'Start-Process': 1 } });

      expect(storesOf(machine)).toEqual(ofAnn);
      await machine.runFile(`${folder}\\uninstall.ps1`, {}, asAnn);
      expect(storesOf(machine)).toEqual(['CurrentUser\\My client +key', 'LocalMachine\\Root server-root']);
    });

    it('sets the machine up for everybody, and each person by the certificate alone', async () => {
      const machine = powershell.machine();
      const typing = withPfx(machine);

      await machine.runFile(`${folder}\\install.ps1`, { MachinePartOnly: true, AllUsers: true });
      expect(storesOf(machine)).toEqual([
        'LocalMachine\\CA issuing',
        'LocalMachine\\Root root',
        'LocalMachine\\Root server-root',
      ]);
      await machine.runFile(`${folder}\\install.ps1`, { AllUsers: true, CertificateOnly: true }, typing);

      expect(Object.keys(connectionsOf(machine))).toEqual(['AllUsers\\VNet1']);
      expect(storesOf(machine)).toContain('CurrentUser\\My client +key');
      expect(storesOf(machine)).toHaveLength(4);
    });

    it('sets up for all users from a person’s own window, with an administrator’s word', async () => {
      const machine = powershell.machine();

      await machine.runFile(`${folder}\\install.ps1`, { AllUsers: true }, withPfx(machine));

      expect(Object.keys(connectionsOf(machine))).toEqual(['AllUsers\\VNet1']);
      expect(storesOf(machine)).toContain('CurrentUser\\My client +key');
    });

    it('brings what the Azure VPN Client needs, and makes no connection beside its own', async () => {
      const machine = powershell.machine();

      const said = await machine.runFile(`${folder}\\install.ps1`, {}, withPfx(machine, { platform: 'azurevpn' }));

      expect(said).toContain('Import azurevpnconfig.xml');
      expect([storesOf(machine), connectionsOf(machine)]).toEqual([ofAnn, {}]);
      await machine.runFile(`${folder}\\uninstall.ps1`, {}, asAnn);
      expect(storesOf(machine)).toEqual([]);
    });

    it('refuses the machine’s part without an administrator', async () => {
      const machine = powershell.machine();
      unpack(machine, {});

      await expect(machine.runFile(`${folder}\\install.ps1`, { MachinePartOnly: true }, asAnn)).rejects.toThrow(
        'needs an administrator',
      );
      expect(storesOf(machine)).toEqual([]);
    });

    it('replaces the connection that it set up before', async () => {
      const machine = powershell.machine();
      await machine.runFile(`${folder}\\install.ps1`, {}, withPfx(machine));
      const { profile } = someP2sSettings();
      unpack(machine, { profile: { ...profile, routes: ['10.7.0.0/16'] } });

      await machine.runFile(`${folder}\\install.ps1`, {}, asAnn);

      expect(Object.values(connectionsOf(machine)).map(({ Routes }) => Routes)).toEqual([['10.7.0.0/16']]);
    });

    it('leaves a connection of the same name that leads to another gateway', async () => {
      const machine = powershell.machine();
      await machine.runFile(`${folder}\\install.ps1`, {}, withPfx(machine));
      const before = connectionsOf(machine);
      const { profile } = someP2sSettings();
      unpack(machine, { profile: { ...profile, serverFqdn: 'azuregateway-other.vpn.azure.com' } });

      await expect(machine.runFile(`${folder}\\install.ps1`, {}, asAnn)).rejects.toThrow(/There is another connection/);

      expect(connectionsOf(machine)).toEqual(before);
    });

    it('takes the certificate for the key that certreq made, which nothing exports', async () => {
      const machine = powershell.machine();
      unpack(machine, {});
      const said = await machine.runFile(`${folder}\\request.ps1`, {}, asAnn);
      expect(said).toContain('vnet1gw-alice.csr');
      expect(machine.read(`${folder}\\request.inf`)).toBeDefined();
      writeFileSync(join(pki, 'renewed.csr'), machine.read(`${folder}\\vnet1gw-alice.csr`) ?? '');
      openssl(
        `openssl x509 -req -in renewed.csr -CA issuing.pem -CAkey issuing.key -extfile client.ext -days 6 -out renewed.pem`,
      );
      expect(read('renewed').subject).toBe('CN=alice@example.org');

      unpack(machine, { certificateOf: 'renewed' });
      await machine.runFile(`${folder}\\install.ps1`, {}, asAnn);

      expect(storesOf(machine)).toContain('CurrentUser\\My another +key');
    });

    it.each([
      ['x86', { architecture: 'x86' }, 'windows-x64', 'ask for the kit windows-x86'],
      ['AMD64', {}, 'windows-x86', 'ask for the kit windows-x64'],
    ] as const)('refuses another architecture than its own: %s', async (_what, facts, platform, words) => {
      const machine = powershell.machine(facts);
      unpack(machine, { platform });

      await expect(machine.runFile(`${folder}\\install.ps1`, {}, asAnn)).rejects.toThrow(words);
    });

    it('sets a 32-bit Windows up by its own kit', async () => {
      const machine = powershell.machine({ architecture: 'x86' });

      await machine.runFile(`${folder}\\install.ps1`, {}, withPfx(machine, { platform: 'windows-x86' }));

      expect(storesOf(machine)).toEqual(ofAnn);
    });

    it('says where the key has to be when it is not here', async () => {
      const machine = powershell.machine();
      unpack(machine, {});

      await expect(machine.runFile(`${folder}\\install.ps1`, {}, asAnn)).rejects.toThrow(
        /private key of the certificate is not here.*vnet1gw-alice\.pfx/,
      );
    });

    it('says that the password is wrong', async () => {
      const machine = powershell.machine();
      const typing = { ...withPfx(machine), typed: { [pfxName]: { username: '', password: 'mistyped' } } };

      await expect(machine.runFile(`${folder}\\install.ps1`, {}, typing)).rejects.toThrow(
        'vnet1gw-alice.pfx does not open: the password is wrong',
      );
      expect(storesOf(machine).filter((line) => line.includes('My'))).toEqual([]);
    });

    it('trusts no other file than that of the kit', async () => {
      const machine = powershell.machine();
      const typing = withPfx(machine);
      machine.write(`${folder}\\ClientRoot.cer`, read('server-root').raw);

      await expect(machine.runFile(`${folder}\\install.ps1`, {}, typing)).rejects.toThrow('Unpack the whole kit again');
      expect(storesOf(machine)).not.toContain('CurrentUser\\Root server-root');
    });

    it('says so when nobody allows what needs an administrator', async () => {
      const machine = powershell.machine();
      const typing = { ...withPfx(machine), failing: { 'Start-Process': 1 } };

      await expect(machine.runFile(`${folder}\\install.ps1`, {}, typing)).rejects.toThrow();
      expect(storesOf(machine)).toEqual([]);
      expect(connectionsOf(machine)).toEqual({});
    });
  });

  describe('uninstall.ps1', () => {
    it.each([
      ['a person’s own', {}],
      ['that of all users', { AllUsers: true }],
    ])('takes everything away that was brought: %s', async (_what, parameters) => {
      const machine = powershell.machine();
      await machine.runFile(`${folder}\\install.ps1`, parameters, withPfx(machine));

      const said = await machine.runFile(`${folder}\\uninstall.ps1`, {}, asAnn);

      expect(said).toContain('The connection VNet1 is gone.');
      expect([storesOf(machine), connectionsOf(machine)]).toEqual([[], {}]);
      expect(Object.keys(machine.state().registry).filter((key) => key.includes('Gatehouse'))).toEqual([]);
    });

    it('leaves what another connection needs, and the certificate where it is asked to', async () => {
      const machine = powershell.machine();
      await machine.runFile(`${folder}\\install.ps1`, {}, withPfx(machine));
      await machine.runFile(
        'C:\\other\\install.ps1',
        {},
        withPfx(machine, { connectionName: 'VNet2', at: 'C:\\other' }),
      );

      await machine.runFile(`${folder}\\uninstall.ps1`, {}, asAnn);
      expect(Object.keys(connectionsOf(machine))).toEqual([`${ann}\\VNet2`]);
      expect(storesOf(machine)).toEqual(ofAnn);

      await machine.runFile('C:\\other\\uninstall.ps1', { KeepCertificate: true }, asAnn);
      expect(storesOf(machine)).toEqual(['CurrentUser\\My client +key']);
    });
  });

  describe('check.ps1', () => {
    const connected: WindowsMachine['nics'][number] = {
      alias: 'VNet1',
      address: '172.16.201.2',
      prefixLength: 32,
      dnsServers: [],
    };
    const atHome = { alias: 'Wi-Fi', address: '192.168.7.5', prefixLength: 24, dnsServers: [] };
    let server: Server;

    beforeAll(async () => {
      server = createServer();
      await once(server.listen(0, '127.0.0.1'), 'listening');
    });

    afterAll(() => {
      server.close();
    });

    function portOf(one: Server): number {
      return (one.address() as AddressInfo).port;
    }

    interface Look {
      readonly nics?: WindowsMachine['nics'];
      readonly kit?: Unpacking;
      /** What happens to the machine after the kit was installed. */
      readonly then?: (machine: WindowsMachine) => void;
    }

    /** What the check says of a machine that the kit was installed on; ends with `code 1` where it failed. */
    async function check({ nics = [atHome, connected], kit = {}, then }: Look = {}): Promise<string> {
      const machine = powershell.machine({ nics });
      await machine.runFile(`${folder}\\install.ps1`, {}, withPfx(machine, kit));
      if (then !== undefined) machine.change(then);
      return machine.runFile(`${folder}\\check.ps1`, {}, asAnn).then(
        (said) => `${said}\ncode 0`,
        (error: unknown) => `${(error as Error).message}\ncode 1`,
      );
    }

    it('passes where all is in order', async () => {
      const said = await check({ kit: { probe: { address: '127.0.0.1', port: portOf(server) } } });

      expect(said.split('\n')).toEqual([
        "pass  This machine has the address 172.16.201.2 of the VPN's pool.",
        'pass  The local network overlaps neither the virtual network nor the pool.',
        expect.stringMatching(`^pass {2}The certificate ${thumbprintOf('client')} is valid until `),
        'pass  Client authentication is the first purpose of the certificate.',
        'pass  The root of your certificate is trusted.',
        'pass  The root of the gateway is trusted by this machine.',
        `pass  127.0.0.1, port ${portOf(server)}, answers.`,
        'code 0',
      ]);
    });

    const { profile } = someP2sSettings();
    it.each<[string, Look, string]>([
      ['no connection', { nics: [atHome] }, 'The VPN is not connected\\.'],
      [
        'an address that is not of the pool',
        { nics: [{ ...connected, address: '172.16.9.2' }] },
        'the address 172\\.16\\.9\\.2, which is not of',
      ],
      [
        'a local network that overlaps the virtual network',
        { nics: [{ ...atHome, address: '10.1.7.7' }, connected] },
        '10\\.1\\.7\\.7/24 .Wi-Fi. overlaps 10\\.1\\.0\\.0/16',
      ],
      [
        'a local network that holds the pool',
        { nics: [{ ...atHome, address: '172.16.0.9', prefixLength: 12 }, connected] },
        '172\\.16\\.0\\.9/12 .Wi-Fi. overlaps 172\\.16\\.201\\.0/24',
      ],
      [
        'a certificate that is for servers first',
        { kit: { certificateOf: 'server' } },
        'first purpose .* is not client authentication, but: 1\\.3\\.6\\.1\\.5\\.5\\.7\\.3\\.1$',
      ],
      ['an expired certificate', { kit: { certificateOf: 'expired' } }, 'The certificate expired on '],
      [
        'a package that is older than a DNS server',
        { kit: { profile: { ...profile, dnsServers: ['10.1.0.53'] } } },
        "does not ask the network's DNS server 10\\.1\\.0\\.53",
      ],
      [
        'an address behind it that does not answer',
        { kit: { probe: { address: '127.0.0.1', port: 1 } } },
        '127\\.0\\.0\\.1, port 1, refuses',
      ],
      ['a certificate without its key', { then: without('My') }, 'No certificate with its private key'],
      [
        'a root of the certificate that is not trusted',
        { then: without('Root', 'CurrentUser') },
        'root of your certificate is not in Trusted',
      ],
      [
        'a root of the gateway that is not trusted',
        { then: without('Root', 'LocalMachine') },
        'root of the gateway is not trusted',
      ],
    ])('tells %s, with what to do', async (_what, look, words) => {
      const said = await check(look);

      expect(said).toMatch(new RegExp(`^fail  .*${words}.*\\n      .+`, 'm'));
      expect(said.match(/^fail/gm)).toHaveLength(1);
      expect(said).toMatch(/^code 1$/m);
    });

    function without(store: string, location = 'CurrentUser'): (machine: WindowsMachine) => void {
      return (machine) => {
        machine.certificates = machine.certificates.filter((one) => one.store !== store || one.location !== location);
      };
    }

    it('passes with a DNS server of the network that is asked', async () => {
      const nics = [atHome, { ...connected, dnsServers: ['10.1.0.53'] }];

      expect(await check({ nics, kit: { profile: { ...profile, dnsServers: ['10.1.0.53'] } } })).toMatch(/^code 0$/m);
    });

    it('looks at the renewed certificate of the same issuer, which Windows takes', async () => {
      const said = await check({
        kit: { certificateOf: 'expired' },
        then: (machine) => {
          machine.certificates.push(stored('CurrentUser', 'My', 'client', true));
        },
      });

      expect(said).toContain(`pass  The certificate ${thumbprintOf('client')} is valid until`);
    });
  });

  function stored(
    location: 'CurrentUser' | 'LocalMachine',
    store: 'My' | 'Root',
    name: string,
    hasPrivateKey = false,
  ): WindowsMachine['certificates'][number] {
    const certificate = read(name).raw.toString('base64');
    return { location, store, certificate, hasPrivateKey, ...(location === 'CurrentUser' ? { owner: ann } : {}) };
  }
});
