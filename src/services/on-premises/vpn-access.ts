import {
  closeVpnAccessSteps,
  openVpnAccessSteps,
  setVpnUserSteps,
  type VpnAccessPlan,
  type VpnUserIntent,
} from '../../contracts/on-premises/vpn-access.ts';
import { AppError, type Problem } from '../../domain/app-error.ts';
import type { Refusal } from '../../domain/failure.ts';
import { toKeyText } from '../../domain/make-password.ts';
import { ownSecretName } from '../../domain/secret-uses.ts';
import { rangeProblems, rangeWarnings } from '../../domain/vpn-address-range.ts';
import type { Secrets } from '../../ports/secrets.ts';
import type { OnPremisesStores } from '../../stores/on-premises-stores.ts';
import { stackKeys, type StackRecord, vpnUserKeys, type VpnUserRecord } from '../../stores/records/on-premises.ts';
import type { IntentRequest } from '../operations/intent-request.ts';
import type { OperationRecord } from '../operations/operation-record.ts';
import { heldBy } from '../operations/take-claims.ts';
import type { Machines } from './machines.ts';
import type { Procedures } from './procedures.ts';
import {
  type AskedWithSeed,
  createVpnUserIntents,
  intentOf,
  namedTwice,
  requireUser,
  type UserIntent,
  type UserRequest,
  withIntended,
} from './vpn-user-intents.ts';

export interface VpnAccessRequest {
  readonly addressRange: { readonly from: string; readonly to: string };
  readonly users: readonly UserRequest[];
  readonly splitRoutes: readonly string[];
  readonly sharedKeySecret?: string | undefined;
  /** Whether address translation stands between clients and the server; what was told before stays where nothing is. */
  readonly isBehindNat?: boolean | undefined;
}

/** The parts of such a request that have the right shape; users are whole or missing. */
interface VpnAccessParts {
  readonly addressRange?: { readonly from?: string | undefined; readonly to?: string | undefined } | undefined;
  readonly users?: readonly UserRequest[] | undefined;
}

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

  const usersOf = async (stackId: string): Promise<readonly VpnUserRecord[]> =>
    (await stores.vpnUsers.list(stackId)).map(({ record }) => record);

  async function planOf(stack: StackRecord): Promise<VpnAccessPlan | Refusal> {
    const { vpnAccess, natMachine } = stack;
    if (vpnAccess === undefined || natMachine === undefined) return refused(`Stack ${stack.id} shares no VPN access.`);
    const route = await machines.route(natMachine);
    if (route === undefined) return refused(`Machine ${natMachine} is not registered.`);
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
    open: async (stackId, request, asked) => {
      const stack = await stackOf(stackId);
      const { operationId, randomBytes } = asked;
      const { addressRange, users, splitRoutes, isBehindNat } = request;
      if (stack.natMachine === undefined) {
        throw new AppError(
          'ERR_CONFLICT',
          `Stack ${stackId} names no natMachine: the machine that becomes the VPN server.`,
        );
      }
      const given = request.sharedKeySecret;
      const sharedKeySecret = given ?? stack.vpnAccess?.sharedKeySecret ?? ownSecretName('l2tpKey', stackId);
      const problems = [...accessProblems(stack, request)];
      const hasKey = await gather(problems, () => intents.hasSharedKey(sharedKeySecret, given !== undefined));
      const wanted: UserIntent[] = [];
      for (const [index, user] of users.entries()) {
        const path = `/users/${index}/passwordSecret`;
        const intent = await gather(problems, () => intents.intend(stackId, user, asked, { isReset: false, path }));
        if (intent !== undefined) wanted.push(intent);
      }
      if (problems.length > 0) {
        throw new AppError('ERR_REQUEST_INVALID', 'The VPN access cannot be set up like this.', { problems });
      }
      if (hasKey !== true) {
        await secrets.set({ use: 'l2tpKey', name: sharedKeySecret }, toKeyText(randomBytes('sharedKey', 32)));
      }
      const intended: StackRecord = {
        ...stack,
        vpnAccess: {
          ...stack.vpnAccess,
          state: 'opening',
          addressFrom: addressRange.from,
          addressTo: addressRange.to,
          splitRoutes: [...splitRoutes],
          sharedKeySecret,
          ...(isBehindNat === undefined ? {} : { isBehindNat }),
          operationId,
        },
        updatedAt: at(),
      };
      const plan = await requirePlan(intended);
      return procedures.begin({
        kind: 'openVpnAccess',
        target: stackId,
        ...requestOf(asked),
        steps: openVpnAccessSteps({ ...plan, users: withIntended(plan.users, wanted) }),
        claims: [accessClaim(stackId)],
        intend: async () => {
          for (const intent of wanted) await intents.keep(intent);
          await stores.stacks.update(stackKeys(stackId), (current) => ({
            ...current,
            vpnAccess: intended.vpnAccess,
            updatedAt: at(),
          }));
        },
      });
    },

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
        steps: closeVpnAccessSteps(await requirePlan(stack)),
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
      const plan = await planOf(await stackOf(stackId));
      return 'outcome' in plan ? plan : { outcome: 'ready', plan };
    },

    warnings: async ({ id, vpnAccess }) => {
      if (vpnAccess === undefined) return [];
      const { addressFrom: from, addressTo: to } = vpnAccess;
      const users = (await usersOf(id)).filter(({ wanted }) => wanted === 'enabled');
      return [...rangeWarnings({ from, to }, users.length), ...natWarnings(vpnAccess)];
    },
  };
}

function requestOf({ operationId, requestedBy, orchestrations }: IntentRequest): IntentRequest {
  return { operationId, requestedBy, orchestrations };
}

function accessProblems(
  { internalAddress }: StackRecord,
  { addressRange: { from, to } = {}, users = [] }: VpnAccessParts,
): readonly Problem[] {
  const ranges = from === undefined || to === undefined ? [] : rangeProblems({ from, to }, internalAddress);
  return [...ranges, ...namedTwice(users)];
}

/** What a check refuses of the request is told with the rest. */
async function gather<T>(problems: Problem[], check: () => Promise<T>): Promise<T | undefined> {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'ERR_REQUEST_INVALID') throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

/** A private address says nothing: clients inside may reach it as it is. */
function natWarnings({ state, isBehindNat }: NonNullable<StackRecord['vpnAccess']>): readonly Problem[] {
  if (isBehindNat !== undefined || state === 'closed' || state === 'closing') return [];
  return [
    {
      path: '/isBehindNat',
      code: 'notStated',
      message:
        'Whether address translation stands between clients and the VPN server was not told: kits for Windows are made as if none did, and connections fail with 809 where one does.',
      fix: 'POST the VPN access again with isBehindNat, then hand out new kits.',
    },
  ];
}

function accessClaim(stackId: string): string {
  return `vpn-access:${stackId}`;
}

function userClaim(stackId: string, name: string): string {
  return `vpn-user:${stackId}:${name}`;
}

function refused(message: string): Refusal {
  return { outcome: 'refused', code: 'precondition', message };
}
