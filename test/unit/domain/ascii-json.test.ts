import * as fc from 'fast-check';
import { toAsciiJson } from '../../../src/domain/ascii-json.ts';

describe('src/domain/ascii-json', () => {
  it('returns the same JSON in ASCII', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        const json = toAsciiJson(JSON.stringify(value));

        expect(json).toMatch(/^[\0-\x7f]*$/);
        expect(JSON.stringify(JSON.parse(json))).toBe(JSON.stringify(value));
      }),
    );
  });

  it('keeps a line a line', () => {
    expect(toAsciiJson(JSON.stringify('a\nb\u2028c'))).toBe('"a\\nb\\u2028c"');
  });
});
