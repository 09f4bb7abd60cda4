/** One request over TLS with a given CA, for tests that must see the answer as it is on the wire. */
import { request } from 'node:https';

export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The body as JSON, or undefined when it is none. */
  readonly json: unknown;
}

export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly ca: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Sends it to `origin` on a connection of its own. */
export function requestOver(origin: string, asked: WireRequest): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    const { method, ca, headers = {} } = asked;
    const sent = request(new URL(asked.path, origin), { method, ca, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: parseJson(text) });
      });
    });
    sent.once('error', reject);
    sent.end(asked.body);
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
