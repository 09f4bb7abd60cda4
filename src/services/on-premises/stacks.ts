import { AppError } from '../../domain/app-error.ts';
import type { OnPremisesStores } from '../../stores/on-premises-stores.ts';
import { stackKeys, type StackRecord, type VpnUserRecord } from '../../stores/records/on-premises.ts';
import type { Machines } from './machines.ts';

export interface NewStack {
  readonly id: string;
  readonly hostMachine: string;
  readonly natMachine?: string | undefined;
  readonly waspMachine?: string | undefined;
  readonly portalFqdn: string;
  readonly dnsServers: readonly string[];
  readonly dnsSuffix: string;
  readonly internalAddress: string;
  readonly certificateSubjects: readonly string[];
}

/** Azure Stack POCs that Gatehouse knows of. */
export interface Stacks {
  /**
   * Registers a stack, or replaces what is known of its machines and names. What it shares stays, and so do the
   * machines that share it: ERR_CONFLICT, for what was set up on one of them could never be taken back from another.
   */
  put(stack: NewStack): Promise<StackRecord>;
  get(id: string): Promise<StackRecord | undefined>;
  list(): Promise<readonly StackRecord[]>;
  users(id: string): Promise<readonly VpnUserRecord[]>;
  /** Forgets a stack. Refused while it shares VPN access or has a connector. */
  remove(id: string): Promise<void>;
}

export function createStacks({
  stores,
  machines,
  now,
}: {
  readonly stores: OnPremisesStores;
  readonly machines: Machines;
  readonly now: () => Date;
}): Stacks {
  const get = async (id: string): Promise<StackRecord | undefined> => (await stores.stacks.get(stackKeys(id)))?.record;
  const users = async (id: string): Promise<readonly VpnUserRecord[]> =>
    (await stores.vpnUsers.list(id)).map(({ record }) => record);

  return {
    get,
    users,
    list: async () => (await stores.stacks.list('stack')).map(({ record }) => record),
    put: async (stack) => {
      await machines.require([
        { id: stack.hostMachine, path: '/hostMachine' },
        { id: stack.natMachine, path: '/natMachine' },
        { id: stack.waspMachine, path: '/waspMachine' },
      ]);
      const at = now().toISOString();
      const fields = {
        ...stack,
        dnsServers: [...stack.dnsServers],
        certificateSubjects: [...stack.certificateSubjects],
      };
      if (await stores.stacks.insert({ ...fields, createdAt: at, updatedAt: at })) {
        return { ...fields, createdAt: at, updatedAt: at };
      }
      const updated = await stores.stacks.update(stackKeys(stack.id), (current) => {
        requireMachinesInUse(current, stack);
        return { ...current, ...fields, updatedAt: at };
      });
      return updated ?? { ...fields, createdAt: at, updatedAt: at };
    },
    remove: async (id) => {
      const record = await get(id);
      if (record === undefined) throw new AppError('ERR_NOT_FOUND', `There is no stack ${id}.`);
      const state = record.vpnAccess?.state ?? 'closed';
      if (state !== 'closed') {
        throw new AppError('ERR_CONFLICT', `Stack ${id} shares VPN access: DELETE /api/stacks/${id}/vpn-access first.`);
      }
      if (record.connectorId !== undefined) {
        throw new AppError('ERR_CONFLICT', `Stack ${id} has connector ${record.connectorId}: DELETE that first.`);
      }
      for (const user of await users(id)) await stores.vpnUsers.remove(user);
      await stores.stacks.remove(record);
    },
  };
}

function requireMachinesInUse(current: StackRecord, wanted: NewStack): void {
  const sharesVpn = (current.vpnAccess?.state ?? 'closed') !== 'closed';
  const hasConnector = current.connectorId !== undefined;
  const bound = [
    ...(sharesVpn || hasConnector ? (['hostMachine'] as const) : []),
    ...(sharesVpn ? (['natMachine', 'internalAddress'] as const) : []),
    ...(hasConnector ? (['waspMachine'] as const) : []),
  ];
  const problems = bound
    .filter((field) => wanted[field] !== undefined && wanted[field] !== current[field])
    .map((field) => ({
      path: `/${field}`,
      code: 'inUse' as const,
      message: `What stack ${current.id} shares was set up with another ${field}, and still needs it.`,
      fix: sharesVpn && field !== 'waspMachine' ? 'End its VPN access first.' : 'DELETE its connector first.',
    }));
  if (problems.length > 0) {
    throw new AppError('ERR_CONFLICT', `Stack ${current.id} still needs the machines it has.`, { problems });
  }
}
