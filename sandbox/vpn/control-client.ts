import { z } from 'zod';
import { type VpnGatewayState, vpnGatewayStateSchema } from './gateway-state.ts';

/** Short: the process has to end within seconds of being asked to, whatever the control API does. */
const requestTimeoutMs = 2_000;
/** Longer than the longest wait of the control API's long poll. */
const longPollTimeoutMs = 40_000;

const disconnectsSchema = z.object({
  next: z.int(),
  items: z.array(z.object({ seq: z.int(), id: z.string() })),
});
/** Sessions that were asked, through ARM, to be cut. `next` is what to ask after the next time. */
export type AskedDisconnects = z.infer<typeof disconnectsSchema>;

/** A live session as the ARM emulator takes it. */
export interface VpnSession {
  readonly id: string;
  /** Resource id. */
  readonly gateway: string;
  readonly commonName: string;
  readonly thumbprint: string;
  readonly publicIp: string;
  readonly privateIp: string;
}

/** The control routes that the VPN emulator uses. All reject when it does not answer as agreed. */
export interface ControlClient {
  gateways(signal: AbortSignal): Promise<VpnGatewayState[]>;
  /**
   * `refused`: ARM does not take this session, and will not: its certificate was revoked meanwhile, its gateway is
   * gone.
   */
  addSession(session: VpnSession): Promise<'added' | 'refused'>;
  /** A session that is unknown there is no error. */
  removeSession(id: string): Promise<void>;
  /** Waits, up to half a minute, for disconnects asked for after `after`; the signal ends the wait. */
  disconnects(after: number, signal: AbortSignal): Promise<AskedDisconnects>;
}

/** Speaks to the control API at `url` (plain HTTP, loopback). */
export function createControlClient(url: string): ControlClient {
  async function call(path: string, init: RequestInit): Promise<Response> {
    const signal = AbortSignal.timeout(requestTimeoutMs);
    const response = await fetch(new URL(path, url), { signal, ...init });
    // A refusal is an answer: what it means is the caller's matter.
    if (response.ok || (response.status >= 400 && response.status < 500)) return response;
    throw new Error(`${init.method ?? 'GET'} ${path} answered ${response.status}: ${await response.text()}`);
  }

  return {
    gateways: async (signal) => {
      const either = AbortSignal.any([signal, AbortSignal.timeout(requestTimeoutMs)]);
      const response = await call('/vpn/gateways', { signal: either });
      return z.array(vpnGatewayStateSchema).parse(await response.json());
    },
    addSession: async (session) => {
      const headers = { 'content-type': 'application/json' };
      const response = await call('/vpn/sessions', { method: 'POST', headers, body: JSON.stringify(session) });
      return response.ok ? 'added' : 'refused';
    },
    removeSession: async (id) => {
      await call(`/vpn/sessions/${encodeURIComponent(id)}`, { method: 'DELETE' });
    },
    disconnects: async (after, signal) => {
      const either = AbortSignal.any([signal, AbortSignal.timeout(longPollTimeoutMs)]);
      const response = await call(`/vpn/disconnects?after=${after}`, { signal: either });
      return disconnectsSchema.parse(await response.json());
    },
  };
}
