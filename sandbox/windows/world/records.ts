import { z } from 'zod';
import { connectorStateSchema } from '../connector/state.ts';
import { accountSchema, machineIdSchema, type WindowsMachine, windowsMachineSchema } from '../machine/model.ts';

export type { WindowsMachine } from '../machine/model.ts';

const domainSchema = z.strictObject({
  /** `azurestack.local` */
  dnsName: z.string(),
  /** `AZURESTACK` */
  netBiosName: z.string(),
  lockoutThreshold: z.int().min(0).default(5),
  accounts: z.array(accountSchema).default([]),
});
export type Domain = z.infer<typeof domainSchema>;

/** A server that is nobody's simulated machine: a portal of Azure Stack, a load balancer, a download site. */
const serverSchema = z.strictObject({
  address: z.ipv4(),
  port: z.int(),
  /** What it shows, its own certificate first: DER in base64. Without any it speaks no TLS. */
  certificates: z.array(z.base64()).default([]),
});

const networkSchema = z.strictObject({
  /** DNS: address by name in lower case. Machines' own names are known without. */
  names: z.record(z.string(), z.ipv4()).default({}),
  servers: z.array(serverSchema).default([]),
  /** What does not get through. `from` and `to` are machine ids or addresses, `*` is everybody. */
  blocked: z
    .array(z.strictObject({ from: z.string().default('*'), to: z.string().default('*'), port: z.int().optional() }))
    .default([]),
  /** Names that do not resolve on a machine, by machine id, in lower case. */
  unresolved: z.record(machineIdSchema, z.array(z.string())).default({}),
});

/** A world as it begins, and the part of its state that machines make up. */
export const worldDefinitionSchema = z.strictObject({
  machines: z.array(windowsMachineSchema),
  domains: z.array(domainSchema).default([]),
  network: networkSchema.prefault({}),
  connector: connectorStateSchema.prefault({
    azureStack: { portalFqdn: '', realm: '', signingCertificate: '' },
  }),
});
export type WorldDefinition = z.input<typeof worldDefinitionSchema>;
export type WorldParts = z.infer<typeof worldDefinitionSchema>;

/** What performers see of the world beyond the machine they act on. State is changed in place. */
export type World = Pick<WorldParts, 'domains' | 'network' | 'connector'> & {
  machines(): readonly WindowsMachine[];
};

export type StepMode = 'probe' | 'apply' | 'verify' | 'undo';
export type SecretValue = string | { readonly username: string; readonly password: string };

export interface StepCall {
  readonly step: string;
  readonly mode: StepMode;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, SecretValue>>;
  /** Where it acts. */
  readonly machine: WindowsMachine;
  readonly world: World;
  /** The account it runs as; SYSTEM where nobody is named. */
  readonly runAs?: string;
  readonly isElevated: boolean;
  /** The whole text that runs. */
  readonly script: string;
  /** When the command began, and when it acts: at its end. Stack time. */
  readonly begunMs: number;
  readonly nowMs: number;
}

export interface StepOutcome {
  readonly ok: boolean;
  readonly changed: boolean;
  readonly code: string;
  readonly facts: object;
  readonly message?: string;
  /** Where it is not the one that follows from `code`. */
  readonly exitCode?: number;
  /** Lines before the answer. */
  readonly verbose?: readonly string[];
}

/** Does one step on the machine's state, which it changes in the modes apply and undo alone. */
export type Performer = (call: StepCall) => StepOutcome;

export interface StepEmulator {
  readonly perform: Performer;
  /** Simulated, before the stack's speed. */
  readonly seconds: { readonly probe: number; readonly apply: number; readonly verify: number; readonly undo?: number };
  /** What the script's own text adds to that. */
  readonly extraSeconds?: (call: Pick<StepCall, 'mode'>, script: string) => number;
  /** What is there when the machine dies in the middle; nothing has changed where this is left out. */
  readonly interrupt?: Performer;
  /** Without administrator's rights it answers that access is denied. */
  readonly needsElevation?: boolean;
}
