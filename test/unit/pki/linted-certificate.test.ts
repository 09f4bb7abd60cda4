import { type LintedCertificate, passClientCertificate } from '../../../src/pki/linted-certificate.ts';
import { readCertificate } from '../../../src/pki/read-certificate.ts';
import type { CertificateRecord } from '../../../src/stores/records/certificates.ts';
import { aClientCertificate, aRootCertificate } from '../../support/builders/a-certificate.ts';

const root = aRootCertificate();
const client = aClientCertificate({}, { root });
const options = { root: root.der, expected: client.fields };

/** What only a release may do: it takes what the lint gave. */
function release(certificate: LintedCertificate): string {
  return certificate.thumbprint;
}

describe('src/pki/linted-certificate', () => {
  it('gives a certificate that the lint passes what releases it', () => {
    const answer = passClientCertificate(client.der, options);

    const reading = readCertificate(client.der);
    expect(answer.ok && reading.ok && release(answer.certificate)).toBe(reading.ok && reading.certificate.thumbprint);
    expect(answer.ok && Buffer.from(answer.certificate.oneLineBase64, 'base64').equals(Buffer.from(client.der))).toBe(
      true,
    );
  });

  it.each([
    [
      'whose signature is wrong',
      Buffer.from(client.der.map((byte, at) => (at === client.der.length - 1 ? byte ^ 1 : byte))),
    ],
    ['that is cut', client.der.subarray(0, -1)],
  ])('gives nothing to one %s', (_what, der) => {
    const answer = passClientCertificate(der, options);

    expect(answer).toMatchObject({ ok: false });
    expect(!answer.ok && answer.problems.length).toBeGreaterThan(0);
  });

  it('cannot be made by hand: whatever has its fields is not of its type', () => {
    const forged = { der: client.der, thumbprint: 'by hand', oneLineBase64: '' };

    // @ts-expect-error -- the type check is the test: no lint has passed it
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- the lint rule refuses it as well
    expect(release(forged)).toBe('by hand');
  });

  it('is what the row of a released certificate takes, and no other text', () => {
    const answer = passClientCertificate(client.der, options);
    if (!answer.ok) throw new Error('The lint refuses its own example.');
    const kept: Pick<CertificateRecord, 'certificate'> = { certificate: answer.certificate.oneLineBase64 };
    const text = Buffer.from(client.der).toString('base64');
    // @ts-expect-error -- the type check is the test: the very bytes, but no lint has passed them
    const slipped: Pick<CertificateRecord, 'certificate'> = { certificate: text };

    expect(kept).toEqual(slipped);
  });
});
