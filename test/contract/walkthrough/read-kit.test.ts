import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readKit } from '../../../sandbox/walkthrough/read-kit.ts';
import { createServerCertificate } from '../../support/root-certificates.ts';

let folder: string;
let profile: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-kit-'));
  profile = join(folder, 'kim.ovpn');
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('sandbox/walkthrough/read-kit', () => {
  it('tells the gateway, and since when the certificate is valid', async () => {
    const { certificate } = await createServerCertificate('gateway.invalid');
    writeFileSync(join(folder, 'kim.key'), '');
    writeFileSync(profile, `remote gateway.invalid 443\n<cert>\n${certificate}\n</cert>\nkey kim.key\n`);

    expect(readKit(profile, undefined)).toEqual({
      fqdn: 'gateway.invalid',
      notBefore: new X509Certificate(certificate).validFromDate,
    });
  });

  it.each([
    ['the profile', undefined, 'kim.ovpn'],
    ['the key that the profile names', 'remote gateway.invalid 443\nkey kim-7.key\n', 'kim-7.key'],
    ['the password of the key in it', 'remote gateway.invalid 443\n<pkcs12>\nMII=\n</pkcs12>\n', 'kim.password'],
  ])('names the file where %s is missing', (_what, text, missing) => {
    if (text !== undefined) writeFileSync(profile, text);

    expect(() => readKit(profile, join(folder, 'kim.password'))).toThrow(`There is no ${join(folder, missing)}`);
  });
});
