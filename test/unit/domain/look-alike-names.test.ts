import { looksOf } from '../../../src/domain/look-alike-names.ts';

function lookAlike(left: string, right: string): boolean {
  return looksOf(left).some((look) => looksOf(right).includes(look));
}

describe('src/domain/look-alike-names', () => {
  it.each([
    ['рау', 'pay'],
    ['РАУ', 'PAY'],
    ['СЕО', 'ceo'],
    ['ΑΝΝΑ', 'ANNA'],
    ['νονο', 'vovo'],
    ['scope', 'ѕсоре'],
    ['CN=ТОМ', 'tom'],
  ])('%s looks like %s', (left, right) => {
    expect(lookAlike(left, right)).toBe(true);
  });

  it.each([
    ['pay', 'play'],
    ['рад', 'pay'],
    ['anna', 'hanna'],
    ['Müller', 'Muller'],
  ])('%s does not look like %s', (left, right) => {
    expect(lookAlike(left, right)).toBe(false);
  });
});
