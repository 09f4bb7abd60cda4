import { classify, operationErrorOf, type RawAnswer, toRead } from '../../../src/azure/arm-answers.ts';

function anAnswer(status: number, body: unknown, more: Partial<RawAnswer> = {}): RawAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { status, text, at: new Date('2026-03-01T12:00:00Z'), ...more };
}

function anError(status: number, code: string, more: Partial<RawAnswer> = {}): RawAnswer {
  return anAnswer(
    status,
    { error: { code, message: 'words', details: [{ code: 'Inner', message: 'more words' }] } },
    more,
  );
}

describe('src/azure/arm-answers', () => {
  it.each([
    [429, 'SubscriptionRequestsThrottled'],
    [429, 'AnotherOperationInProgress'],
    [412, 'PreconditionFailed'],
    [409, 'RetryableErrorDueToAnotherOperation'],
    [400, 'ReferencedResourceNotProvisioned'],
    [500, 'AnotherOperationInProgress'],
  ])('calls %i %s busy: to be read again, never resent', (status, code) => {
    const answer = anError(status, code, { retryAfter: '17' });

    expect(classify(answer)).toMatchObject({ outcome: 'busy', code, retryAfterSeconds: 17 });
  });

  it.each([
    ['details', { details: [{ code: 'AnotherOperationInProgress', message: 'Wait.' }] }],
    ['details of details', { details: [{ code: 'X', details: [{ code: 'AnotherOperationInProgress' }] }] }],
    ['an inner error', { innererror: { code: 'RetryableError' } }],
    ['additional information', { additionalInfo: [{ info: { code: 'AnotherOperationInProgress' } }] }],
  ])('finds the busy code in %s', (_where, more) => {
    expect(classify(anAnswer(400, { error: { code: 'BadRequest', message: 'No.', ...more } }))).toMatchObject({
      outcome: 'busy',
      code: 'BadRequest',
    });
  });

  it('is busy as well in another letter case', () => {
    expect(classify(anAnswer(429, { Error: { Code: 'TooManyRequests', Message: 'Later.' } }))).toMatchObject({
      outcome: 'busy',
      code: 'TooManyRequests',
      message: 'Later.',
    });
  });

  it('keeps Azure’s own words of a refusal, the details too, and its correlation id', () => {
    expect(classify(anError(400, 'InvalidRequestFormat', { correlationId: 'c-1' }))).toEqual({
      outcome: 'refused',
      status: 400,
      code: 'InvalidRequestFormat',
      message: 'words Inner: more words',
      correlationId: 'c-1',
      aboutBody: true,
    });
  });

  it.each([
    [401, { error: { code: 'InvalidAuthenticationToken', message: 'No.' } }, 'InvalidAuthenticationToken'],
    [403, { error: { code: 'AuthorizationFailed', message: 'No.' } }, 'AuthorizationFailed'],
    [403, '<html><body>Forbidden by proxy</body></html>', 'Http403'],
    [405, '', 'Http405'],
    [407, 'Proxy Authentication Required', 'Http407'],
    [409, { error: { code: 'ScopeLocked', message: 'Locked.' } }, 'ScopeLocked'],
    [400, '<html><body>Bad request</body></html>', 'Http400'],
    [400, { error: { code: 'InvalidSubscriptionId', message: 'Malformed.' } }, 'InvalidSubscriptionId'],
  ])('blames the write, not an entry, for %i %p', (status, body, code) => {
    expect(classify(anAnswer(status, body))).toMatchObject({ outcome: 'refused', status, code, aboutBody: false });
  });

  it.each([
    ['ResourceNotFound', 'resource'],
    ['NotFound', 'resource'],
    ['ResourceGroupNotFound', 'resourceGroup'],
    ['SubscriptionNotFound', 'subscription'],
    ['InvalidSubscriptionId', 'subscription'],
  ])('tells by %s what is missing', (code, of) => {
    expect(classify(anError(404, code))).toMatchObject({ outcome: 'missing', code, of });
  });

  it.each([
    ['a proxy’s page', '<html><body>Not Found</body></html>'],
    ['an empty body', ''],
    ['another code', { error: { code: 'InvalidResourceType', message: 'No such type.' } }],
    ['a code that is not Azure’s form', { message: 'nope' }],
  ])('takes a 404 with %s for no absence', (_what, body) => {
    expect(classify(anAnswer(404, body))).toMatchObject({ outcome: 'unavailable', status: 404 });
  });

  it.each([500, 502, 503, 504, 408, 302])('calls %i unavailable, in the words that it came with', (status) => {
    expect(classify(anError(status, 'Oops', { retryAfter: '30', correlationId: 'c-2' }))).toEqual({
      outcome: 'unavailable',
      status,
      code: 'Oops',
      message: 'words Inner: more words',
      retryAfterSeconds: 30,
      correlationId: 'c-2',
    });
  });

  it('calls it unavailable when nothing came at all', () => {
    const answer = { status: 0, text: '', fault: 'Azure could not be reached: ECONNRESET.', at: new Date() };

    expect(classify(answer)).toMatchObject({
      outcome: 'unavailable',
      status: 0,
      code: 'noAnswer',
      message: answer.fault,
    });
  });

  it('has words for an answer without any', () => {
    expect(classify(anAnswer(403, ''))).toMatchObject({ code: 'Http403', message: 'Azure answered 403.' });
  });

  it.each([
    ['null', 'null'],
    ['nothing', ''],
    ['an empty object', '{}'],
    ['a list', '[]'],
    ['a page', '<html><body>Sign in</body></html>'],
    ['no properties', '{"id":"/subscriptions/s","name":"x"}'],
  ])('does not take a 200 with %s for a resource', (_what, body) => {
    expect(toRead(anAnswer(200, body))).toMatchObject({ outcome: 'unavailable', code: 'unreadableAnswer' });
  });

  describe('of an operation', () => {
    it('reads how it failed, details and all', () => {
      const body = {
        status: 'Failed',
        error: { code: 'A', message: 'See.', details: [{ code: 'B', message: 'Entry x.' }] },
      };

      expect(operationErrorOf(anAnswer(200, body, { correlationId: 'c-3' }))).toEqual({
        code: 'A',
        message: 'See. B: Entry x.',
        aboutBody: true,
        correlationId: 'c-3',
      });
    });

    it('blames no entry for one that was superseded or canceled', () => {
      const canceled = { status: 'Canceled', error: { code: 'Canceled', message: 'Stopped.' } };
      const superseded = {
        status: 'Failed',
        error: { code: 'Canceled', details: [{ code: 'CanceledAndSupersededDueToAnotherOperation' }] },
      };

      expect(operationErrorOf(anAnswer(200, canceled))).toMatchObject({ code: 'Canceled', aboutBody: false });
      expect(operationErrorOf(anAnswer(200, superseded))).toMatchObject({ aboutBody: false });
    });

    it('has words where Azure has none', () => {
      expect(operationErrorOf(anAnswer(200, { status: 'Failed' }))).toMatchObject({
        code: 'Failed',
        message: 'Azure ended the operation as Failed.',
      });
    });

    it.each([
      [200, { status: 'Succeeded' }],
      [200, { status: 'InProgress' }],
      [200, 'null'],
      [404, { error: { code: 'OperationNotFound', message: 'Gone.' } }],
    ])('says nothing of %i %p', (status, body) => {
      expect(operationErrorOf(anAnswer(status, body))).toBeUndefined();
    });
  });
});
