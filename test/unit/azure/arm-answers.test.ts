import { classify, classifyError, parseBody, secondsOf } from '../../../src/azure/arm-answers.ts';

function anAnswer(status: number, code: string, retryAfter?: string) {
  return {
    status,
    retryAfter,
    body: { error: { code, message: 'words', details: [{ code: 'Inner', message: 'more words' }] } },
  };
}

describe('src/azure/arm-answers', () => {
  it.each([
    [429, 'SubscriptionRequestsThrottled'],
    [429, 'AnotherOperationInProgress'],
    [503, 'ServerBusy'],
    [412, 'PreconditionFailed'],
    [409, 'RetryableErrorDueToAnotherOperation'],
    [400, 'ReferencedResourceNotProvisioned'],
  ])('calls %i %s busy: to be read again, never resent', (status, code) => {
    expect(classify(anAnswer(status, code, '17'))).toMatchObject({ outcome: 'busy', code, retryAfterSeconds: 17 });
  });

  it('keeps Azure’s own words of a refusal, the details too', () => {
    expect(classify(anAnswer(400, 'InvalidRequestFormat'))).toEqual({
      outcome: 'refused',
      status: 400,
      code: 'InvalidRequestFormat',
      message: 'words Inner: more words',
    });
  });

  it('calls 404 missing, whatever it says', () => {
    expect(classify(anAnswer(404, 'ResourceGroupNotFound'))).toEqual({
      outcome: 'missing',
      code: 'ResourceGroupNotFound',
    });
  });

  it.each([500, 502, 504, 408])('throws %i, so that it is tried again', (status) => {
    expect(() => classify(anAnswer(status, 'Oops'))).toThrow(String(status));
  });

  it('has a code for an answer without one', () => {
    expect(classify({ status: 403, retryAfter: undefined, body: {} })).toMatchObject({
      outcome: 'refused',
      code: 'Http403',
    });
  });

  it('throws on what is no answer of Azure', () => {
    const fault = new Error('socket hang up');

    expect(() => classifyError(fault)).toThrow(fault);
  });

  it.each([
    ['17', 17],
    ['0', 0],
    ['1.2', 2],
    ['', undefined],
    [undefined, undefined],
    ['soon', undefined],
    ['-3', 0],
  ])('reads Retry-After %p as %p', (text, expected) => {
    expect(secondsOf(text)).toBe(expected);
  });

  it('reads a Retry-After that is a date', () => {
    expect(secondsOf('Sun, 01 Mar 2026 12:00:30 GMT', Date.parse('2026-03-01T12:00:00Z'))).toBe(30);
  });

  it('does not break over a body that is no JSON', () => {
    expect(parseBody('<html>gateway timeout</html>')).toEqual({});
    expect(parseBody('[]')).toEqual({});
  });
});
