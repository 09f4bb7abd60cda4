import { z } from 'zod';
import { type TenantView, tenantView } from '../connector/portal.ts';
import { windowsFaultSchema } from '../world/faults.ts';
import { worldDefinitionSchema } from '../world/records.ts';
import type { WindowsWorld } from '../world/world.ts';
import { lineFaultKinds } from './line-faults.ts';
import type { SshFront } from './ssh-front.ts';
import { typeCommand, typedCommandSchema, type TypedResult } from './typed-command.ts';

/** Reads the body of a request by a schema, or throws what is wrong with it. */
export type ReadBody = <T>(schema: z.ZodType<T>) => T;

/** How the machines are reached: `windows` in `stack.json`. */
export interface WindowsReach {
  readonly ssh: ReturnType<SshFront['reach']>;
  readonly arc: Readonly<Record<string, string>>;
  readonly privateKey: string;
}

export interface ControlRoutesOptions {
  readonly world: WindowsWorld;
  readonly front: SshFront;
  readonly nowMs: () => number;
  readonly reach: () => WindowsReach;
  /** Called when there are other machines than before. */
  readonly afterDefine: () => Promise<void>;
}

/** The control routes by which tests and people change the world. */
export interface ControlRoutes {
  describe(): object;
  define(read: ReadBody): Promise<WindowsReach>;
  addFault(read: ReadBody): object;
  clearFaults(): void;
  history(): readonly object[];
  connectVpn(read: ReadBody): object;
  /** A person at a machine's keyboard runs a script; answers what is on the screen at its end. */
  type(read: ReadBody): Promise<TypedResult>;
  tenantView(cloud: string): TenantView | undefined;
}

const vpnConnectionSchema = z.strictObject({
  /** The server; there is one in most worlds. */
  machine: z.string().default('natvm'),
  userName: z.string(),
  password: z.string(),
  sharedKey: z.string(),
});
const tenantMachine = 'client';

export function createControlRoutes(options: ControlRoutesOptions): ControlRoutes {
  const { world, front } = options;
  return {
    describe: () => ({ ...world.view(), ...options.reach() }),
    async define(read) {
      world.define(read(worldDefinitionSchema));
      front.faults.clear();
      await options.afterDefine();
      return options.reach();
    },
    addFault: (read) => addFault(world, front, read),
    clearFaults() {
      world.clearFaults();
      front.faults.clear();
    },
    history: () => world.history(),
    connectVpn(read) {
      const { machine, ...client } = read(vpnConnectionSchema);
      return world.connectVpn(machine, client);
    },
    type: (read) => typeCommand(world, read(typedCommandSchema)),
    tenantView(cloud) {
      const isKnown = world.connector.multiCloud.clouds.some(({ name }) => name === cloud);
      return isKnown ? tenantView(world, cloud, { nowMs: options.nowMs(), tenantMachineId: tenantMachine }) : undefined;
    },
  };
}

/** A fault of a machine or of the line to it: what it breaks tells which. */
function addFault(world: WindowsWorld, front: SshFront, read: ReadBody): object {
  const machine = z
    .string()
    .refine((id) => world.machine(id) !== undefined, { error: 'There is no machine of this id.' });
  const { then } = read(z.looseObject({ machine, then: z.looseObject({ kind: z.string() }) }));
  if (lineFaultKinds.every((kind) => kind !== then.kind)) {
    const fault = read(windowsFaultSchema);
    world.addFault(fault);
    return fault;
  }
  const fault = read(
    z.strictObject({
      machine,
      times: z.int().min(1).default(1),
      then: z.strictObject({ kind: z.enum(lineFaultKinds) }),
    }),
  );
  front.faults.add(fault.machine, fault.then.kind, fault.times);
  return fault;
}
