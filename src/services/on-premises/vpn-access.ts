import {
  closeVpnAccessSteps,
  setVpnUserSteps,
  type VpnAccessPlan,
  type VpnUserIntent,
} from '../../contracts/on-premises/vpn-access.ts';
import { AppError, type Problem } from '../../domain/app-error.ts';
import type { Refusal } from '../../domain/failure.ts';
import { rangeWarnings } from '../../domain/vpn-address-range.ts';
import type { Secrets } from '../../ports/secrets.ts';
import type { OnPremisesStores } from '../../stores/on-premises-stores.ts';
import { stackKeys, type StackRecord, vpnUserKeys } from '../../stores/records/on-premises.ts';
import type { IntentRequest } from '../operations/intent-request.ts';
import type { OperationRecord } from '../operations/operation-record.ts';
import { heldBy } from '../operations/take-claims.ts';
import type { Machines } from './machines.ts';
import {
  accessClaim,
  accessProblems,
  createOpenVpnAccess,
  type VpnAccessParts,
  type VpnAccessRequest,
} from './open-vpn-access.ts';
import type { Procedures } from './procedures.ts';
import { createVpnAccessPlans } from './vpn-access-plan.ts';
import {
  type AskedWithSeed,
  createVpnUserIntents,
  intentOf,
  requireUser,
  type UserRequest,
} from './vpn-user-intents.ts';

export interface StartedUser {
  readonly operation: OperationRecord;
  /** A password that was made up in this call; undefined when there was one. */
  readonly password?: string;
}

/** Shared VPN access to a stack: its server, its users. */
export interface VpnAccess {
  /** Sets up the server and lets these users in; those that are there stay. */
  open(stackId: string, request: VpnAccessRequest, asked: AskedWithSeed): Promise<OperationRecord>;
  /** What of a request to open it cannot be, as far as its parts tell; Key Vault is not asked. */
  wrongParts(stackId: string, parts: VpnAccessParts): Promise<readonly Problem[]>;
  close(stackId: string, asked: IntentRequest): Promise<OperationRecord>;
  /** Lets one more user in, or one in again. */
  addUser(stackId: string, user: UserRequest, asked: AskedWithSeed): Promise<StartedUser>;
  resetUser(stackId: string, name: string, asked: AskedWithSeed): Promise<StartedUser>;
  setUser(
    stackId: string,
    name: string,
    wanted: 'disabled' | 'removed',
    asked: IntentRequest,
  ): Promise<OperationRecord>;
  plan(stackId: string): Promise<{ readonly outcome: 'ready'; readonly plan: VpnAccessPlan } | Refusal>;
  warnings(stack: StackRecord): Promise<readonly Problem[]>;
}

export interface VpnAccessOptions {
  readonly stores: OnPremisesStores;
  readonly machines: Machines;
  readonly procedures: Procedures;
  readonly secrets: Secrets;
  readonly now: () => Date;
}

export function createVpnAccess({ stores, machines, procedures, secrets, now }: VpnAccessOptions): VpnAccess {
  const at = (): string => now().toISOString();
  const intents = createVpnUserIntents({ stores, secrets, now });
  const plans = createVpnAccessPlans({ stores, machines, secrets });
  const open = createOpenVpnAccess({ stores, plans, intents, procedures, secrets, now });

  async function stackOf(stackId: string): Promise<StackRecord> {
    const stack = (await stores.stacks.get(stackKeys(stackId)))?.record;
    if (stack === undefined) throw new AppError('ERR_NOT_FOUND', `There is no stack ${stackId}.`);
    return stack;
  }

  async function openStackOf(stackId: string): Promise<StackRecord> {
    const stack = await stackOf(stackId);
    const state = stack.vpnAccess?.state ?? 'closed';
    if (state === 'closing' || state === 'closed') {
      throw new AppError(
        'ERR_CONFLICT',
        `Stack ${stackId} shares no VPN access now. POST /api/stacks/${stackId}/vpn-access opens it.`,
      );
    }
    // The users' passwords are being set: another change would be lost, or undone, by which comes last.
    if (state === 'opening') throw heldBy(accessClaim(stackId), stack.vpnAccess?.operationId ?? '');
    return stack;
  }

  async function beginUser(
    stackId: string,
    intent: VpnUserIntent,
    { operationId, requestedBy, orchestrations }: IntentRequest,
    intend?: () => Promise<void>,
  ): Promise<OperationRecord> {
    return procedures.begin({
      kind: 'setVpnUser',
      target: stackId,
      operationId,
      requestedBy,
      orchestrations,
      steps: setVpnUserSteps(intent),
      claims: [userClaim(stackId, intent.name)],
      intent,
      ...(intend === undefined ? {} : { intend }),
    });
  }

  async function letIn(
    stackId: string,
    user: UserRequest,
    asked: AskedWithSeed,
    isReset: boolean,
  ): Promise<StartedUser> {
    await openStackOf(stackId);
    const intent = await intents.intend(stackId, user, asked, { isReset });
    const wanted = { ...intentOf(intent.record), resetPassword: true };
    const operation = await beginUser(stackId, wanted, asked, () => intents.keep(intent));
    const { password, isRepeated } = intent;
    return { operation, ...(password === undefined || isRepeated ? {} : { password }) };
  }

  return {
    open: async (stackId, request, asked) => open(await stackOf(stackId), request, asked),

    wrongParts: async (stackId, parts) => {
      const stack = (await stores.stacks.get(stackKeys(stackId)))?.record;
      return stack === undefined ? [] : accessProblems(stack, parts);
    },

    close: async (stackId, asked) => {
      const stack = await stackOf(stackId);
      if (stack.vpnAccess === undefined || stack.vpnAccess.state === 'closed') {
        throw new AppError('ERR_CONFLICT', `Stack ${stackId} shares no VPN access.`);
      }
      return procedures.begin({
        kind: 'closeVpnAccess',
        target: stackId,
        ...requestOf(asked),
        steps: closeVpnAccessSteps(await plans.requirePlan(stack)),
        claims: [accessClaim(stackId)],
        intend: async () => {
          await stores.stacks.update(stackKeys(stackId), (current) =>
            current.vpnAccess === undefined
              ? undefined
              : {
                  ...current,
                  vpnAccess: { ...current.vpnAccess, state: 'closing', operationId: asked.operationId },
                  updatedAt: at(),
                },
          );
        },
      });
    },

    addUser: (stackId, user, asked) => letIn(stackId, user, asked, false),

    resetUser: async (stackId, name, asked) => {
      await openStackOf(stackId);
      await requireUser(stores, stackId, name);
      return letIn(stackId, { name }, asked, true);
    },

    setUser: async (stackId, name, wanted, asked) => {
      await openStackOf(stackId);
      const user = await requireUser(stores, stackId, name);
      return beginUser(stackId, { ...intentOf(user), wanted }, asked, async () => {
        await stores.vpnUsers.update(vpnUserKeys(stackId, name), (record) => ({
          ...record,
          wanted,
          operationId: asked.operationId,
          updatedAt: at(),
        }));
      });
    },

    plan: async (stackId) => {
      const plan = await plans.planOf(await stackOf(stackId));
      return 'outcome' in plan ? plan : { outcome: 'ready', plan };
    },

    warnings: async ({ id, vpnAccess }) => {
      if (vpnAccess === undefined) return [];
      const { addressFrom: from, addressTo: to } = vpnAccess;
      const users = (await plans.usersOf(id)).filter(({ wanted }) => wanted === 'enabled');
      return [...rangeWarnings({ from, to }, users.length), ...natWarnings(vpnAccess)];
    },
  };
}

function requestOf({ operationId, requestedBy, orchestrations }: IntentRequest): IntentRequest {
  return { operationId, requestedBy, orchestrations };
}

/** A private address says nothing: clients inside may reach it as it is. */
function natWarnings({ state, isBehindNat }: NonNullable<StackRecord['vpnAccess']>): readonly Problem[] {
  if (isBehindNat !== undefined || state === 'closed' || state === 'closing') return [];
  return [
    {
      path: '/isBehindNat',
      code: 'notStated',
      message:
        'Whether address translation stands between clients and the VPN server was not stated: kits for Windows are made as if none did, and connections fail with 809 where one does.',
      fix: 'POST the VPN access again with isBehindNat, then hand out new kits.',
    },
  ];
}

function userClaim(stackId: string, name: string): string {
  return `vpn-user:${stackId}:${name}`;
}
