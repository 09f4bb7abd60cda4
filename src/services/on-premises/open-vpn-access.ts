import { openVpnAccessSteps } from '../../contracts/on-premises/vpn-access.ts';
import { AppError, type Problem } from '../../domain/app-error.ts';
import { toKeyText } from '../../domain/make-password.ts';
import { ownSecretName } from '../../domain/secret-uses.ts';
import { rangeProblems } from '../../domain/vpn-address-range.ts';
import type { Secrets } from '../../ports/secrets.ts';
import type { OnPremisesStores } from '../../stores/on-premises-stores.ts';
import { stackKeys, type StackRecord } from '../../stores/records/on-premises.ts';
import type { OperationRecord } from '../operations/operation-record.ts';
import type { Procedures } from './procedures.ts';
import type { VpnAccessPlans } from './vpn-access-plan.ts';
import {
  type AskedWithSeed,
  namedTwice,
  type UserIntent,
  type UserRequest,
  type VpnUserIntents,
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
export interface VpnAccessParts {
  readonly addressRange?: { readonly from?: string | undefined; readonly to?: string | undefined } | undefined;
  readonly users?: readonly UserRequest[] | undefined;
}

export interface OpenVpnAccessOptions {
  readonly stores: Pick<OnPremisesStores, 'stacks'>;
  readonly plans: Pick<VpnAccessPlans, 'requirePlan'>;
  readonly intents: VpnUserIntents;
  readonly procedures: Procedures;
  readonly secrets: Pick<Secrets, 'set'>;
  readonly now: () => Date;
}

type OpenVpnAccess = (stack: StackRecord, request: VpnAccessRequest, asked: AskedWithSeed) => Promise<OperationRecord>;

/**
 * Sets up a stack's VPN server and lets users in: everything that is wrong with the request is told before anything is
 * kept.
 */
export function createOpenVpnAccess(options: OpenVpnAccessOptions): OpenVpnAccess {
  const { stores, plans, intents, procedures, secrets, now } = options;
  const at = (): string => now().toISOString();

  return async (stack, request, asked) => {
    const { id: stackId } = stack;
    const { operationId, requestedBy, orchestrations, randomBytes } = asked;
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
    const plan = await plans.requirePlan(intended);
    return procedures.begin({
      kind: 'openVpnAccess',
      target: stackId,
      operationId,
      requestedBy,
      orchestrations,
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
  };
}

/** What of a request cannot be, as far as its parts tell. */
export function accessProblems(
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

/** One at a time opens or closes the access of a stack. */
export function accessClaim(stackId: string): string {
  return `vpn-access:${stackId}`;
}
