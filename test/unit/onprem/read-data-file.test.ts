import { readDataFile } from '../../../src/onprem/read-data-file.ts';
import { aRootCertificate } from '../../support/builders/a-certificate.ts';

const certificate = Buffer.from(aRootCertificate().der).toString('base64');
const pem = `-----BEGIN CERTIFICATE-----\n${certificate.replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----`;
const endpoint = 'https://wap1.contoso.com:40005';
const realm = 'https://adfs.azurestack.local/adfs';

const json = JSON.stringify({
  Settings: [{ AzurePackConnectorEndpoint: endpoint, Realm: realm, Certificate: certificate }],
});
const xml = `<?xml version="1.0"?><Data><AzurePackConnectorEndpoint>${endpoint}</AzurePackConnectorEndpoint><Sts Realm="${realm}"/><Signing>${certificate}</Signing></Data>`;
const lines = `AzurePackConnectorEndpoint : ${endpoint}\r\nAuthenticationRealm = "${realm}"\r\nSigningCertificate : ${certificate}\r\n`;

function utf16(text: string): Uint8Array {
  return Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
}

describe('src/onprem/read-data-file', () => {
  it.each<[string, Uint8Array]>([
    ['JSON', Buffer.from(json)],
    ['JSON with a byte order mark', Buffer.from(`\u{feff}${json}`)],
    ['JSON in UTF-16', utf16(json)],
    ['XML', Buffer.from(xml)],
    ['XML in UTF-16', utf16(xml)],
    ['lines', Buffer.from(lines)],
    ['lines in UTF-16', utf16(lines)],
  ])('reads %s', (_what, bytes) => {
    expect(readDataFile(bytes)).toEqual({
      outcome: 'read',
      file: { endpoint, realm, signingCertificate: certificate },
    });
  });

  it('reads a certificate that is PEM', () => {
    const text = JSON.stringify({ AzurePackConnectorEndpoint: endpoint, Realm: realm, Certificate: pem });

    expect(readDataFile(Buffer.from(text))).toMatchObject({ outcome: 'read', file: { signingCertificate: pem } });
  });

  it.each<[string, Uint8Array, string]>([
    ['nothing', Buffer.alloc(0), 'empty'],
    ['white space', Buffer.from(' \r\n\t'), 'empty'],
    ['a byte order mark only', Buffer.from([0xff, 0xfe]), 'empty'],
    ['too much', Buffer.alloc(18_001, 0x20), 'tooLarge'],
    ['a web page', Buffer.from('<!DOCTYPE html><p>Sign in</p>'), 'html'],
    ['a web page in capitals', Buffer.from('\r\n<HTML><p>Sign in</p></HTML>'), 'html'],
    ['words', Buffer.from('Access denied.'), 'notADataFile'],
    ['random bytes', Buffer.from(Array.from({ length: 4000 }, (_, index) => (index * 7919) % 256)), 'notADataFile'],
    ['broken XML', Buffer.from(xml.slice(0, 200)), 'notADataFile'],
    ['deep JSON', Buffer.from('['.repeat(18_000)), 'notADataFile'],
    ['deep JSON that is whole', Buffer.from('['.repeat(8_900) + ']'.repeat(8_900)), 'notADataFile'],
    ['JSON null', Buffer.from('null'), 'notADataFile'],
    ['an endpoint without TLS', Buffer.from(json.replace('https://wap1', 'http://wap1')), 'notADataFile'],
    ['a realm that is no address', Buffer.from(json.replace(realm, 'adfs')), 'notADataFile'],
    ['no certificate', Buffer.from(json.replace(certificate, 'none')), 'notADataFile'],
  ])('refuses %s', (_what, bytes, reason) => {
    expect(readDataFile(bytes)).toMatchObject({ outcome: 'refused', reason });
  });

  it.each([
    ['spaces in a value', `a:${' '.repeat(17_900)}x`],
    ['spaces before a colon', `a${' '.repeat(17_900)}x`],
    ['letters', 'a'.repeat(17_900)],
    ['base64 that does not end', `a:${'A '.repeat(8_900)}!`],
    ['XML entities', `<!DOCTYPE a [<!ENTITY b "${'x'.repeat(1000)}">]><a>${'&b;'.repeat(5000)}</a>`],
  ])('is soon done with %s', (_what, text) => {
    const before = process.cpuUsage();

    expect(readDataFile(Buffer.from(text)).outcome).toBe('refused');

    // Of this process alone: what else the machine does must not count.
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(2000);
  });
});
