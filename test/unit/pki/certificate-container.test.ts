import fc from 'fast-check';
import { readCertificateContainer } from '../../../src/pki/certificate-container.ts';
import { toPem } from '../../../src/pki/read-certificate.ts';
import { aCertificateRequest, toRequestPem } from '../../support/builders/a-certificate-request.ts';
import { anEcKeyPair, anRsaKeyPair } from '../../support/builders/a-key-pair.ts';
import { aCertificateBundle, anAuthority, anEmptyPfx } from '../../support/builders/an-authority.ts';
import { der as derValue, objectIdentifier, octets, sequence, toPemBlock } from '../../support/builders/der.ts';
import { foreignRoots } from './vectors/foreign-roots.ts';

const oneLine = foreignRoots.plain;
const der = Buffer.from(oneLine, 'base64');
const pem = toPem(der);
const bundle = aCertificateBundle(der);
const wide = Buffer.from(`\ufeff${pem.replaceAll('\n', '\r\n')}`, 'utf16le');
const trusted = Buffer.concat([der, sequence(sequence(objectIdentifier('1.3.6.1.5.5.7.3.2')))]);

function base64(file: string | Uint8Array): string {
  return Buffer.from(file as Uint8Array).toString('base64');
}

function nested(depth: number): Buffer {
  let value = sequence();
  for (let level = 0; level < depth; level += 1) value = sequence(value);
  return value;
}

function codeOf(text: string): string | undefined {
  const reading = readCertificateContainer(text);
  return reading.ok ? undefined : reading.problem.code;
}

describe('src/pki/certificate-container', () => {
  it.each([
    ['PEM', pem],
    ['PEM with CRLF', pem.replaceAll('\n', '\r\n')],
    ['PEM with CR alone', pem.replaceAll('\n', '\r')],
    ['PEM with a mark', `\ufeff${pem}`],
    ['PEM without a line break at its end', pem.trimEnd()],
    ['PEM on one line', pem.replaceAll('\n', '')],
    ['PEM, indented', pem.replaceAll(/^/gm, '    ')],
    ['PEM with line breaks written out', pem.replaceAll('\n', '\\n')],
    ['PEM with no-break spaces', pem.replaceAll('\n', '\u00a0\n')],
    ['PEM with a zero-width space before it', `\u200b${pem}`],
    [
      'PEM with its labels in small letters',
      pem.replaceAll('CERTIFICATE', 'certificate').replaceAll('BEGIN', 'begin').replaceAll('END', 'end'),
    ],
    ['PEM with text around it', `Bag Attributes\n    localKeyID: 01\nsubject=CN = Odd root\n${pem}\nregards`],
    ['PEM of X509 CERTIFICATE', pem.replaceAll('CERTIFICATE', 'X509 CERTIFICATE')],
    ['base64 of DER', oneLine],
    ['base64 of DER, wrapped', oneLine.replaceAll(/.{76}/g, '$&\r\n')],
    ['base64 of DER, for URLs', der.toString('base64url')],
    ['base64 of DER with a line break behind it', base64(Buffer.concat([der, Buffer.from('\r\n')]))],
    ['base64 of DER with NULs behind it', base64(Buffer.concat([der, Buffer.alloc(16)]))],
    ['base64 of base64', base64(oneLine)],
    ['base64 of PEM', base64(pem)],
    ['base64 of PEM with a mark and CRLF', base64(`\ufeff${pem.replaceAll('\n', '\r\n')}`)],
    ['base64 of PEM in UTF-16', base64(wide)],
    ['base64 of PEM in UTF-16, the other way round', base64(Buffer.from(wide).swap16())],
    ['base64 of PEM in UTF-16 without its mark', base64(wide.subarray(2))],
    ['PEM in UTF-16 that was read as something else', Buffer.from(wide).toString('latin1')],
    ['a .p7b in PEM', toPemBlock('PKCS7', bundle)],
    ['a .p7b in PEM, base64', base64(toPemBlock('PKCS7', bundle))],
    ['a .p7b in DER, base64', base64(bundle)],
  ])('takes %s byte for byte', (_, text) => {
    const reading = readCertificateContainer(text);

    expect(reading).toMatchObject({ ok: true, warnings: [] });
    expect(reading.ok && reading.certificates.map(base64)).toEqual([oneLine]);
  });

  it('takes a trusted certificate without its settings, and says so', () => {
    const reading = readCertificateContainer(toPemBlock('TRUSTED CERTIFICATE', trusted));

    expect(reading.ok && reading.certificates.map(base64)).toEqual([oneLine]);
    expect(reading).toMatchObject({ warnings: [{ code: 'trustSettingsDropped' }] });
  });

  it('takes several, in their order, from PEM, from DER after DER and from a .p7b', () => {
    const second = anAuthority({ called: 'Other' }).der;
    const forms = [pem + toPem(second), base64(Buffer.concat([der, second])), base64(aCertificateBundle(der, second))];

    for (const form of forms) {
      const reading = readCertificateContainer(form);
      expect(reading.ok && reading.certificates.map(base64)).toEqual([oneLine, base64(second)]);
    }
  });

  it.each([
    ['a PKCS #8 key in PEM', toPemBlock('PRIVATE KEY', Buffer.alloc(16))],
    ['a key beside a certificate', `${pem}${toPemBlock('RSA PRIVATE KEY', Buffer.alloc(16))}`],
    ['an encrypted key in PEM', toPemBlock('ENCRYPTED PRIVATE KEY', Buffer.alloc(16))],
    ['base64 of a key in PEM', base64(toPemBlock('EC PRIVATE KEY', Buffer.alloc(16)))],
    ['a PKCS #8 key in DER', base64(anRsaKeyPair().privateKey.export({ type: 'pkcs8', format: 'der' }))],
    ['a PKCS #1 key in DER', base64(anRsaKeyPair().privateKey.export({ type: 'pkcs1', format: 'der' }))],
    ['an elliptic-curve key in DER', base64(anEcKeyPair().privateKey.export({ type: 'sec1', format: 'der' }))],
    [
      'an encrypted key in DER',
      base64(
        anRsaKeyPair().privateKey.export({ type: 'pkcs8', format: 'der', cipher: 'aes-256-cbc', passphrase: 'x' }),
      ),
    ],
    ['a .pfx', base64(anEmptyPfx())],
    ['a .pfx of indefinite length', base64(Buffer.from('3080020103308006092a864886f70d010701', 'hex'))],
    ['a certificate and a .pfx behind it', base64(Buffer.concat([der, anEmptyPfx()]))],
    ['a key of PuTTY', 'PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\n'],
  ])('refuses %s whole, and repeats nothing of it', (_, text) => {
    const reading = readCertificateContainer(text);

    expect(reading).toMatchObject({ ok: false, problem: { code: 'privateKeySent' } });
    expect(JSON.stringify(reading)).not.toContain(text.slice(0, 60));
  });

  it('says of a .pfx what can be sent in its place', () => {
    const reading = readCertificateContainer(base64(anEmptyPfx()));

    expect(reading.ok ? '' : reading.problem.fix).toBe(
      'To trust the root, send its certificate alone: as .cer, .pem or .p7b. To issue here, create a root (subject in the place of import): its key is made in Key Vault.',
    );
  });

  it.each([
    ['nothing', '  ', 'empty'],
    ['prose', 'please trust our root', 'notBase64'],
    ['more padding than base64 has', `${oneLine}===`, 'notBase64'],
    ['padding within', `${oneLine.slice(0, 80)}==${oneLine.slice(80)}`, 'notBase64'],
    ['as much padding as an import may have, and a letter', `${'='.repeat(262_000)}A`, 'notBase64'],
    ['the same within PEM', `-----BEGIN CERTIFICATE-----${'='.repeat(200_000)}A-----END CERTIFICATE-----`, 'notBase64'],
    ['an identifier of 80 kB', base64(sequence(derValue(0x06, Buffer.alloc(81_920, 0xff)))), 'notDer'],
    ['quoted lines', pem.replaceAll(/^/gm, '> '), 'quotedLines'],
    ['long dashes', pem.replaceAll('-----', '—'), 'longDashes'],
    ['a web page', '<html><body>404</body></html>', 'htmlText'],
    ['a request', toRequestPem(aCertificateRequest()), 'wrongPem'],
    ['a request in DER', base64(aCertificateRequest()), 'notACertificate'],
    ['half a block', pem.slice(0, 200), 'wrongPem'],
    ['an OCTET STRING', base64(octets(Buffer.alloc(200))), 'notDer'],
    ['another structure', base64(sequence(sequence(octets(Buffer.alloc(200))))), 'notACertificate'],
    [
      'an empty .p7b',
      base64(sequence(objectIdentifier('1.2.840.113549.1.7.2'), derValue(0xa0, sequence()), octets(Buffer.alloc(120)))),
      'notACertificate',
    ],
    ['a truncated certificate', base64(der.subarray(0, 300)), 'notDer'],
    ['bytes behind the certificate', base64(Buffer.concat([der, Buffer.from('trailer')])), 'notDer'],
    ['a .p7b of indefinite length', base64(Buffer.concat([Buffer.from('3080', 'hex'), bundle])), 'notDer'],
    ['lengths of 2^31', base64(Buffer.from('30848000000030', 'hex')), 'notDer'],
    ['ten thousand sequences in each other', base64(nested(10_000)), 'notDer'],
    ['a .p7b of 21 certificates', base64(aCertificateBundle(...Array<Buffer>(21).fill(der))), 'tooMany'],
    ['21 blocks', pem.repeat(21), 'tooMany'],
    ['base64 without an end', base64(base64(base64(base64(base64(oneLine))))), 'notDer'],
  ])('refuses %s by its name', (_, text, code) => {
    expect(codeOf(text)).toBe(code);
  });

  it('answers something to whatever is sent', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.uint8Array({ maxLength: 400 }).map(base64)), (text) => {
        expect(typeof readCertificateContainer(text).ok).toBe('boolean');
      }),
    );
  });

  it('answers something wherever a certificate breaks off, and whichever byte of a .p7b is another', () => {
    for (let end = 0; end < bundle.length; end += 7) {
      const changed = Buffer.from(bundle);
      changed[end] = (changed[end] ?? 0) ^ 0xff;
      expect(typeof readCertificateContainer(base64(changed)).ok).toBe('boolean');
      expect(typeof readCertificateContainer(base64(bundle.subarray(0, end))).ok).toBe('boolean');
    }
  });
});
