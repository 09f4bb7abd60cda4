import { z } from 'zod';
import { vpnGatewayStateSchema, type VpnGatewayState } from './gateway-state.ts';

const requestTimeoutMs = 5_000;
/** Longer than the longest wait of the control door's long poll. */
const longPollTimeoutMs = 40_000;

const disconnectsSchema = z.object({
  next: z.int(),
  items: z.array(z.object({ seq: z.int(), id: z.string() })),
});
/** Sessions that were asked, through ARM, to be cut. `next` is what to ask after the next time. */
export type AskedDisconnects = z.infer<typeof disconnectsSchema>;

/** A live session as the ARM stand-in takes it. */
export interface VpnSession {
  readonly id: string;
  /** Resource id. */
  readonly gateway: string;
  readonly commonName: string;
  readonly thumbprint: string;
  readonly publicIp: string;
  readonly privateIp: string;
}

/** The control doors that the VPN stand-in uses. All reject when the door does not answer as agreed. */
export interface ControlClient {
  gateways(): Promise<VpnGatewayState[]>;
  addSession(session: VpnSession): Promise<void>;
  /** A session that is unknown there is no error. */
  removeSession(id: string): Promise<void>;
  /** Waits, up to half a minute, for disconnects asked for after `after`; the signal ends the wait. */
  disconnects(after: number, signal: AbortSignal): Promise<AskedDisconnects>;
}

/** Speaks to the control door at `url` (plain HTTP, loopback). */
export function createControlClient(url: string): ControlClient {
  async function call(path: string, init: RequestInit, accepted: readonly number[] = []): Promise<Response> {
    const signal = AbortSignal.timeout(requestTimeoutMs);
    const response = await fetch(new URL(path, url), { signal, ...init });
    if (response.ok || accepted.includes(response.status)) return response;
    throw new Error(`${init.method ?? 'GET'} ${path} answered ${response.status}: ${await response.text()}`);
  }

  return {
    gateways: async () => z.array(vpnGatewayStateSchema).parse(await (await call('/vpn/gateways', {})).json()),
    addSession: async (session) => {
      const headers = { 'content-type': 'application/json' };
      await call('/vpn/sessions', { method: 'POST', headers, body: JSON.stringify(session) });
    },
    removeSession: async (id) => {
      await call(`/vpn/sessions/${encodeURIComponent(id)}`, { method: 'DELETE' }, [404]);
    },
    disconnects: async (after, signal) => {
      const either = AbortSignal.any([signal, AbortSignal.timeout(longPollTimeoutMs)]);
      const response = await call(`/vpn/disconnects?after=${after}`, { signal: either });
      return disconnectsSchema.parse(await response.json());
    },
  };
}
