import { cutText, cutTexts, wordsLengthMax } from '../../../src/domain/cut-text.ts';

const long = 'x'.repeat(64 * 1024);

describe('src/domain/cut-text', () => {
  it('leaves a text that fits as it is', () => {
    const text = 'a'.repeat(wordsLengthMax);

    expect(cutText(text)).toBe(text);
  });

  it('cuts a longer one to the limit, and says how long it was', () => {
    const cut = cutText(long);

    expect(cut).toHaveLength(wordsLengthMax);
    expect(cut).toMatch(/^x+… \(cut, 65536 characters\)$/);
    expect(cutText(cut)).toBe(cut);
  });

  it.each([100, 101, 102, 103])('leaves no half of a character at %i', (lengthMax) => {
    const cut = cutText('\u{1f600}'.repeat(1000), lengthMax);

    expect(cut.length).toBeLessThanOrEqual(lengthMax);
    expect(cut).not.toMatch(/\p{Surrogate}/u);
  });

  it('cuts every text of a value, however deep', () => {
    const cut = cutTexts({ a: [long, 1, null], b: { c: long }, d: 'short' }, 100);

    expect(cut).toEqual({
      a: [expect.stringMatching(/^x{1,100}…/), 1, null],
      b: { c: expect.stringMatching(/^x{1,100}…/) as string },
      d: 'short',
    });
    expect(JSON.stringify(cut).length).toBeLessThan(300);
  });
});
