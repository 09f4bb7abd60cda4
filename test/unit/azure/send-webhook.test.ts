import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sendWebhook } from '../../../src/azure/send-webhook.ts';
import type { WebhookAnswer } from '../../../src/ports/webhooks.ts';

let server: Server;
let url: string;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
const received: { readonly method: string; readonly path: string; readonly id: unknown; readonly body: string }[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request;
      received.push({ method, path, id: headers['webhook-id'], body: Buffer.concat(chunks).toString() });
      answer(request, response);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
});

beforeEach(() => {
  received.length = 0;
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

function send(timeoutMs = 5000): Promise<WebhookAnswer> {
  return sendWebhook({ url, headers: { 'webhook-id': 'e1' }, body: '{"a":"ü"}', timeoutMs });
}

describe('src/azure/send-webhook', () => {
  it('posts the body as it is and answers the status', async () => {
    answer = (_request, response) => response.writeHead(204).end();

    expect(await send()).toEqual({ status: 204 });
    expect(received).toEqual([{ method: 'POST', path: '/hook', id: 'e1', body: '{"a":"ü"}' }]);
  });

  it('passes on Retry-After', async () => {
    answer = (_request, response) => response.writeHead(429, { 'retry-after': '17' }).end('later');

    expect(await send()).toEqual({ status: 429, retryAfter: '17' });
  });

  it('does not follow a redirect', async () => {
    answer = (_request, response) => response.writeHead(307, { location: `${url}/elsewhere` }).end();

    expect(await send()).toEqual({ status: 307 });
    expect(received).toHaveLength(1);
  });

  it('gives up on a receiver that does not answer in time', async () => {
    answer = () => undefined;

    await expect(send(50)).rejects.toThrow(/timeout/i);
  });
});
