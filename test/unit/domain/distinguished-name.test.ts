import fc from 'fast-check';
import { checkNameText, checkSubjectName, uniqueCommonName } from '../../../src/domain/distinguished-name.ts';

function codesOf(text: string): readonly string[] {
  return checkNameText(text, '/commonName').map(({ code }) => code);
}

describe('src/domain/distinguished-name', () => {
  it.each([
    'alice',
    'alice.0a1b2c3d@contoso.com',
    "o'brien+vpn@contoso.com",
    'Contoso Zürich (Netz) & Söhne',
    'Иван Петров',
    'иван.0a1b2c3d@contoso.com',
    '山田太郎',
    'x'.repeat(64),
    '\u{20000}'.repeat(64),
  ])('accepts the name %s', (text) => {
    expect(codesOf(text)).toEqual([]);
  });

  it.each([
    ['an empty name', '', 'nameBlank'],
    ['only blanks', '   ', 'nameBlank'],
    ['65 characters', 'x'.repeat(65), 'nameTooLong'],
    ['a megabyte', 'x'.repeat(1_000_000), 'nameTooLong'],
    ['half a surrogate pair', 'alice\ud800', 'nameUnpairedSurrogate'],
    ['NUL', 'alice\0', 'nameControlCharacter'],
    ['a line break', 'alice\r\nSet-Cookie: x', 'nameControlCharacter'],
    ['a tab', 'al\tice', 'nameControlCharacter'],
    ['an ANSI escape', 'al\u001b[31mice', 'nameControlCharacter'],
    ['a line separator', 'al\u2028ice', 'nameControlCharacter'],
    ['a direction override', 'alice\u202egpj', 'nameBidirectional'],
    ['a zero-width space', 'ali\u200bce', 'nameInvisible'],
    ['a soft hyphen', 'ali\u00adce', 'nameInvisible'],
    ['a Hangul filler', 'ali\u3164ce', 'nameInvisible'],
    ['a leading blank', ' alice', 'nameOuterBlank'],
    ['a no-break space at the end', 'alice\u00a0', 'nameOuterBlank'],
    ['NFD', 'Zu\u0308rich', 'nameNotNormalized'],
    ['a wildcard', '*.corp', 'nameCharacter'],
    ['a path', 'a/../b', 'nameCharacter'],
    ['a Windows path', 'CONTOSO\\alice', 'nameCharacter'],
    ['an encoded path', 'a%2e%2e%2f', 'nameCharacter'],
    ['characters that table keys may not have', 'a#b?c', 'nameCharacter'],
    ['markup', 'a<script>', 'nameCharacter'],
    ['a template', 'a{{7*7}}', 'nameCharacter'],
    ['an emoji', 'alice 😀', 'nameCharacter'],
    ['a formula', '=cmd', 'nameFirstCharacter'],
    ['a formula with +', '+1', 'nameFirstCharacter'],
    ['a formula with @', '@SUM', 'nameFirstCharacter'],
    ['an OData quote', "' or PartitionKey ne '", 'nameFirstCharacter'],
    ['Latin mixed with Cyrillic', '\u0430dmin', 'nameMixedScripts'],
    ['Latin mixed with Greek in one word of many', 'the r\u03bfot user', 'nameMixedScripts'],
  ])('refuses %s', (_, text, code) => {
    expect(codesOf(text)).toContain(code);
  });

  it('reports each fault once, with path, message and fix', () => {
    const problems = checkNameText(' a\u200bb', '/subject/commonName');

    expect(problems.map(({ code }) => code)).toEqual(['nameInvisible', 'nameOuterBlank']);
    expect(
      problems.every(({ path, message, fix }) => path === '/subject/commonName' && message !== '' && fix !== ''),
    ).toBe(true);
  });

  it('reports the problems of every attribute of a subject', () => {
    const problems = checkSubjectName(
      { commonName: '', organization: 'x\0', organizationalUnit: 'ok', country: 'nl' },
      '/subject',
    );

    expect(problems.map(({ path, code }) => `${path} ${code}`)).toEqual([
      '/subject/commonName nameBlank',
      '/subject/organization nameControlCharacter',
      '/subject/country countryCode',
    ]);
  });

  it('accepts any text without throwing, and nothing that is not NFC', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
        const isAccepted = checkNameText(text, '').length === 0;
        expect(isAccepted && text !== text.normalize('NFC')).toBe(false);
      }),
    );
  });

  describe('uniqueCommonName', () => {
    it('puts the token before the domain', () => {
      expect(uniqueCommonName('Alice@Contoso.com', '0a1b2c3d')).toBe('Alice.0a1b2c3d@contoso.com');
    });

    it('cuts a long local part to stay within 64 characters', () => {
      const name = uniqueCommonName(`${'a'.repeat(64)}@contoso.com`, '0a1b2c3d');

      expect(name).toHaveLength(64);
      expect(name?.endsWith('.0a1b2c3d@contoso.com')).toBe(true);
    });

    it('replaces marks that a subject may not hold', () => {
      expect(uniqueCommonName('#a/b=c@contoso.com', '0a1b2c3d')).toBe('a-b-c.0a1b2c3d@contoso.com');
    });

    it('never ends the local part with a dot before the token', () => {
      expect(uniqueCommonName(`${'a'.repeat(42)}.b@contoso.com`, '0a1b2c3d')).toBe(
        `${'a'.repeat(42)}.0a1b2c3d@contoso.com`,
      );
    });

    it.each([
      ['no address', 'alice', '0a1b2c3d'],
      ['two signs', 'a@b@c', '0a1b2c3d'],
      ['no room beside the domain', `a@${'d'.repeat(54)}`, '0a1b2c3d'],
      ['a token in upper case', 'a@b.nl', '0A1B2C3D'],
      ['a short token', 'a@b.nl', '0a1b2c3'],
      ['a domain with a control character', 'a@b\u0000.nl', '0a1b2c3d'],
    ])('refuses %s', (_, email, token) => {
      expect(uniqueCommonName(email, token)).toBeUndefined();
    });

    it('gives only names that pass the checks', () => {
      fc.assert(
        fc.property(fc.emailAddress(), (email) => {
          const name = uniqueCommonName(email, 'deadbeef');
          expect(name === undefined ? [] : codesOf(name)).toEqual([]);
        }),
      );
    });
  });
});
