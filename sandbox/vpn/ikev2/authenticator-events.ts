/** RADIUS, on the loopback of a gateway's namespace. */
export const authenticatorPorts = { authentication: 1812, accounting: 1813 } as const;

/** What the process that decides for an IKEv2 gateway tells. `ikeId` is strongSwan's number of the connection. */
export type AuthenticatorEvent =
  | { readonly kind: 'ready' }
  /** The policy that was sent last is in force. */
  | { readonly kind: 'policy' }
  | { readonly kind: 'accepted'; readonly ikeId: number; readonly commonName: string; readonly thumbprint: string }
  | { readonly kind: 'refused'; readonly ikeId: number; readonly reason: string }
  | { readonly kind: 'began'; readonly ikeId: number; readonly privateIp: string; readonly publicIp: string }
  | { readonly kind: 'ended'; readonly ikeId: number };
