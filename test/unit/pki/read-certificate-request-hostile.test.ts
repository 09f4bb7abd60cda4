// Goal: nothing that is not a whole, untouched request gets through, and nothing throws.
// Method: one good request, cut at each byte, with each bit turned over, with bytes added, and made of noise.

import fc from 'fast-check';
import { readCertificateRequest } from '../../../src/pki/read-certificate-request.ts';
import { aCertificateRequest, anExtensionRequest } from '../../support/builders/a-certificate-request.ts';
import { der, extension, sequence } from '../../support/builders/der.ts';

const good = aCertificateRequest({ attributes: [anExtensionRequest(extension('2.5.29.17', sequence()))] });

function isAccepted(bytes: Uint8Array): boolean {
  return readCertificateRequest(Buffer.from(bytes).toString('base64')).ok;
}

describe('src/pki/read-certificate-request (hostile)', () => {
  it('accepts the request that the others are made from', () => {
    expect(isAccepted(good)).toBe(true);
  });

  it('refuses it cut off at each byte', () => {
    const accepted = Array.from({ length: good.length }, (_, length) => length).filter((length) =>
      isAccepted(good.subarray(0, length)),
    );
    expect(accepted).toEqual([]);
  });

  it('refuses it with any bit turned over', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: good.length * 8 - 1 }), (bit) => {
        const changed = Buffer.from(good);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(isAccepted(changed)).toBe(false);
      }),
      { numRuns: 1500 },
    );
  });

  it('refuses it with bytes after it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 16 }), (tail) => {
        expect(isAccepted(Buffer.concat([good, tail]))).toBe(false);
      }),
    );
  });

  it('refuses it with a part taken out or doubled', () => {
    const place = fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 1, max: 40 }));
    fc.assert(
      fc.property(place, fc.boolean(), ([start, length], isDoubled) => {
        const part = good.subarray(start, start + length);
        const rest = [good.subarray(0, start), ...(isDoubled ? [part, part] : []), good.subarray(start + length)];
        expect(isAccepted(Buffer.concat(rest))).toBe(false);
      }),
    );
  });

  it('refuses any other text without throwing', () => {
    const text = fc.oneof(fc.string(), fc.base64String(), fc.string({ unit: 'binary' }), fc.json());
    fc.assert(
      fc.property(text, (anything) => {
        expect(readCertificateRequest(anything).ok).toBe(false);
      }),
    );
  });

  it('refuses nesting 10,000 deep, as far as it fits, at once', () => {
    let nested: Buffer = Buffer.alloc(0);
    while (nested.length < 12_000) nested = sequence(nested);
    expect(isAccepted(nested)).toBe(false);
  });

  it('refuses a request that holds hostile structures in each of its places', () => {
    const places = [
      sequence(),
      sequence(sequence()),
      der(0x05),
      der(0x02, Buffer.of(0)),
      der(0xa0),
      der(0x03, Buffer.of(0)),
    ];
    const requests = places.flatMap((place) => [
      sequence(place),
      sequence(place, place, place),
      sequence(sequence(place, place, place, place), place, place),
      aCertificateRequest({ spki: place }),
      aCertificateRequest({ algorithm: place }),
    ]);
    expect(requests.filter(isAccepted)).toEqual([]);
    // What is asked for has no part in the certificate, whatever it is made of.
    const asking = places.flatMap((place) => [
      aCertificateRequest({ attributes: [place] }),
      aCertificateRequest({ attributes: [anExtensionRequest(place)] }),
    ]);
    expect(asking.filter(isAccepted)).toEqual(asking);
  });

  it.each([
    '-----BEGIN CERTIFICATE REQUEST-----'.repeat(400),
    '-'.repeat(16_000),
    'A'.repeat(16_000),
    '\u00a0'.repeat(16_000),
  ])('refuses repetitive text quickly', (text) => {
    expect(readCertificateRequest(text).ok).toBe(false);
  });
});
