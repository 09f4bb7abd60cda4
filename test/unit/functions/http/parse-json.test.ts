import fc from 'fast-check';
import { type ParsedJson, parseJson } from '../../../../src/functions/http/parse-json.ts';

function parse(text: string | Uint8Array): ParsedJson {
  return parseJson(typeof text === 'string' ? Buffer.from(text, 'utf8') : text);
}

function codesOf(parsed: ParsedJson): readonly string[] {
  return parsed.outcome === 'refused' ? parsed.problems.map(({ code, path }) => `${code} ${path}`) : [];
}

function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth);
}

describe('src/functions/http/parse-json', () => {
  it('reads every JSON value that JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false, maxDepth: 10 }), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!/__proto__|constructor|prototype/.test(text) && !/\\ud[89a-f]/i.test(text));
        expect(parse(text)).toEqual({ outcome: 'parsed', value: JSON.parse(text) as unknown });
      }),
    );
  });

  it('refuses whatever JSON.parse refuses, and never throws or quotes the body', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const parsed = parseJson(bytes);
        if (parsed.outcome === 'parsed') {
          expect(parsed.value).toEqual(
            JSON.parse(
              Buffer.from(bytes)
                .toString('utf8')
                .replace(/^\ufeff/, ''),
            ),
          );
        }
      }),
    );
    expect(JSON.stringify(parse('{"password": "hunter2" oops'))).not.toContain('hunter2');
  });

  it.each([
    ['a comment', '{"a": 1 /* why */}'],
    ['a trailing comma', '[1,]'],
    ['two values', '{} {}'],
    ['nothing but blanks', '  '],
    ['single quotes', "{'a': 1}"],
    ['NaN', '{"a": NaN}'],
    ['a raw control character in a string', '"a\u0001"'],
    ['an open string', '"abc'],
    ['UTF-16', '\u0000{\u0000}'],
  ])('refuses %s', (_name, text) => {
    expect(codesOf(parse(text))).toEqual(['invalidJson ']);
  });

  it('says where the syntax breaks', () => {
    const parsed = parse('{\n  "a": 1,\n  "b" 2\n}');

    expect(parsed).toMatchObject({ problems: [{ message: expect.stringMatching(/line 3, column \d+/) as string }] });
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(codesOf(parse(Buffer.from([0x22, 0xc3, 0x28, 0x22])))).toEqual(['invalidUtf8 ']);
    expect(codesOf(parse(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])))).toEqual(['invalidUtf8 ']);
  });

  it.each([
    [64, true],
    [65, false],
    [10_000, false],
    [500_000, false],
  ])('judges a depth of %i', (depth, isRead) => {
    expect(parse(nested(depth)).outcome).toBe(isRead ? 'parsed' : 'refused');
  });

  it('does not count brackets inside strings', () => {
    expect(parse(JSON.stringify({ a: `"\\${'['.repeat(1000)}` })).outcome).toBe('parsed');
  });

  it('reports every name that is there twice, each with its place', () => {
    const parsed = parse('{"a": 1, "b": {"c": 1, "c": 2}, "\\u0061": 3, "l": [{"d": 1}, {"d": 1, "d": 2}]}');

    expect(codesOf(parsed)).toEqual(['duplicateField /b/c', 'duplicateField /a', 'duplicateField /l/1/d']);
  });

  it.each(['__proto__', 'constructor', 'prototype'])('refuses the name %s at any depth', (name) => {
    expect(codesOf(parse(`{"a": {"${name}": {"isAdmin": true}}}`))).toEqual([`forbiddenField /a/${name}`]);
    expect(({} as Record<string, unknown>)['isAdmin']).toBeUndefined();
  });

  it('refuses half of a surrogate pair in names and values', () => {
    expect(codesOf(parse('{"a": "\\ud800", "\\udfff": 1, "b": "\\ud83d\\ude00"}'))).toEqual([
      'invalidText /a',
      'invalidText /\ufffd',
    ]);
  });

  it('bounds what it reports', () => {
    const parsed = parse(`{${Array.from({ length: 5000 }, () => '"a": 1').join(',')}}`);

    expect(codesOf(parsed)).toHaveLength(100);
  });

  it('takes hostile megabytes in passing', () => {
    const hostile = [`"${'a'.repeat(50_000)}!"`, `"${'\\n'.repeat(400_000)}"`, `[${'1,'.repeat(400_000)}1]`];

    for (const text of hostile) expect(parse(text).outcome).toBe('parsed');
  });
});
