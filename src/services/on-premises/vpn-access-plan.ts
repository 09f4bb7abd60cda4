import type { VpnAccessPlan } from '../../contracts/on-premises/vpn-access.ts';
import { AppError } from '../../domain/app-error.ts';
import { preconditionRefused, type Refusal } from '../../domain/failure.ts';
import type { Secrets } from '../../ports/secrets.ts';
import type { OnPremisesStores } from '../../stores/on-premises-stores.ts';
import type { StackRecord, VpnUserRecord } from '../../stores/records/on-premises.ts';
import type { Machines } from './machines.ts';
import { intentOf } from './vpn-user-intents.ts';

/** What the steps on a stack's VPN server are to bring about, as far as it is known now. */
export interface VpnAccessPlans {
  planOf(stack: StackRecord): Promise<VpnAccessPlan | Refusal>;
  /** Throws ERR_CONFLICT where there is nothing to plan. */
  requirePlan(stack: StackRecord): Promise<VpnAccessPlan>;
  usersOf(stackId: string): Promise<readonly VpnUserRecord[]>;
}

export interface VpnAccessPlansOptions {
  readonly stores: Pick<OnPremisesStores, 'vpnUsers'>;
  readonly machines: Pick<Machines, 'route'>;
  readonly secrets: Pick<Secrets, 'get'>;
}

export function createVpnAccessPlans({ stores, machines, secrets }: VpnAccessPlansOptions): VpnAccessPlans {
  const usersOf = async (stackId: string): Promise<readonly VpnUserRecord[]> =>
    (await stores.vpnUsers.list(stackId)).map(({ record }) => record);

  async function planOf(stack: StackRecord): Promise<VpnAccessPlan | Refusal> {
    const { vpnAccess, natMachine } = stack;
    if (vpnAccess === undefined || natMachine === undefined) {
      return preconditionRefused(`Stack ${stack.id} shares no VPN access.`);
    }
    const route = await machines.route(natMachine);
    if (route === undefined) return preconditionRefused(`Machine ${natMachine} is not registered.`);
    const key = await secrets.get({ use: 'l2tpKey', name: vpnAccess.sharedKeySecret });
    const { via } = route.machine;
    const users = (await usersOf(stack.id)).filter(({ state }) => state !== 'removed');
    return {
      stackId: stack.id,
      hostMachine: stack.hostMachine,
      natMachine,
      ...(via === undefined
        ? {}
        : { natVia: { computerName: via.computerName, credentialSecret: via.credentialSecret } }),
      internalAddress: stack.internalAddress,
      addressFrom: vpnAccess.addressFrom,
      addressTo: vpnAccess.addressTo,
      sharedKeySecret: vpnAccess.sharedKeySecret,
      keyVersion: key?.version ?? '',
      keyIsCurrent: key !== undefined && key.version === vpnAccess.keyVersion,
      subjectPatterns: stack.certificateSubjects,
      portalFqdn: stack.portalFqdn,
      users: users.filter(({ wanted }) => wanted !== 'removed').map((user) => intentOf(user)),
      ...(vpnAccess.externalNic === undefined ? {} : { externalNic: vpnAccess.externalNic }),
      ...(vpnAccess.certificate === undefined
        ? {}
        : { certificate: { thumbprint: vpnAccess.certificate.thumbprint, store: vpnAccess.certificate.store } }),
    };
  }

  async function requirePlan(stack: StackRecord): Promise<VpnAccessPlan> {
    const plan = await planOf(stack);
    if ('outcome' in plan) throw new AppError('ERR_CONFLICT', plan.message);
    return plan;
  }

  return { planOf, requirePlan, usersOf };
}
