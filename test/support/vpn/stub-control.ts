/**
 * The control API's part for the VPN emulator, as a small HTTP server: what is applied, who is connected, who to cut.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { VpnSession } from '../../../sandbox/vpn/control-client.ts';
import type { VpnGatewayState } from '../../../sandbox/vpn/gateway-state.ts';

const longPollMs = 2_000;

export interface StubControl {
  readonly url: string;
  /** Adds the gateway, or replaces what was said of it. */
  put(gateway: VpnGatewayState): void;
  remove(resourceId: string): void;
  /** Sessions that were begun and not ended, oldest first. */
  sessions(): VpnSession[];
  /** Asks for the session to be cut, as ARM's disconnect does. */
  disconnect(sessionId: string): void;
  close(): Promise<void>;
}

export async function startStubControl(): Promise<StubControl> {
  const gateways = new Map<string, VpnGatewayState>();
  const sessions = new Map<string, VpnSession>();
  const disconnects: { seq: number; id: string }[] = [];
  const waiting = new Set<() => void>();

  function answerDisconnects(after: number, response: ServerResponse): void {
    const items = disconnects.filter(({ seq }) => seq > after);
    const next = disconnects.at(-1)?.seq ?? after;
    send(response, 200, { next, items });
  }

  function waitForDisconnects(after: number, response: ServerResponse): void {
    function finish(): void {
      clearTimeout(timer);
      waiting.delete(finish);
      answerDisconnects(after, response);
    }
    const timer = setTimeout(finish, longPollMs);
    waiting.add(finish);
    response.once('close', () => {
      clearTimeout(timer);
      waiting.delete(finish);
    });
    if (disconnects.some(({ seq }) => seq > after)) finish();
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const operation = `${request.method ?? ''} ${url.pathname}`;
    if (operation === 'GET /vpn/gateways') {
      send(response, 200, [...gateways.values()]);
    } else if (operation === 'GET /vpn/disconnects') {
      waitForDisconnects(Number(url.searchParams.get('after')), response);
    } else if (operation === 'POST /vpn/sessions') {
      const session = (await json(request)) as VpnSession;
      sessions.set(session.id, session);
      send(response, 201, session);
    } else if (operation.startsWith('DELETE /vpn/sessions/')) {
      const known = sessions.delete(decodeURIComponent(url.pathname.slice('/vpn/sessions/'.length)));
      send(response, known ? 204 : 404);
    } else {
      send(response, 501, { detail: operation });
    }
  }

  const server = createServer((request, response) => void handle(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    put: (gateway) => gateways.set(gateway.resourceId, gateway),
    remove: (resourceId) => gateways.delete(resourceId),
    sessions: () => [...sessions.values()],
    disconnect: (id) => {
      disconnects.push({ seq: disconnects.length + 1, id });
      for (const finish of [...waiting]) finish();
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, 'close');
    },
  };
}

function send(response: ServerResponse, status: number, body?: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}
