import { AppError, invalidField } from '../../domain/app-error.ts';
import type { Machine } from '../../domain/machine.ts';
import type { OnPremisesStores } from '../../stores/on-premises-stores.ts';
import { machineKeys, type MachineRecord } from '../../stores/records/on-premises.ts';

/** A machine together with the one that is connected to: itself, or the one that it is reached through. */
export interface MachineRoute {
  readonly machine: Machine;
  readonly connection: Machine;
}

/** The machines that remote steps run on. */
export interface Machines {
  /** Registers a machine, or replaces how it is reached. One that is reached through another needs that one first. */
  put(machine: Machine): Promise<MachineRecord>;
  get(id: string): Promise<MachineRecord | undefined>;
  list(): Promise<readonly MachineRecord[]>;
  /** Refused while a stack, a connector or another machine needs it. */
  remove(id: string): Promise<void>;
  /** Undefined when the machine, or the one in between, is not registered. */
  route(id: string): Promise<MachineRoute | undefined>;
  /** Throws ERR_REQUEST_INVALID that names every machine which is not registered. */
  require(machines: readonly { readonly id: string | undefined; readonly path: string }[]): Promise<void>;
}

export function createMachines(options: { readonly stores: OnPremisesStores; readonly now: () => Date }): Machines {
  const { stores } = options;
  const get = async (id: string): Promise<MachineRecord | undefined> =>
    (await stores.machines.get(machineKeys(id)))?.record;
  const list = async (): Promise<readonly MachineRecord[]> =>
    (await stores.machines.list('machine')).map(({ record }) => record);

  async function requireUnused(id: string): Promise<void> {
    const users = [
      ...(await list()).filter(({ via }) => via?.machineId === id).map((machine) => `machine ${machine.id}`),
      ...(await stores.stacks.list('stack'))
        .filter(({ record }) => [record.hostMachine, record.natMachine, record.waspMachine].includes(id))
        .map(({ record }) => `stack ${record.id}`),
      ...(await stores.connectors.list('connector'))
        .filter(({ record }) => connectorMachines(record.request).includes(id))
        .map(({ record }) => `connector ${record.id}`),
    ];
    if (users.length > 0) throw new AppError('ERR_CONFLICT', `Machine ${id} is needed by ${users.join(', ')}.`);
  }

  async function requireStraightWay({ id, via }: Machine): Promise<void> {
    if (via === undefined) return;
    const between = via.machineId === id ? undefined : await get(via.machineId);
    const path = '/via/machineId';
    if (between === undefined) {
      throw invalidField(path, 'machineUnknown', `Machine ${via.machineId} is not registered.`, 'Register it first.');
    }
    if (between.via !== undefined) {
      throw invalidField(
        path,
        'tooManyHops',
        `Machine ${via.machineId} is itself reached through another.`,
        'Name the machine that Gatehouse connects to.',
      );
    }
    const dependants = (await list()).filter((other) => other.via?.machineId === id);
    if (dependants.length > 0) {
      throw invalidField(
        path,
        'tooManyHops',
        `Machine ${dependants[0]?.id ?? ''} is reached through ${id}.`,
        'Change first how that machine is reached.',
      );
    }
  }

  return {
    get,
    list,
    put: async (machine) => {
      await requireStraightWay(machine);
      const updatedAt = options.now().toISOString();
      const record = { ...machine, createdAt: (await get(machine.id))?.createdAt ?? updatedAt, updatedAt };
      await stores.machines.upsert(record);
      return record;
    },
    remove: async (id) => {
      const record = await get(id);
      if (record === undefined) throw new AppError('ERR_NOT_FOUND', `There is no machine ${id}.`);
      await requireUnused(id);
      await stores.machines.remove(record);
    },
    route: async (id) => {
      const machine = await get(id);
      if (machine === undefined) return undefined;
      const connection = machine.via === undefined ? machine : await get(machine.via.machineId);
      return connection === undefined ? undefined : { machine, connection };
    },
    require: async (machines) => {
      const known = new Set((await list()).map(({ id }) => id));
      const problems = machines
        .filter(({ id }) => id !== undefined && !known.has(id))
        .map(({ id, path }) => ({
          path,
          code: 'machineUnknown' as const,
          message: `Machine ${id ?? ''} is not registered.`,
          fix: 'Register it with POST /api/machines, or correct the id.',
        }));
      if (problems.length > 0) {
        throw new AppError('ERR_REQUEST_INVALID', 'The request names machines that are not registered.', { problems });
      }
    },
  };
}

/** Every machine that a connector names. */
function connectorMachines(request: {
  readonly checkMachines: readonly string[];
  readonly clouds: readonly {
    readonly portalMachines: readonly string[];
    readonly apiMachines: readonly string[];
    readonly spfMachine?: string | undefined;
    readonly vmmMachine?: string | undefined;
  }[];
}): readonly string[] {
  const ofClouds = request.clouds.flatMap(({ portalMachines, apiMachines, spfMachine, vmmMachine }) => [
    ...portalMachines,
    ...apiMachines,
    ...[spfMachine, vmmMachine].filter((id) => id !== undefined),
  ]);
  return [...request.checkMachines, ...ofClouds];
}
