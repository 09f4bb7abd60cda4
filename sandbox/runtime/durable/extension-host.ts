import { existsSync, readFileSync } from 'node:fs';
import { request as sendRequest } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import type { HostRequest, HostResponse } from '../http/messages.ts';
import { empty } from '../http/messages.ts';
import type { DurableHost } from './durable-host.ts';

const clientSchema = z.object({ rpcBaseUrl: z.url() });
const lookMs = 50;

/**
 * The real Durable Task extension, in a process of its own. It writes the JSON of the client's binding to a file each
 * time that it has started, and has the application's functions run by invocations.
 */
export function createExtensionHost(clientFile: string): DurableHost {
  return {
    clientJson: () => readFileSync(clientFile, 'utf8'),
    manage: (request) =>
      forward(new URL(clientSchema.parse(JSON.parse(readFileSync(clientFile, 'utf8'))).rpcBaseUrl), request),
    resume: async () => {
      while (!existsSync(clientFile)) await new Promise((resolve) => setTimeout(resolve, lookMs));
    },
    // It is told to end by whoever started it.
    stop: () => undefined,
  };
}

/** Hands a request on as it came: the extension makes the URLs of its answers from the host that the caller used. */
async function forward(extension: URL, { method, url, headers, body }: HostRequest): Promise<HostResponse> {
  try {
    return await new Promise((resolve, reject) => {
      const outgoing = sendRequest(
        { hostname: extension.hostname, port: extension.port, method, path: `${url.pathname}${url.search}`, headers },
        (incoming) => {
          const { 'transfer-encoding': _chunked, connection: _connection, ...fields } = incoming.headers;
          const kept = Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
          buffer(incoming).then((content) => {
            resolve({
              status: incoming.statusCode ?? 502,
              headers: {
                ...(Object.fromEntries(kept) as HostResponse['headers']),
                'content-length': String(content.length),
              },
              body: content,
            });
          }, reject);
        },
      );
      outgoing.once('error', reject);
      outgoing.end(body);
    });
  } catch {
    // It is being started again.
    return empty(503);
  }
}
