import { z } from 'zod';

const address = z.ipv4();

const roleStates = ['Installed', 'Uninstalled'] as const;
const poolSchema = z.strictObject({ from: address, to: address });

/** How a network adapter takes part in address translation. */
const natModes = ['none', 'private', 'full'] as const;

/** What counts only from the next start of Routing and Remote Access on. */
const inForceSchema = z.strictObject({
  sharedKey: z.string().optional(),
  routerType: z.string().default('lan'),
});

const sessionSchema = z.strictObject({
  userName: z.string(),
  address,
  connectedAt: z.iso.datetime(),
});

/**
 * What `netsh ras dump`, `netsh routing dump` and `netsh nps export` keep, and what was installed: no shared key is
 * among it.
 */
const settingsSchema = z.strictObject({
  vpnStatus: z.enum(roleStates),
  vpnS2SStatus: z.enum(roleStates),
  pool: poolSchema.optional(),
  routerType: z.string(),
  preferredAdapter: z.string().optional(),
  natModes: z.record(z.string(), z.enum(natModes)),
  isServiceRunning: z.boolean(),
  policies: z.array(z.strictObject({ name: z.string(), isEnabled: z.boolean(), grantsAccess: z.boolean() })),
});
export type RemoteAccessSettings = z.infer<typeof settingsSchema>;

/** Routing and Remote Access and the network policies of one machine. */
export const remoteAccessSchema = z.strictObject({
  /** Of Windows' features DirectAccess-VPN and Routing: `pending` until the machine has started again. */
  feature: z.enum(['absent', 'pending', 'installed']).default('installed'),
  vpnStatus: z.enum(roleStates).default('Uninstalled'),
  vpnS2SStatus: z.enum(roleStates).default('Uninstalled'),
  pool: poolSchema.optional(),
  /** What `Set-VpnAuthProtocol` set last. */
  sharedKey: z.string().optional(),
  /** What `netsh ras set type` set last. */
  routerType: z.string().default('lan'),
  inForce: inForceSchema.prefault({}),
  preferredAdapter: z.string().optional(),
  /** By the adapter's alias. */
  natModes: z.record(z.string(), z.enum(natModes)).default({}),
  policies: z
    .array(
      z.strictObject({
        /** In the language of Windows. */
        name: z.string(),
        isEnabled: z.boolean().default(true),
        grantsAccess: z.boolean().default(false),
        /** Whether it is the one for Routing and Remote Access, whatever its name. */
        isForRemoteAccess: z.boolean().default(true),
      }),
    )
    .default([]),
  /** Alias of the adapter that the firewall rule of P14 lets L2TP in at. */
  firewallNic: z.string().optional(),
  sessions: z.array(sessionSchema).default([]),
  /** The folder that P3 keeps, while it is there. */
  before: settingsSchema.optional(),
});
export type RemoteAccess = z.infer<typeof remoteAccessSchema>;
