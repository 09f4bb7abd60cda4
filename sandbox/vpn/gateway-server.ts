import type { VpnGatewayState } from './gateway-state.ts';

/** A client that came in. `cid` is the server's own number of the connection. */
export interface EstablishedClient {
  readonly cid: string;
  readonly commonName: string;
  readonly thumbprint: string;
  /** `address:port` that the client comes from. */
  readonly publicIp: string;
  /** Its address of the pool. */
  readonly privateIp: string;
}

export interface GatewayServerOptions {
  readonly state: VpnGatewayState;
  readonly namespace: string;
  readonly internet: string;
  /** A new folder of the server's own, removed when it stops; holds its keys. Its path is short (Unix sockets). */
  readonly folder: string;
  /** The server's own log and its decisions, appended. */
  readonly logFile: string;
  readonly onEstablished: (client: EstablishedClient) => void;
  readonly onDisconnected: (cid: string) => void;
  /** It ended by itself. */
  readonly onDied: () => void;
}

/** What serves a gateway's clients of one protocol, in a namespace of its own. */
export interface GatewayServer {
  /** Its address in the Internet namespace. */
  readonly address: string;
  /** Decides by this state from now on. Sessions that are up stay up. */
  setPolicy(state: VpnGatewayState): void;
  /** Makes the state's roots usable for new connections. */
  setRoots(state: VpnGatewayState): Promise<void>;
  /** Tells the client to end and not to come back by itself. */
  disconnect(cid: string): void;
  /** Ends it and removes namespace and files. */
  stop(): Promise<void>;
}

/** A protocol that gateways speak here. */
export interface ServerKind {
  readonly protocol: 'OpenVPN' | 'IkeV2';
  /** What Azure's ids of its sessions begin with. */
  readonly idPrefix: 'OVPN_' | 'IKEv2_';
  /** Resolves when clients may connect. Leaves nothing when it fails. */
  readonly start: (options: GatewayServerOptions) => Promise<GatewayServer>;
}

/** True for a gateway that people can connect to by this protocol now. */
export function isServing(state: VpnGatewayState, { protocol }: ServerKind): boolean {
  return state.ready && state.addressPool.length > 0 && state.protocols.includes(protocol);
}
