import { appendFileSync } from 'node:fs';

/** One request with its answer, whole, in the shape that a live validator of API descriptions takes. */
export interface RecordedExchange {
  readonly service: string;
  readonly liveRequest: { method: string; url: string; headers: Record<string, string>; body: unknown };
  readonly liveResponse: { statusCode: string; headers: Record<string, string>; body: unknown };
}

export type RecordTraffic = (exchange: RecordedExchange) => void;

/** Writes each exchange as a JSON line to `path`; tokens are left out. */
export function createTrafficRecorder(path: string): RecordTraffic {
  return (exchange) => {
    const headers = Object.fromEntries(
      Object.entries(exchange.liveRequest.headers).filter(([name]) => name !== 'authorization'),
    );
    const kept = { ...exchange, liveRequest: { ...exchange.liveRequest, headers } };
    appendFileSync(path, `${JSON.stringify(kept)}\n`);
  };
}
