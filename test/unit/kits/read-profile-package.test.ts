import fc from 'fast-check';
import type { ZippableFile } from 'fflate';
import { zipSync } from 'fflate';
import type { ProfilePackage } from '../../../src/domain/profile-package.ts';
import { readProfilePackage } from '../../../src/kits/read-profile-package.ts';
import { readCertificate } from '../../../src/pki/read-certificate.ts';
import { toPem } from '../../../src/pki/read-certificate.ts';
import { aRootCertificate } from '../../support/builders/a-certificate.ts';
import { anOvpnTemplate } from '../../support/builders/an-ovpn-template.ts';

const server = 'azuregateway-8a1c2f5e-0000-4000-8000-000000000001-1a2b3c4d5e6f.vpn.azure.com';
const serverRoot = aRootCertificate({ subject: { commonName: 'Gateway CA' } }).der;

const settings = `<?xml version="1.0" encoding="utf-8"?>
<VpnProfile xmlns:i="http://www.w3.org/2001/XMLSchema-instance">
  <VpnServer>${server}</VpnServer>
  <VpnType>IkeV2</VpnType>
  <Routes>172.16.201.0/24,10.1.0.0/16</Routes>
  <CustomDnsServers>10.2.1.4,10.2.1.5</CustomDnsServers>
  <SomethingNew><Inner>1</Inner></SomethingNew>
</VpnProfile>`;

const azureVpn = `<AzVpnProfile xmlns="http://schemas.datacontract.org/2004/07/">
  <clientconfig>
    <dnsservers><dnsserver>10.2.1.4</dnsserver></dnsservers>
    <includeroutes><route><destination>192.168.7.0</destination><mask>24</mask></route></includeroutes>
  </clientconfig>
  <serverlist><ServerEntry><fqdn>${server}</fqdn></ServerEntry></serverlist>
</AzVpnProfile>`;

const files = {
  'Generic/VpnSettings.xml': settings,
  'Generic/VpnServerRoot.cer': serverRoot,
  'OpenVPN/vpnconfig.ovpn': anOvpnTemplate(),
  'AzureVPN/azurevpnconfig.xml': azureVpn,
  'WindowsAmd64/VpnClientSetupAmd64.exe': new Uint8Array(2048),
};

function zip(
  contents: Readonly<Record<string, string | Uint8Array>>,
  mtime = new Date('2026-11-20T10:00:00Z'),
): Uint8Array {
  const entries = Object.entries(contents).map(([name, content]): [string, ZippableFile] => [name, toBytes(content)]);
  return zipSync(Object.fromEntries(entries), { mtime });
}

// fflate tells files from folders by `instanceof`, and jest's environment has a Uint8Array of its own.
function toBytes(content: string | Uint8Array): Uint8Array {
  return typeof content === 'string' ? new TextEncoder().encode(content) : Uint8Array.from(content);
}

function thumbprintOf(file: Uint8Array) {
  const result = readCertificate(file);
  return result.ok ? result.certificate.thumbprint : undefined;
}

function readFile(file: Uint8Array) {
  const result = readCertificate(file);
  return result.ok ? result.certificate : undefined;
}

function read(bytes: Uint8Array): ProfilePackage {
  const reading = readProfilePackage(bytes, { readCertificate: readFile });
  if (!reading.ok) throw new Error(reading.problems.map(({ code }) => code).join(' '));
  return reading.profile;
}

function codesOf(bytes: Uint8Array): readonly string[] {
  const reading = readProfilePackage(bytes, { readCertificate: readFile });
  return reading.ok ? [] : reading.problems.map(({ code }) => code);
}

describe('src/kits/read-profile-package', () => {
  it('reads what a client needs from all files of the package', () => {
    const profile = read(zip(files));

    expect(profile).toMatchObject({
      serverFqdn: server,
      routes: ['10.1.0.0/16', '172.16.201.0/24', '192.168.7.0/24'],
      dnsServers: ['10.2.1.4', '10.2.1.5'],
      serverRootThumbprint: thumbprintOf(serverRoot),
      serverRoot: readFile(serverRoot)?.der,
      azureVpnConfig: expect.stringContaining('<AzVpnProfile') as string,
      ovpnTemplate: anOvpnTemplate(),
    });
    expect(profile.files).toHaveLength(5);
    expect(profile.files[4]).toEqual({ name: 'WindowsAmd64/VpnClientSetupAmd64.exe', size: 2048 });
    expect(profile.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  function routesIn(clientConfig: string): readonly string[] {
    const config = `<AzVpnProfile><clientconfig>${clientConfig}</clientconfig>
      <serverlist><ServerEntry><fqdn>${server}</fqdn></ServerEntry></serverlist></AzVpnProfile>`;
    return read(zip({ 'AzureVPN/azurevpnconfig.xml': config })).routes;
  }
  const route = (inner: string): string => `<route>${inner}</route>`;
  const to = (destination: string, mask?: string): string =>
    `<destination>${destination}</destination>${mask === undefined ? '' : `<mask>${mask}</mask>`}`;

  it.each([
    ['excluded routes', `<excluderoutes>${route(to('8.8.8.8', '32'))}</excluderoutes>`, []],
    [
      'routes beside excluded ones',
      `<excluderoutes>${route(to('10.50.9.0', '24'))}</excluderoutes><includeroutes>${route(to('10.50.0.0', '16'))}</includeroutes>`,
      ['10.50.0.0/16'],
    ],
    [
      'two destinations of one mask, before another route',
      `<includeroutes>${route(`${to('10.60.0.0')}${to('10.61.0.0', '16')}`)}${route(to('10.62.4.0', '22'))}</includeroutes>`,
      ['10.60.0.0/16', '10.61.0.0/16', '10.62.4.0/22'],
    ],
    [
      'a route without a mask, before another',
      `<includeroutes>${route(to('10.60.0.1'))}${route(to('10.62.4.0', '22'))}</includeroutes>`,
      ['10.60.0.1/32', '10.62.4.0/22'],
    ],
    [
      'destinations and masks that do not pair up',
      `<includeroutes>${route('<destination>10.1.0.0</destination><destination>10.2.0.0</destination><destination>10.3.0.0</destination><mask>8</mask><mask>16</mask>')}</includeroutes>`,
      [],
    ],
    ['a route of IPv6 without a mask', `<includeroutes>${route(to('fd00::1'))}</includeroutes>`, ['fd00::1/128']],
  ])('reads %s by their structure', (_, clientConfig, routes) => {
    expect(routesIn(clientConfig)).toEqual(routes);
  });

  it.each([
    ['high bytes first, with a mark', Buffer.from(`\ufeff${settings}`, 'utf16le').swap16()],
    ['high bytes first, without one', Buffer.from(settings, 'utf16le').swap16()],
    ['low bytes first, without one', Buffer.from(settings, 'utf16le')],
  ])('reads UTF-16, %s', (_, content) => {
    expect(read(zip({ 'Generic/VpnSettings.xml': content }))).toMatchObject({
      serverFqdn: server,
      dnsServers: ['10.2.1.4', '10.2.1.5'],
    });
  });

  it('reads the OpenVPN profile of a RADIUS gateway, with two servers, comments and CRLF', () => {
    const ovpn = [
      'client',
      `# remote commented.example.com 443`,
      `remote ${server} 443 # the first`,
      'remote other.vpn.azure.com 443',
      'auth-user-pass',
      'route 10.1.0.0 255.255.0.0',
      'route 10.9.0.0 255.255.0.0 net_gateway',
      '; route 10.8.0.0 255.255.0.0',
      '<ca>',
      '</ca>',
    ].join('\r\n');

    const profile = read(zip({ 'OpenVPN/vpnconfig.ovpn': ovpn }));

    expect(profile).toMatchObject({ serverFqdn: server, routes: ['10.1.0.0/16'], ovpnTemplate: ovpn });
  });

  it('reads a package for sign-in with Entra ID, which has no OpenVPN folder', () => {
    const { 'AzureVPN/azurevpnconfig.xml': config, 'Generic/VpnSettings.xml': generic } = files;

    const profile = read(zip({ 'AzureVPN/azurevpnconfig.xml': config, 'Generic/VpnSettings.xml': generic }));

    expect(profile.serverFqdn).toBe(server);
    expect(profile).not.toHaveProperty('ovpnTemplate');
  });

  it.each([
    ['the settings alone', ['Generic/VpnSettings.xml']],
    ['the OpenVPN profile alone', ['OpenVPN/vpnconfig.ovpn']],
    ['the Azure VPN profile alone', ['AzureVPN/azurevpnconfig.xml']],
  ])('finds the server in %s', (_, names) => {
    const some = Object.fromEntries(Object.entries(files).filter(([name]) => names.includes(name)));
    expect(read(zip(some)).serverFqdn).toBe(server);
  });

  it('forgives backslashes, other case, other folders and names of several Azure VPN profiles', () => {
    const profile = read(
      zip({
        'generic\\VPNSETTINGS.XML': settings,
        'Profile/OpenVpn/vpnconfig.ovpn': anOvpnTemplate(),
        'AzureVPN/azurevpnconfig_cert.xml': azureVpn,
      }),
    );

    expect(profile.files.map(({ name }) => name)).toContain('generic/VPNSETTINGS.XML');
    expect(profile.ovpnTemplate).toBeDefined();
    expect(profile.routes).toContain('192.168.7.0/24');
  });

  it('does not list folders', () => {
    expect(read(zip({ 'Generic/': '', ...files })).files).toHaveLength(5);
  });

  it('reads UTF-16 with a byte order mark', () => {
    const utf16 = Buffer.concat([Buffer.of(0xff, 0xfe), Buffer.from(settings, 'utf16le')]);
    expect(read(zip({ 'Generic/VpnSettings.xml': utf16 })).routes).toContain('10.1.0.0/16');
  });

  it.each([
    ['DER', serverRoot],
    ['PEM', toPem(serverRoot)],
    ['one line of base64', Buffer.from(serverRoot).toString('base64')],
  ])('names the server root written as %s', (_, content) => {
    const profile = read(zip({ ...files, 'Generic/VpnServerRoot.cer': content }));
    expect(profile.serverRootThumbprint).toBe(thumbprintOf(serverRoot));
  });

  it('passes over routes, servers and roots that are none', () => {
    const odd = settings.replace('10.1.0.0/16', 'everything,10.1.0.0/99,,300.0.0.0/8').replace('10.2.1.4', 'dns.corp');
    const profile = read(zip({ 'Generic/VpnSettings.xml': odd, 'Generic/VpnServerRoot.cer': 'none' }));

    expect(profile.routes).toEqual(['172.16.201.0/24']);
    expect(profile.dnsServers).toEqual(['10.2.1.5']);
    expect(profile).not.toHaveProperty('serverRootThumbprint');
    expect(profile).not.toHaveProperty('ovpnTemplate');
  });

  it('reads routes and servers of an OpenVPN profile', () => {
    const ovpn = `${anOvpnTemplate()}route 10.9.0.0 255.255.0.0\r\nroute 10.8.7.6\ndhcp-option DNS 10.9.0.4\n`;
    const profile = read(zip({ 'OpenVPN/vpnconfig.ovpn': ovpn }));

    expect(profile.routes).toEqual(['10.8.7.6/32', '10.9.0.0/16']);
    expect(profile.dnsServers).toEqual(['10.9.0.4']);
  });

  describe('hash', () => {
    const { hash } = read(zip(files));

    it.each([
      ['time stamps', () => zip(files, new Date('2027-05-01T00:00:00Z'))],
      ['order of files', () => zip(Object.fromEntries(Object.entries(files).reverse()))],
      ['line ends', () => zip({ ...files, 'OpenVPN/vpnconfig.ovpn': anOvpnTemplate().replaceAll('\n', '\r\n') })],
      ['the installer', () => zip({ ...files, 'WindowsAmd64/VpnClientSetupAmd64.exe': new Uint8Array(4096) })],
      ['how the server root is written', () => zip({ ...files, 'Generic/VpnServerRoot.cer': toPem(serverRoot) })],
    ])('does not change with %s', (_, make) => {
      expect(read(make()).hash).toBe(hash);
    });

    it.each([
      ['a route', () => zip({ ...files, 'Generic/VpnSettings.xml': settings.replace('10.1.0.0/16', '10.1.0.0/17') })],
      [
        'the DNS order',
        () => zip({ ...files, 'Generic/VpnSettings.xml': settings.replace('10.2.1.4,10.2.1.5', '10.2.1.5,10.2.1.4') }),
      ],
      [
        'the server',
        () => zip({ ...files, 'Generic/VpnSettings.xml': settings.replace('azuregateway-8', 'azuregateway-9') }),
      ],
      ['the server root', () => zip({ ...files, 'Generic/VpnServerRoot.cer': aRootCertificate().der })],
      ['the tls-auth key', () => zip({ ...files, 'OpenVPN/vpnconfig.ovpn': anOvpnTemplate().replace('0f1e', '0f1f') })],
      [
        'an element nobody knows',
        () => zip({ ...files, 'AzureVPN/azurevpnconfig.xml': azureVpn.replace('</Az', '<x>1</x></Az') }),
      ],
    ])('changes with %s', (_, make) => {
      expect(read(make()).hash).not.toBe(hash);
    });
  });

  describe('hostile packages', () => {
    it.each([
      ['nothing', new Uint8Array(), 'notAnArchive'],
      ['text', new TextEncoder().encode('<Error><Code>AuthenticationFailed</Code></Error>'), 'notAnArchive'],
      ['an empty archive', zip({}), 'serverMissing'],
      ['no settings', zip({ 'readme.txt': 'x' }), 'serverMissing'],
      [
        'a server that is no host name',
        zip({ 'Generic/VpnSettings.xml': settings.replaceAll(server, '169.254.169.254/x') }),
        'serverMissing',
      ],
      ['XML that is none', zip({ 'Generic/VpnSettings.xml': '<VpnProfile><VpnServer>' }), 'serverMissing'],
      ['a name that leads outside', zip({ ...files, '../evil.txt': 'x' }), 'fileName'],
      ['a name that leads outside with backslashes', zip({ ...files, 'a\\..\\..\\evil.txt': 'x' }), 'fileName'],
      ['an absolute name', zip({ ...files, 'C:/evil.txt': 'x' }), 'fileName'],
      ['a name with a control character', zip({ ...files, 'a\u0000.txt': 'x' }), 'fileName'],
      ['a long name', zip({ ...files, [`${'a'.repeat(300)}.txt`]: 'x' }), 'fileName'],
      ['the settings twice', zip({ ...files, 'generic/vpnsettings.xml': settings }), 'fileTwice'],
      [
        'a settings file that unpacks to 2 MB',
        zip({ ...files, 'Generic/VpnSettings.xml': ' '.repeat(2 ** 21) }),
        'fileTooLarge',
      ],
      [
        '300 files',
        zip(Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`f${index}`, '']))),
        'tooManyFiles',
      ],
    ])('refuses %s', (_, bytes, code) => {
      expect(codesOf(bytes)).toEqual([code]);
    });

    it('refuses a file that is larger than it claims', () => {
      const bytes = Buffer.from(zip({ 'Generic/VpnSettings.xml': `${settings}${' '.repeat(500_000)}` }));
      const directory = bytes.indexOf(Buffer.from('PK\x01\x02'));
      bytes.writeUInt32LE(64, directory + 24);

      expect(codesOf(bytes)).not.toEqual([]);
    });

    it('leaves entities unexpanded', () => {
      const bomb = `<!DOCTYPE x [<!ENTITY a "${'a'.repeat(1000)}"><!ENTITY b "${'&a;'.repeat(1000)}">]>${settings.slice(settings.indexOf('<VpnProfile'))}`;
      const reading = readProfilePackage(zip({ 'Generic/VpnSettings.xml': bomb.replace('IkeV2', '&b;') }), {
        readCertificate: readFile,
      });
      expect(JSON.stringify(reading).length).toBeLessThan(10_000);
    });

    it('never throws on a damaged package', () => {
      const whole = zip(files);
      fc.assert(
        fc.property(
          fc.nat(whole.length - 1),
          fc.integer({ min: 1, max: 255 }),
          fc.boolean(),
          (place, change, isCut) => {
            const damaged = Uint8Array.from(whole);
            damaged[place] = (damaged[place] ?? 0) ^ change;
            const reading = readProfilePackage(isCut ? whole.slice(0, place) : damaged, { readCertificate: readFile });
            expect(typeof reading.ok).toBe('boolean');
          },
        ),
        { numRuns: 500 },
      );
    });
  });
});
