import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const fileName = 'vpn.json';

const gatewaySchema = z.object({
  resourceId: z.string(),
  fqdn: z.string(),
  /** In the Internet namespace. */
  address: z.string(),
  internetNamespace: z.string(),
  /** The server's log: why a client was refused is said there. */
  logFile: z.string(),
});

const publishedSchema = z.object({
  /** By OpenVPN. */
  gateways: z.array(gatewaySchema),
  /** By IKEv2: the same gateways at an address of its own. */
  ikeGateways: z.array(gatewaySchema),
  internetNamespace: z.string(),
});

/** Where clients find the stack's gateways: DIR/vpn.json. A gateway is in it while people can connect to it. */
export type PublishedGateways = z.infer<typeof publishedSchema>;
export type PublishedGateway = PublishedGateways['gateways'][number];

/** Throws when the VPN emulator of this stack does not run. */
export function readPublishedGateways(directory: string): PublishedGateways {
  const path = join(directory, fileName);
  if (!existsSync(path)) throw new Error('The VPN emulator of this stack does not run (start it with --with vpn).');
  return publishedSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
}

export function publishGateways(directory: string, published: PublishedGateways): void {
  const path = join(directory, fileName);
  writeFileSync(`${path}.new`, JSON.stringify(published, null, 2));
  renameSync(`${path}.new`, path);
}

export function withdrawGateways(directory: string): void {
  rmSync(join(directory, fileName), { force: true });
}
