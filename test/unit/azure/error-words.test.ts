import { readErrorWords } from '../../../src/azure/error-words.ts';

const read = (body: unknown): ReturnType<typeof readErrorWords> => readErrorWords(JSON.stringify(body));

describe('src/azure/error-words', () => {
  it.each([
    ['ARM’s envelope', { error: { code: 'Outer', message: 'Words.' } }],
    ['another letter case', { Error: { Code: 'Outer', Message: 'Words.' } }],
    ['top level', { code: 'Outer', message: 'Words.' }],
    ['top level in another letter case', { Code: 'Outer', Message: 'Words.' }],
    ['OData', { 'odata.error': { code: 'Outer', message: { lang: 'en-us', value: 'Words.' } } }],
    ['OAuth', { error: 'Outer', error_description: 'Words.' }],
    ['an operation’s status', { status: 'Failed', error: { code: 'Outer', message: 'Words.', details: [] } }],
    [
      'a whole error where the sentence belongs',
      { error: { message: '{"error":{"code":"Outer","message":"Words."}}' } },
    ],
  ])('reads %s', (_form, body) => {
    const words = read(body);

    expect(words.code).toBe('Outer');
    expect(words.message).toContain('Words.');
  });

  it('keeps code and words of details and inner errors at every level, each once', () => {
    const words = read({
      error: {
        code: 'Outer',
        message: 'See details.',
        details: [{ code: 'Inner', message: 'Root one is not valid.', target: 'x', details: [{ code: 'Innermost' }] }],
        innererror: { code: 'Deep', message: 'Because of that.', innerError: { code: 'Deeper', message: 'And that.' } },
        additionalInfo: [{ type: 'Any', info: { code: 'InInfo', message: 'More.' } }, { type: 'Any' }],
      },
    });

    expect(words.codes).toEqual(['Outer', 'Inner', 'Innermost', 'Deep', 'Deeper', 'InInfo']);
    expect(words.message).toBe(
      'See details. Inner: Root one is not valid. Innermost: Deep: Because of that. Deeper: And that. InInfo: More.',
    );
  });

  it('names the policy that forbids it', () => {
    const { code, message } = read({
      error: {
        code: 'RequestDisallowedByPolicy',
        message: "Resource 'gw' was disallowed by policy.",
        additionalInfo: [
          {
            type: 'PolicyViolation',
            info: {
              policyDefinitionDisplayName: 'No public gateways',
              policyAssignmentDisplayName: 'Landing zone',
              policyAssignmentId: '/providers/x',
              evaluationDetails: { evaluatedExpressions: [{ expression: 'type' }] },
            },
          },
        ],
      },
    });

    expect(code).toBe('RequestDisallowedByPolicy');
    expect(message).toContain('No public gateways, Landing zone');
  });

  it('shows a proxy’s page as a person sees it, without a code', () => {
    const page =
      '<!DOCTYPE html><html><head><title>x</title><style>p{color:red}</style></head><body><h1>403&nbsp;Forbidden</h1>' +
      '<p class="a">Blocked by <b>corporate</b> policy</p></body></html>';

    expect(readErrorWords(page)).toEqual({
      code: '',
      message: '403 Forbidden Blocked by corporate policy',
      codes: [],
    });
  });

  it.each([
    ['a sentence', 'upstream connect error', 'upstream connect error'],
    ['an error that is a sentence', '{"error":"token expired"}', 'token expired'],
    ['a JSON sentence', '"No."', 'No.'],
    ['nothing', '', ''],
    ['null', 'null', ''],
    ['an empty object', '{}', ''],
    ['odd fields', '{"error":{"code":5,"message":[1],"details":"none","innererror":null}}', 'none'],
  ])('takes %s as it is', (_what, body, message) => {
    expect(readErrorWords(body)).toMatchObject({ code: '', message });
  });

  it('keeps what stands in angle brackets in Azure’s own sentences', () => {
    expect(read({ error: { code: 'A', message: 'Resource <subnet> is gone.' } }).message).toBe(
      'Resource <subnet> is gone.',
    );
  });

  it('cuts what is long, deep or wide', () => {
    const deep = (levels: number): object =>
      levels === 0 ? { code: 'Bottom' } : { code: `L${levels}`, innererror: deep(levels - 1) };

    expect(read({ error: { code: 'A', message: 'x'.repeat(65_536) } }).message.length).toBeLessThanOrEqual(4001);
    expect(read({ error: deep(2000) }).codes.length).toBeLessThan(20);
    expect(read({ error: { code: 'A', details: new Array(10_000).fill({ code: 'B' }) } }).codes).toEqual(['A', 'B']);
  });

  it('takes signatures out of the addresses that Azure names', () => {
    const url =
      'https://management.azure.com/subscriptions/s/providers/Microsoft.Network/locations/westeurope/operations/one';
    const { message } = read({
      error: {
        code: 'AnotherOperationInProgress',
        message: `To retrieve status use uri: ${url}?api-version=1&t=2&s=SECRET.`,
      },
    });

    expect(message).toContain(url);
    expect(message).not.toContain('SECRET');
  });
});
