import { comparableName } from '../../../src/domain/session-name.ts';

describe('comparableName', () => {
  it.each([
    ['letter case', 'Kim Laptop', 'kim laptop'],
    ['CN= before it', 'CN=kim@contoso.com', 'kim@contoso.com'],
    ['CN = with blanks', 'cn = Kim@contoso.com', 'kim@contoso.com'],
    ['full-width letters', 'ｋｉｍ', 'kim'],
    ['a ligature', 'oﬃce', 'office'],
    ['sharp s and SS', 'straße', 'STRASSE'],
    ['composed and decomposed marks', 'Mu\u0308ller', 'MÜLLER'],
    ['a no-break space', 'kim\u00a0laptop', 'kim laptop'],
    ['a final sigma', 'ΝΙΚΟΣ', 'νικος'],
  ])('takes names that differ by %s for the same', (_what, left, right) => {
    expect(comparableName(left)).toBe(comparableName(right));
  });

  it.each([
    ['kim', 'kin'],
    ['kim laptop', 'kim  laptop'],
    ['anne', 'ann'],
    ['CNN=kim', 'kim'],
  ])('keeps %s and %s apart', (left, right) => {
    expect(comparableName(left)).not.toBe(comparableName(right));
  });
});
