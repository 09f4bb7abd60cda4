import type { Refusal } from '../contracts/outcomes.ts';
import {
  closeVpnAccessName,
  closeVpnAccessSteps,
  openVpnAccessName,
  openVpnAccessSteps,
  setVpnUserName,
  setVpnUserSteps,
  type VpnAccessPlan,
  type VpnUserWish,
} from '../contracts/vpn-access.ts';
import { AppError, invalidField, type Problem } from '../domain/app-error.ts';
import { makePassword, sharedKeyPattern, toKeyText } from '../domain/make-password.ts';
import { rangeProblems, rangeWarnings } from '../domain/vpn-address-range.ts';
import { ownSecretName } from '../domain/secret-uses.ts';
import type { Secrets } from '../ports/secrets.ts';
import { sha256Hex } from './digest.ts';
import type { Machines } from './machines.ts';
import type { OnPremisesBooks } from './on-premises-books.ts';
import type { OnPremisesStories } from './on-premises-stories.ts';
import type { StoryRequest } from './story-request.ts';
import { heldBy } from './take-claims.ts';
import type { OperationRecord } from './operation-record.ts';
import { stackKeys, vpnUserKeys, type StackRecord, type VpnUserRecord } from './records/on-premises.ts';

type RandomBytes = (label: string, length: number) => Uint8Array;

interface UserRequest {
  readonly name: string;
  readonly passwordSecret?: string | undefined;
}

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

interface Asked extends StoryRequest {
  readonly randomBytes: RandomBytes;
}

/** What a request wants of a user, before anything is written. */
interface UserIntent {
  readonly record: VpnUserRecord;
  /** Made up for this request. */
  readonly password?: string;
  /** The same request has come this far before. */
  readonly isRepeated: boolean;
}

export interface StartedUser {
  readonly operation: OperationRecord;
  /** A password that was made up in this call; undefined when there was one. */
  readonly password?: string;
}

/** Shared VPN access to a stack: its server, its users. */
export interface VpnAccess {
  /** Sets up the server and lets these users in; those that are there stay. */
  open(stackId: string, request: VpnAccessRequest, asked: Asked): Promise<OperationRecord>;
  /** What of a request to open it cannot be, as far as its parts tell; Key Vault is not asked. */
  wrongParts(stackId: string, parts: VpnAccessParts): Promise<readonly Problem[]>;
  close(stackId: string, asked: StoryRequest): Promise<OperationRecord>;
  /** Lets one more user in, or one in again. */
  addUser(stackId: string, user: UserRequest, asked: Asked): Promise<StartedUser>;
  resetUser(stackId: string, name: string, asked: Asked): Promise<StartedUser>;
  setUser(stackId: string, name: string, wanted: 'disabled' | 'removed', asked: StoryRequest): Promise<OperationRecord>;
  plan(stackId: string): Promise<{ readonly outcome: 'ready'; readonly plan: VpnAccessPlan } | Refusal>;
  warnings(stack: StackRecord): Promise<readonly Problem[]>;
}

export interface VpnAccessOptions {
  readonly books: OnPremisesBooks;
  readonly machines: Machines;
  readonly stories: OnPremisesStories;
  readonly secrets: Secrets;
  readonly now: () => Date;
}

export function createVpnAccess({ books, machines, stories, secrets, now }: VpnAccessOptions): VpnAccess {
  const at = (): string => now().toISOString();

  async function stackOf(stackId: string): Promise<StackRecord> {
    const stack = (await books.stacks.get(stackKeys(stackId)))?.record;
    if (stack === undefined) throw new AppError('ERR_NOT_FOUND', `There is no stack ${stackId}.`);
    return stack;
  }

  async function openStackOf(stackId: string): Promise<StackRecord> {
    const stack = await stackOf(stackId);
    const state = stack.vpnAccess?.state ?? 'closed';
    if (state === 'closing' || state === 'closed')
      throw new AppError(
        'ERR_CONFLICT',
        `Stack ${stackId} shares no VPN access now. POST /api/stacks/${stackId}/vpn-access opens it.`,
      );
    // The users' passwords are being set: another change would be lost, or undone, by which comes last.
    if (state === 'opening') throw heldBy(accessClaim(stackId), stack.vpnAccess?.operationId ?? '');
    return stack;
  }

  const usersOf = async (stackId: string): Promise<readonly VpnUserRecord[]> =>
    (await books.vpnUsers.list(stackId)).map(({ record }) => record);

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
      users: users.filter(({ wanted }) => wanted !== 'removed').map((user) => wishOf(user)),
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

  /** Whether the key that all clients share is there already: the caller's has to be, another one can be made up. */
  async function hasSharedKey(name: string, isGiven: boolean): Promise<boolean> {
    const key = await secrets.get({ use: 'l2tpKey', name });
    const path = '/sharedKeySecret';
    if (key === undefined && isGiven)
      throw invalidField(
        path,
        'secretMissing',
        `Key Vault has no secret ${name}.`,
        'Make it, or leave it out: a key is made up.',
      );
    if (key !== undefined && !sharedKeyPattern.test(key.value)) {
      const message = `Secret ${name} holds no key that every client takes.`;
      throw invalidField(path, 'sharedKeyUnfit', message, 'Use 20 to 64 letters, digits, ".", "_" and "-".');
    }
    return key !== undefined;
  }

  /** What is to be noted of a user, and their password where one has to be made up. Writes nothing: the request may be refused yet. */
  async function intendUser(
    stackId: string,
    { name, passwordSecret }: UserRequest,
    { operationId, randomBytes }: Asked,
    isReset: boolean,
    path = '/passwordSecret',
  ): Promise<UserIntent> {
    const before = (await books.vpnUsers.get(vpnUserKeys(stackId, name)))?.record;
    const isOurs = passwordSecret === undefined && (before?.isPasswordOurs ?? true);
    const secretName = passwordSecret ?? before?.passwordSecret ?? passwordSecretName(stackId, name);
    const isThere = (await secrets.get({ use: 'vpnPassword', name: secretName })) !== undefined;
    const isMade = isOurs && (isReset || !isThere);
    if (!isMade && !isThere)
      throw invalidField(
        path,
        'secretMissing',
        `Key Vault has no secret ${secretName}.`,
        'Make it, or leave it out: a password is made up.',
      );
    const hasPassword = before?.state === 'enabled' && before.passwordSecret === secretName && !isMade;
    return {
      record: {
        stackId,
        name,
        passwordSecret: secretName,
        isPasswordOurs: isOurs,
        state: hasPassword ? 'enabled' : 'pending',
        wanted: 'enabled',
        operationId,
        updatedAt: at(),
      },
      isRepeated: before?.operationId === operationId,
      ...(isMade ? { password: makePassword(randomBytes(`password ${name}`, 15)) } : {}),
    };
  }

  async function keepUser({ record, password }: UserIntent): Promise<void> {
    if (password !== undefined) await secrets.set({ use: 'vpnPassword', name: record.passwordSecret }, password);
    await books.vpnUsers.upsert(record);
  }

  async function beginUser(
    stackId: string,
    wish: VpnUserWish,
    { operationId, requestedBy, orchestrations }: StoryRequest,
    intend?: () => Promise<void>,
  ): Promise<OperationRecord> {
    return stories.begin({
      kind: setVpnUserName,
      target: stackId,
      operationId,
      requestedBy,
      orchestrations,
      steps: setVpnUserSteps(wish),
      claims: [userClaim(stackId, wish.name)],
      wish,
      ...(intend === undefined ? {} : { intend }),
    });
  }

  async function letIn(stackId: string, user: UserRequest, asked: Asked, isReset: boolean): Promise<StartedUser> {
    await openStackOf(stackId);
    const intent = await intendUser(stackId, user, asked, isReset);
    const wish = { ...wishOf(intent.record), resetPassword: true };
    const operation = await beginUser(stackId, wish, asked, () => keepUser(intent));
    const { password, isRepeated } = intent;
    return { operation, ...(password === undefined || isRepeated ? {} : { password }) };
  }

  return {
    open: async (stackId, request, asked) => {
      const stack = await stackOf(stackId);
      const { operationId, randomBytes } = asked;
      const { addressRange, users, splitRoutes, isBehindNat } = request;
      if (stack.natMachine === undefined)
        throw new AppError(
          'ERR_CONFLICT',
          `Stack ${stackId} names no natMachine: the machine that becomes the VPN server.`,
        );
      const given = request.sharedKeySecret;
      const sharedKeySecret = given ?? stack.vpnAccess?.sharedKeySecret ?? ownSecretName('l2tpKey', stackId);
      const problems = [...accessProblems(stack, request)];
      const hasKey = await gather(problems, () => hasSharedKey(sharedKeySecret, given !== undefined));
      const intents: UserIntent[] = [];
      for (const [index, user] of users.entries()) {
        const path = `/users/${index}/passwordSecret`;
        const intent = await gather(problems, () => intendUser(stackId, user, asked, false, path));
        if (intent !== undefined) intents.push(intent);
      }
      if (problems.length > 0)
        throw new AppError('ERR_REQUEST_INVALID', 'The VPN access cannot be set up like this.', { problems });
      if (hasKey !== true)
        await secrets.set({ use: 'l2tpKey', name: sharedKeySecret }, toKeyText(randomBytes('sharedKey', 32)));
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
      return stories.begin({
        kind: openVpnAccessName,
        target: stackId,
        ...storyOf(asked),
        steps: openVpnAccessSteps({ ...plan, users: withIntended(plan.users, intents) }),
        claims: [accessClaim(stackId)],
        intend: async () => {
          for (const intent of intents) await keepUser(intent);
          await books.stacks.update(stackKeys(stackId), (current) => ({
            ...current,
            vpnAccess: intended.vpnAccess,
            updatedAt: at(),
          }));
        },
      });
    },

    wrongParts: async (stackId, parts) => {
      const stack = (await books.stacks.get(stackKeys(stackId)))?.record;
      return stack === undefined ? [] : accessProblems(stack, parts);
    },

    close: async (stackId, asked) => {
      const stack = await stackOf(stackId);
      if (stack.vpnAccess === undefined || stack.vpnAccess.state === 'closed')
        throw new AppError('ERR_CONFLICT', `Stack ${stackId} shares no VPN access.`);
      return stories.begin({
        kind: closeVpnAccessName,
        target: stackId,
        ...storyOf(asked),
        steps: closeVpnAccessSteps(await requirePlan(stack)),
        claims: [accessClaim(stackId)],
        intend: async () => {
          await books.stacks.update(stackKeys(stackId), (current) =>
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
      await requireUser(books, stackId, name);
      return letIn(stackId, { name }, asked, true);
    },

    setUser: async (stackId, name, wanted, asked) => {
      await openStackOf(stackId);
      const user = await requireUser(books, stackId, name);
      return beginUser(stackId, { ...wishOf(user), wanted }, asked, async () => {
        await books.vpnUsers.update(vpnUserKeys(stackId, name), (record) => ({
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

/** Throws ERR_NOT_FOUND for a user that is not there, or was removed. */
export async function requireUser(books: OnPremisesBooks, stackId: string, name: string): Promise<VpnUserRecord> {
  const user = (await books.vpnUsers.get(vpnUserKeys(stackId, name)))?.record;
  if (user === undefined || user.state === 'removed')
    throw new AppError('ERR_NOT_FOUND', `Stack ${stackId} has no user ${name}.`);
  return user;
}

/** An account that was left from before, disabled, has another password than the one in Key Vault. */
function wishOf({ name, passwordSecret, wanted, state }: VpnUserRecord): VpnUserWish {
  return { name, passwordSecret, wanted, resetPassword: state !== 'enabled' };
}

/** The users of a plan as it will be read, in the order of their rows. */
function withIntended(users: readonly VpnUserWish[], intents: readonly UserIntent[]): readonly VpnUserWish[] {
  const wishes = new Map(
    [...users, ...intents.map(({ record }) => wishOf(record))].map((wish) => [wish.name.toLowerCase(), wish]),
  );
  return [...wishes].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, wish]) => wish);
}

function storyOf({ operationId, requestedBy, orchestrations }: StoryRequest): StoryRequest {
  return { operationId, requestedBy, orchestrations };
}

/** Names of secrets take letters, digits and hyphens only; the digest tells apart what becomes equal. */
function passwordSecretName(stackId: string, name: string): string {
  const plain = name.replaceAll(/[^A-Za-z0-9-]/g, '-');
  return ownSecretName('vpnPassword', `${stackId}-${plain}-${sha256Hex(name.toLowerCase()).slice(0, 6)}`);
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

function namedTwice(users: readonly UserRequest[]): readonly Problem[] {
  const names = users.map(({ name }) => name.toLowerCase());
  return users.flatMap(({ name }, index) =>
    names.indexOf(name.toLowerCase()) === index
      ? []
      : [
          {
            path: `/users/${index}/name`,
            code: 'userTwice',
            message: `${name} is there twice.`,
            fix: 'Windows does not tell letter case apart: name each user once.',
          },
        ],
  );
}

/** A private address says nothing: clients inside may reach it as it is. */
function natWarnings({ state, isBehindNat }: NonNullable<StackRecord['vpnAccess']>): readonly Problem[] {
  if (isBehindNat !== undefined || state === 'closed' || state === 'closing') return [];
  return [
    {
      path: '/isBehindNat',
      code: 'notTold',
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
  return { outcome: 'refused', code: 'Precondition', message };
}
