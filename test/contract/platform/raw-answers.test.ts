/**
 * Answers that are sent as they stand: what the services' clients may meet is not limited to what the services would
 * say.
 */
import type { RawAnswer } from '../../../sandbox/platform/faults.ts';
import { type RunningService, startHttpsService } from '../../../sandbox/platform/https-service.ts';
import { requestOver } from '../../support/https-request.ts';
import { createTestHost, type TestHost } from '../../support/service-host.ts';

let test: TestHost;
let service: RunningService;
let handled: string[] = [];

beforeAll(async () => {
  test = await createTestHost();
  service = await startHttpsService(
    {
      ...test.host,
      name: 'arm',
      errorBody: (code, message) => ({ error: { code, message } }),
      handle: ({ method }) => {
        handled.push(method);
        return Promise.resolve({ status: 201, body: { handled: true } });
      },
    },
    0,
  );
});

afterAll(async () => {
  await service.close();
  test.close();
});

beforeEach(() => {
  handled = [];
});

function ask(answer: RawAnswer) {
  test.host.faults.add({ service: 'arm', method: 'PUT', path: '/thing', times: 1, then: answer });
  return requestOver(service.url, { method: 'PUT', path: '/thing', ca: test.ca, body: '{}' });
}

describe('sandbox/platform: a raw answer', () => {
  it.each([
    ['JSON', { Error: { Code: 'Odd' } }, '{"Error":{"Code":"Odd"}}'],
    ['null', null, 'null'],
    ['text', '<html>Our services are not available</html>', '<html>Our services are not available</html>'],
    ['text that is no JSON', '{"error":', '{"error":'],
    ['an empty text', '', ''],
    ['nothing', undefined, ''],
  ])('has %s for a body, and no type unless one is given', async (_what, body, text) => {
    const answer = await ask({ status: 404, ...(body === undefined ? {} : { body }) });

    expect([answer.status, answer.text, answer.headers['content-type']]).toEqual([404, text, undefined]);
  });

  it('has the headers that are given', async () => {
    const headers = { 'Content-Type': 'text/html', 'Retry-After': 'soon', Location: 'https://elsewhere.example/x' };

    const answer = await ask({ status: 202, headers, body: '' });

    expect(answer).toMatchObject({
      status: 202,
      headers: { 'content-type': 'text/html', 'retry-after': 'soon', location: 'https://elsewhere.example/x' },
    });
  });

  it('keeps the request from the service, and only as often as asked', async () => {
    await ask({ status: 200, body: { handled: false } });
    expect(handled).toEqual([]);

    const next = await requestOver(service.url, { method: 'PUT', path: '/thing', ca: test.ca, body: '{}' });

    expect([next.status, handled]).toEqual([201, ['PUT']]);
  });
});
