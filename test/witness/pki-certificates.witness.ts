// Goal: what is issued here is accepted, and what must be refused is refused, by programs that share no code with it.
// Method: build a root and a client certificate, and ask OpenSSL and GnuTLS for their strictest opinion.

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClientCertificateFields } from '../../src/pki/build-client-certificate.ts';
import { buildPkcs12, type Pkcs12Encryption } from '../../src/pki/build-pkcs12.ts';
import type { RootCertificateFields } from '../../src/pki/build-root-certificate.ts';
import { readCertificate, toPem } from '../../src/pki/read-certificate.ts';
import { readCertificateRequest } from '../../src/pki/read-certificate-request.ts';
import type { BuiltClient, BuiltRoot } from '../support/builders/a-certificate.ts';
import { aClientCertificate, aRootCertificate } from '../support/builders/a-certificate.ts';
import type { KeyPair } from '../support/builders/a-key-pair.ts';
import { anEcKeyPair, anRsaKeyPair } from '../support/builders/a-key-pair.ts';

interface Outcome {
  readonly exitCode: number;
  readonly output: string;
}

// GnuTLS knows no clock but the machine's, so these certificates are valid around the time of the test.
const now = Date.now();
const dayMs = 24 * 60 * 60 * 1000;
const rootDates = { notBefore: new Date(now - dayMs), notAfter: new Date(now + 30 * dayMs) };
const clientDates = { notBefore: new Date(now - 60_000), notAfter: new Date(now + dayMs) };

function aRoot(changes: Partial<RootCertificateFields> = {}, keys?: KeyPair): BuiltRoot {
  return aRootCertificate({ ...rootDates, ...changes }, keys);
}

function aClient(
  changes: Partial<ClientCertificateFields> = {},
  { root = aRoot(), keys = anRsaKeyPair() } = {},
): BuiltClient {
  return aClientCertificate({ ...clientDates, ...changes }, { root, keys });
}

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-witness-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

function run(command: string, ...parameters: readonly string[]): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    execFile(command, parameters, { cwd: folder }, (error, stdout, stderr) => {
      const output = `${stdout}\n${stderr}`;
      if (error === null) {
        resolve({ exitCode: 0, output });
      } else if (typeof error.code === 'number') {
        resolve({ exitCode: error.code, output });
      } else {
        reject(
          new Error(`${command} does not run here. It is installed by: apt-get install openssl gnutls-bin`, {
            cause: error,
          }),
        );
      }
    });
  });
}

async function write({ der, root }: BuiltClient): Promise<void> {
  await writeFile(join(folder, 'root.pem'), toPem(root.der));
  await writeFile(join(folder, 'client.pem'), toPem(der));
}

function opensslVerify(): Promise<Outcome> {
  const parameters = ['-x509_strict', '-purpose', 'sslclient', '-CAfile', 'root.pem', 'client.pem'];
  return run('openssl', 'verify', ...parameters);
}

function certtoolVerify(): Promise<Outcome> {
  const profile = ['--verify-profile', 'medium', '--verify-purpose', '1.3.6.1.5.5.7.3.2'];
  return run('certtool', '--verify', ...profile, '--load-ca-certificate', 'root.pem', '--infile', 'client.pem');
}

describe('certificates of src/pki', () => {
  it.each([
    ['an RSA key', () => aClient()],
    [
      'an RSA key of 4096 bits under a root of 4096',
      () => aClient({}, { root: aRoot({}, anRsaKeyPair('root', 4096)), keys: anRsaKeyPair('client', 4096) }),
    ],
    ['an EC key', () => aClient({}, { keys: anEcKeyPair() })],
    ['a host name', () => aClient({ commonName: 'laptop-7.contoso.com' })],
    ['no alternative name', () => aClient({ commonName: 'Alice Example' })],
    [
      'an end beyond 2050',
      () =>
        aClient(
          { notAfter: new Date('2051-01-01T00:00:00Z') },
          { root: aRoot({ notAfter: new Date('2060-01-01T00:00:00Z') }) },
        ),
    ],
    [
      'a root with a full subject',
      () =>
        aClient(
          {},
          {
            root: aRoot({
              subject: {
                commonName: 'P2SRootCert',
                organization: 'Contoso Zürich',
                organizationalUnit: 'Net',
                country: 'NL',
              },
            }),
          },
        ),
    ],
  ])('are accepted by OpenSSL and GnuTLS with %s', async (_, make) => {
    await write(make());

    expect(await opensslVerify()).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining('client.pem: OK') as string,
    });
    expect(await certtoolVerify()).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining('The certificate is trusted') as string,
    });
  });

  it('are refused by both under a root of the same name with another key', async () => {
    await write({ ...aClient(), root: aRoot({}, anRsaKeyPair('twin')) });

    expect((await opensslVerify()).exitCode).not.toBe(0);
    expect((await certtoolVerify()).exitCode).not.toBe(0);
  });

  it('are refused by both as a server', async () => {
    await write(aClient());
    const files = ['-CAfile', 'root.pem', 'client.pem'];
    const openssl = await run('openssl', 'verify', '-purpose', 'sslserver', ...files);
    const gnutls = await run(
      'certtool',
      '--verify',
      '--verify-purpose',
      '1.3.6.1.5.5.7.3.1',
      '--load-ca-certificate',
      'root.pem',
      '--infile',
      'client.pem',
    );

    expect([openssl.exitCode, gnutls.exitCode]).not.toContain(0);
  });

  it('have the thumbprint that OpenSSL prints', async () => {
    const client = aClient();
    await write(client);

    const { output } = await run('openssl', 'x509', '-in', 'client.pem', '-noout', '-fingerprint', '-sha1');

    const reading = readCertificate(client.der);
    expect(reading.ok && reading.certificate.thumbprint).toBe(output.trim().split('=')[1]?.replaceAll(':', ''));
  });
});

describe('requests of other programs', () => {
  it.each([
    ['OpenSSL, RSA 2048', ['-newkey', 'rsa:2048']],
    ['OpenSSL, RSA 3072, SHA-512', ['-newkey', 'rsa:3072', '-sha512']],
    ['OpenSSL, with alternative names', ['-newkey', 'rsa:2048', '-addext', 'subjectAltName=DNS:alice']],
    ['OpenSSL, P-384', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384']],
  ])('are read: %s', async (_, parameters) => {
    const { output } = await run(
      'openssl',
      'req',
      '-new',
      '-nodes',
      '-keyout',
      'key.pem',
      '-subj',
      '/CN=alice',
      ...parameters,
    );
    expect(
      readCertificateRequest(output.slice(output.indexOf('-----BEGIN')), { allowEllipticCurve: true }),
    ).toMatchObject({ ok: true });
  });

  it('are read: GnuTLS', async () => {
    await writeFile(join(folder, 'template'), 'cn = alice\ntls_www_client\n');
    await run('certtool', '--generate-privkey', '--key-type', 'rsa', '--bits', '2048', '--outfile', 'key.pem');
    await run(
      'certtool',
      '--generate-request',
      '--load-privkey',
      'key.pem',
      '--template',
      'template',
      '--outfile',
      'request.pem',
    );

    const { output } = await run('openssl', 'req', '-in', 'request.pem');

    expect(readCertificateRequest(output)).toMatchObject({ ok: true });
  });
});

describe('files with key and chain', () => {
  const password = 'correct horse battery';

  async function writeFileOf(encryption: Pkcs12Encryption, friendlyName = 'ann.4f1c2d3e@example.com'): Promise<void> {
    const keys = anRsaKeyPair();
    const root = aRoot();
    const { der } = aClient({}, { root, keys });
    const privateKey = keys.privateKey.export({ type: 'pkcs8', format: 'der' });
    const contents = { privateKey, certificate: der, chain: [root.der], friendlyName, password, encryption };
    await writeFile(join(folder, 'client.pfx'), buildPkcs12(contents));
    await writeFile(join(folder, 'client.pem'), toPem(der));
    await writeFile(join(folder, 'key.pem'), keys.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  }

  it.each([
    ['modern', ['MAC: sha256, Iteration 2048', 'salt length: 8', 'AES-256-CBC', 'PRF hmacWithSHA256']],
    ['legacy', ['MAC: sha1, Iteration 2048', 'pbeWithSHA1And3-KeyTripleDES-CBC']],
  ] as const)('are opened by OpenSSL, with nothing in clear: %s', async (encryption, words) => {
    await writeFileOf(encryption);

    const info = await run('openssl', 'pkcs12', '-info', '-nodes', '-in', 'client.pfx', '-passin', `pass:${password}`);
    const key = await run('openssl', 'pkey', '-in', 'key.pem', '-outform', 'PEM');

    expect(info).toMatchObject({ exitCode: 0 });
    for (const word of words) expect(info.output).toContain(word);
    expect(info.output.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    expect(info.output).toContain(/-----BEGIN PRIVATE KEY-----[^-]+/.exec(key.output)?.[0] ?? 'no key');
    expect(info.output).toContain('friendlyName: ann.4f1c2d3e@example.com');
    // Key and certificate are tied to one another; the root is not.
    expect(info.output.match(/localKeyID: /g)).toHaveLength(2);
  });

  it.each(['modern', 'legacy'] as const)('are opened by GnuTLS: %s', async (encryption) => {
    await writeFileOf(encryption);

    const opened = await run('certtool', '--p12-info', '--inder', '--infile', 'client.pfx', '--password', password);

    expect(opened.exitCode).toBe(0);
    expect(opened.output.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    expect(opened.output).toContain('Type: PKCS #8 Encrypted key');
    expect(opened.output).not.toContain('failed');
  });

  it.each(['modern', 'legacy'] as const)('are opened by neither with another password: %s', async (encryption) => {
    await writeFileOf(encryption);

    const openssl = await run('openssl', 'pkcs12', '-in', 'client.pfx', '-nodes', '-passin', `pass:${password}x`);
    const gnutls = await run('certtool', '--p12-info', '--inder', '--infile', 'client.pfx', '--password', 'x');

    expect(openssl.exitCode).not.toBe(0);
    expect(openssl.output).toMatch(/mac verify (error|failure)/i);
    expect(gnutls.output).toContain('verification failed');
    expect(gnutls.output).not.toContain('BEGIN CERTIFICATE');
  });

  it('keep a name in every script', async () => {
    await writeFileOf('modern', 'Анна – VPN');

    const opened = await run('certtool', '--p12-info', '--inder', '--infile', 'client.pfx', '--password', password);

    expect(opened.output).toContain('Friendly name: Анна – VPN');
  });
});
