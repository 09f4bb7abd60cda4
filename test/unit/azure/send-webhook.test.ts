import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
import { createSendWebhook, type SendWebhookOptions } from '../../../src/azure/send-webhook.ts';
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

const post = { headers: {}, body: '{}', timeoutMs: 5000 };

type Lookup = NonNullable<SendWebhookOptions['lookup']>;

/** Answers every name with these addresses, and counts the questions. */
function resolver(...addresses: readonly string[]): { questions: number; lookup: Lookup } {
  const told = {
    questions: 0,
    lookup: ((_host, _options, callback) => {
      told.questions += 1;
      callback(
        null,
        addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 })),
      );
    }) as Lookup,
  };
  return told;
}

function send(timeoutMs = 5000): Promise<WebhookAnswer> {
  return createSendWebhook({ allowedHosts: ['127.0.0.1'] })({
    url,
    headers: { 'webhook-id': 'e1' },
    body: '{"a":"ü"}',
    timeoutMs,
  });
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

  it('posts nowhere but over https', async () => {
    const sender = createSendWebhook({ allowedHosts: [] });

    await expect(sender({ ...post, url })).rejects.toMatchObject({ code: 'ERR_REQUEST_INVALID' });
    expect(received).toEqual([]);
  });

  it.each([
    [['10.0.0.5']],
    [['169.254.169.254']],
    [['::1']],
    [['::ffff:127.0.0.1']],
    [['::127.0.0.1']],
    [['::a9fe:a9fe']],
    // One good address does not make up for another: which of them is connected to is left to randomness.
    [['93.184.216.34', '127.0.0.1']],
  ])('does not connect to a name that resolves to %j', async (addresses) => {
    const { lookup } = resolver(...addresses);
    const sender = createSendWebhook({ allowedHosts: [], lookup });

    await expect(sender({ ...post, url: 'https://hooks.contoso.com/secret-path' })).rejects.toMatchObject({
      code: 'ERR_REQUEST_INVALID',
      message: 'The name resolves to a private address.',
    });
  });

  it('connects to the address that was judged, and asks for it once', async () => {
    answer = (_request, response) => response.writeHead(204).end();
    const told = resolver('127.0.0.1');
    const sender = createSendWebhook({ allowedHosts: ['hook.localhost'], lookup: told.lookup });

    expect(await sender({ ...post, url: url.replace('127.0.0.1', 'hook.localhost') })).toEqual({ status: 204 });
    expect([told.questions, received.length]).toEqual([1, 1]);
  });

  it('says that a name has no address', async () => {
    const sender = createSendWebhook({ allowedHosts: [], lookup: resolver().lookup });

    await expect(sender({ ...post, url: 'https://hooks.contoso.com/' })).rejects.toThrow('no address');
  });

  it('rejects, and lives on, when a name does not resolve', async () => {
    const lookup: Lookup = (_host, _options, callback) => {
      callback(Object.assign(new Error('ENOTFOUND'), { code: 'ENOTFOUND' }));
    };
    const sender = createSendWebhook({ allowedHosts: [], lookup });

    await expect(sender({ ...post, url: 'https://hooks.contoso.com/' })).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });
});
