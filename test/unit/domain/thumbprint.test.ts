import fc from 'fast-check';
import { parseThumbprint } from '../../../src/domain/thumbprint.ts';

const canonical = '51AB1EDD8DA4CFED77E20061C5EB6D2EF2F778C7';

describe('src/domain/thumbprint', () => {
  it.each([
    ['as it is', canonical],
    ['in lower case', canonical.toLowerCase()],
    ['with colons', (canonical.match(/../g) ?? []).join(':')],
    ['with spaces around and within', ` ${(canonical.match(/../g) ?? []).join(' ')}\n`],
    ['with the mark that the Windows dialogue puts in front', `\u200e${canonical}`],
  ])('reads a thumbprint %s', (_, text) => {
    expect(parseThumbprint(text)).toBe(canonical);
  });

  it.each([
    ['nothing', ''],
    ['39 digits', canonical.slice(1)],
    ['41 digits', `${canonical}0`],
    ['a letter beyond F', canonical.replace('5', 'G')],
    ['SHA-256', canonical + canonical.slice(0, 24)],
    ['a 0x before it', `0x${canonical}`],
    ['digits of another script', canonical.replace('5', '\u0665')],
    ['a long text of blanks', `${canonical}${' '.repeat(100_000)}`],
  ])('refuses %s', (_, text) => {
    expect(parseThumbprint(text)).toBeUndefined();
  });

  it('returns the same for its own result', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), (bytes) => {
        const thumbprint = parseThumbprint(Buffer.from(bytes).toString('hex'));
        expect(thumbprint).toBe(Buffer.from(bytes).toString('hex').toUpperCase());
        expect(parseThumbprint(thumbprint ?? '')).toBe(thumbprint);
      }),
    );
  });
});
