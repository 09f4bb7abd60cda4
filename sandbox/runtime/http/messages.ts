import type { IncomingHttpHeaders } from 'node:http';

/** A request with its whole body, as every route of the runtime takes it. */
export interface HostRequest {
  readonly method: string;
  /** Absolute, with the host that the caller used. */
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface HostResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array;
}

/** A status with an empty body, the host's usual way to refuse. */
export function empty(status: number, headers: Readonly<Record<string, string>> = {}): HostResponse {
  return { status, headers };
}

export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): HostResponse {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(value),
  };
}

export function text(status: number, value: string): HostResponse {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: value };
}

/** The first value of a header, whatever the number of times it was sent. */
export function headerOf(request: HostRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** Parses JSON that came from outside; undefined when it is not JSON, so that the caller says so in its own words. */
export function parseJson(textual: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(textual) as unknown };
  } catch {
    // Not an error here: the caller answers 400 with the text of its own route.
    return undefined;
  }
}
