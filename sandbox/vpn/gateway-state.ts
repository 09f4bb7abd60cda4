import { z } from 'zod';

/**
 * What the ARM emulator says about one gateway: the configuration that was last applied with success, not the one that
 * is wanted.
 */
export const vpnGatewayStateSchema = z.object({
  resourceId: z.string(),
  guid: z.string(),
  fqdn: z.string(),
  serverName: z.string(),
  addressPool: z.array(z.string()),
  vnetPrefixes: z.array(z.string()),
  roots: z.array(z.object({ name: z.string(), certificatePem: z.string() })),
  revokedThumbprints: z.array(z.string()),
  serverCertificatePem: z.string(),
  serverKeyPem: z.string(),
  serverCaPem: z.string(),
  tlsAuthKey: z.string(),
  protocols: z.array(z.string()),
  ready: z.boolean(),
});
export type VpnGatewayState = z.infer<typeof vpnGatewayStateSchema>;
export type TrustedRoot = VpnGatewayState['roots'][number];
