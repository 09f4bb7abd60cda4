import { z } from 'zod';
import { azurePackPartSchema } from '../connector/part.ts';
import { remoteAccessSchema } from './remote-access.ts';

const address = z.ipv4();
const machineRoles = ['host', 'natvm', 'ercs', 'wasp', 'portal', 'api', 'wap', 'sql', 'spf', 'vmm', 'client'] as const;
export const machineIdSchema = z.string().regex(/^[a-z0-9-]{1,63}$/);

/** An account, on one machine or in a domain. */
export const accountSchema = z.strictObject({
  /** Without the machine's or the domain's name. */
  name: z.string().min(1),
  password: z.string(),
  isEnabled: z.boolean().default(true),
  /** Of the machine that it is on; of no other. */
  isAdministrator: z.boolean().default(false),
  isLockedOut: z.boolean().default(false),
  /** Wrong passwords since the last right one. */
  badLogons: z.int().default(0),
  description: z.string().default(''),
  /** In a domain: `name@domain`. */
  userPrincipalName: z.string().optional(),
});
export type Account = z.infer<typeof accountSchema>;

const nicSchema = z.strictObject({
  alias: z.string(),
  address,
  prefixLength: z.int().default(24),
  gateway: address.optional(),
  dnsServers: z.array(address).default([]),
});
export type Nic = z.infer<typeof nicSchema>;

/**
 * A certificate in a store, DER in base64. A `CurrentUser` store is that of its owner, and SYSTEM's where nobody is
 * named.
 */
const certificateSchema = z.strictObject({
  location: z.enum(['LocalMachine', 'CurrentUser']).default('LocalMachine'),
  store: z.enum(['My', 'Root', 'CA']),
  owner: z.string().optional(),
  certificate: z.base64(),
  hasPrivateKey: z.boolean().default(false),
});
export type StoredCertificate = z.infer<typeof certificateSchema>;

const arcSchema = z.strictObject({
  resourceGroup: z.string(),
  name: z.string(),
  location: z.string().default('westeurope'),
  agentVersion: z.string().default('1.58.03228.2572'),
  isConnected: z.boolean().default(true),
  /** The machine's owner took run commands off the list of what extensions may do. */
  isRunCommandBlocked: z.boolean().default(false),
});

/** One machine as it is now. A definition of it is the same with everything optional that has a usual value. */
export const windowsMachineSchema = z.strictObject({
  id: machineIdSchema,
  role: z.enum(machineRoles),
  /** NetBIOS name. */
  computerName: z.string(),
  /** Names that resolve to it everywhere; machines behind one balancer share one. */
  names: z.array(z.string()).default([]),
  /** DNS name of the domain that it belongs to. */
  domain: z.string().optional(),
  osVersion: z.string().default('10.0.14393'),
  powerShellVersion: z.string().default('5.1.14393.7515'),
  /** As the environment variable PROCESSOR_ARCHITECTURE has it. */
  architecture: z.enum(['AMD64', 'x86']).default('AMD64'),
  installation: z.enum(['Server', 'Server Core', 'Nano Server', 'Client']).default('Server'),
  power: z.enum(['on', 'off', 'rebooting']).default('on'),
  /** When it has started again, in stack time (ms). */
  bootsAtMs: z.number().optional(),
  /** When its network is back; there is none while this is set. Without an end, it is not known. */
  offline: z.strictObject({ untilMs: z.number().optional() }).optional(),
  lastBootMs: z.number().default(0),
  /** A restart was ordered: it goes down at that time. */
  restart: z.strictObject({ downAtMs: z.number().optional() }).optional(),
  isRestartPending: z.boolean().default(false),
  /** How often the next installations find another one running (1618), or end with a restart (3010). */
  installer: z.strictObject({ busyTimes: z.int().default(0), rebootTimes: z.int().default(0) }).prefault({}),
  /** Everything takes so many times its usual time. */
  slowFactor: z.number().min(0).default(1),
  ssh: z.strictObject({ authorizedKeys: z.array(z.string()).default([]) }).optional(),
  arc: arcSchema.optional(),
  accounts: z.array(accountSchema).default([]),
  /** Domain accounts that are administrators here, as `DOMAIN\name`. */
  administrators: z.array(z.string()).default([]),
  lockoutThreshold: z.int().min(0).default(10),
  passwordPolicy: z
    .strictObject({ minimumLength: z.int().default(8), isComplexityRequired: z.boolean().default(true) })
    .prefault({}),
  nics: z.array(nicSchema).default([]),
  /** Ports that its firewall lets in and something listens on, sites of IIS left out. */
  openPorts: z.array(z.int()).default([]),
  /** By service name. */
  services: z.record(z.string(), z.enum(['Running', 'Stopped'])).default({}),
  winRm: z
    .strictObject({
      trustedHosts: z.array(z.string()).default([]),
      /** Computers that credentials may be delegated to, in lower case. */
      credSspDelegates: z.array(z.string()).default([]),
    })
    .prefault({}),
  remoteAccess: remoteAccessSchema.optional(),
  certificates: z.array(certificateSchema).default([]),
  /** Content in base64 by whole path. */
  files: z.record(z.string(), z.base64()).default({}),
  /** Values by `key\name`. */
  registry: z.record(z.string(), z.union([z.string(), z.number()])).default({}),
  products: z.array(z.strictObject({ name: z.string(), version: z.string() })).default([]),
  azurePack: azurePackPartSchema.prefault({}),
  /** What scripts noted on the machine to undo themselves, by step. */
  notes: z.record(z.string(), z.array(z.string())).default({}),
});
export type WindowsMachine = z.infer<typeof windowsMachineSchema>;

/** Whether it is switched on and on its network. */
export function isUp({ power, offline }: Pick<WindowsMachine, 'power' | 'offline'>): boolean {
  return power === 'on' && offline === undefined;
}
