import fc from 'fast-check';
import { toFileName } from '../../../src/domain/file-name.ts';

describe('src/domain/file-name', () => {
  it.each([
    ['kim.mobileconfig', 'kim.mobileconfig'],
    ['../../etc/passwd', '_.._etc_passwd'],
    ['.profile', 'profile'],
    ['a\r\nSet-Cookie: x', 'a__Set-Cookie_ x'],
    ['name "quoted" \\ <b>', 'name _quoted_ _ _b_'],
    ['gpj.‮exe', 'gpj._exe'],
    ['Müller 😀.zip', 'Müller 😀.zip'],
    ['half \ud83d', 'half _'],
    ['trailing. . ', 'trailing'],
    ['', 'download'],
    ['...', 'download'],
  ])('makes of %j %j', (text, name) => {
    expect(toFileName(text)).toBe(name);
  });

  it('answers a name that can be saved, whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const name = toFileName(text);
        expect(name).toMatch(/^[^\p{C}/\\:*?"<>|]{1,150}$/u);
        expect(() => encodeURIComponent(name)).not.toThrow();
      }),
    );
  });
});
