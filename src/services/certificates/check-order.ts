import { AppError, type Problem } from '../../domain/app-error.ts';
import { dayMs } from '../../domain/days.ts';
import { checkNameText, uniqueCommonName } from '../../domain/distinguished-name.ts';
import { permitsName, type RootPolicy } from '../../domain/root-policy.ts';
import { type CertificateRequest, readCertificateRequest } from '../../pki/read-certificate-request.ts';
import { type CertificateRecord, rootKeys } from '../../stores/records/certificates.ts';
import { type OwnerRecord, standingDeparture } from '../../stores/records/owners.ts';
import type { Stores } from '../../stores/stores.ts';
import { findBlock, keyBlockedProblem } from './blocked-keys.ts';
import type { CertificateLookup } from './certificate-lookup.ts';
import { ownerLeftProblem } from './departures.ts';
import { type SigningRoot, signingRootOf } from './issuer-chain.ts';
import type { Owners } from './owners.ts';
import { commonNameTakenProblem, isNameTaken } from './shared-names.ts';

/** The parts of an order that are of the right shape. */
export interface OrderParts {
  readonly rootId?: string | undefined;
  readonly owner?: string | undefined;
  readonly csr?: string | undefined;
  readonly validityDays?: number | undefined;
  readonly commonName?: string | undefined;
  readonly allowSharedName?: boolean | undefined;
  readonly renews?: CertificateRecord['renews'];
  /** Of a key that is made here. */
  readonly keyType?: string | undefined;
}

export interface CheckOrderOptions {
  readonly stores: Pick<
    Stores,
    'roots' | 'blockedKeys' | 'revocations' | 'gateways' | 'madeResources' | 'rootGateways' | 'gatewayRevocations'
  >;
  readonly lookup: Pick<CertificateLookup, 'named'>;
  readonly owners: Pick<Owners, 'get' | 'findAt'>;
  /** Lets keys on P-256 and P-384 in; false if not given. */
  readonly allowEllipticCurve?: boolean | undefined;
  readonly now: () => Date;
}

/** An owner as an order names them; `isNew` while nobody has registered them. */
export interface OrderOwner {
  readonly id: string;
  readonly email?: string;
  readonly principal?: string;
  readonly isNew: boolean;
}

/** What the parts of an order lead to, as far as they are there and right, and all that is wrong with them. */
export interface OrderReading {
  readonly root: SigningRoot | undefined;
  readonly request: CertificateRequest | undefined;
  readonly owner: OrderOwner | undefined;
  readonly problems: readonly Problem[];
}

interface PartReading<T> {
  readonly value?: T;
  readonly problems: readonly Problem[];
}

/**
 * Reads the parts of an order that are there; writes nothing. `faults` are JSON Pointers of the places whose shape is
 * wrong: a name that was sent and cannot be read is not one that was left out.
 */
export async function readOrder(
  options: CheckOrderOptions,
  parts: OrderParts,
  faults: readonly string[] = [],
): Promise<OrderReading> {
  const [root, request, owner, named] = await Promise.all([
    readRoot(options, parts),
    readKey(options, parts),
    readOwner(options, parts, parts.commonName !== undefined || faults.includes('/commonName')),
    checkName(options, parts),
  ]);
  return {
    root: root.value,
    request: request.value,
    owner: owner.value,
    problems: [
      ...root.problems,
      ...request.problems,
      ...owner.problems,
      ...named,
      ...policyProblems(parts, root.value?.policy, request.value, owner.value),
    ],
  };
}

export function orderRefused(problems: readonly Problem[]): AppError {
  return new AppError('ERR_REQUEST_INVALID', 'The certificate cannot be issued; errors lists everything found.', {
    problems,
  });
}

/**
 * A name that no other certificate has: the owner's address, or else their id, with a token of 8 hex digits. Undefined
 * if there is none.
 */
export function ownNameOf({ id, email }: Pick<OrderOwner, 'id' | 'email'>, token: string): string | undefined {
  return email === undefined ? `${id.slice(0, 55)}.${token}` : uniqueCommonName(email, token);
}

/** What the root's policy has against the order. Of a name that is to be made up, its form is looked at. */
function policyProblems(
  { keyType, validityDays, commonName }: OrderParts,
  policy: RootPolicy = {},
  request: CertificateRequest | undefined,
  owner: OrderOwner | undefined,
): readonly Problem[] {
  const problems: Problem[] = [];
  const { keyTypes, validityDaysMax } = policy;
  const refuse = (path: string, message: string, fix: string): number =>
    problems.push({ path, code: 'beyondPolicy', message, fix });
  const type = keyType ?? (request === undefined ? undefined : keyTypeOf(request));
  if (type !== undefined && keyTypes?.some((known) => known === type) === false) {
    const path = keyType === undefined ? '/csr' : '/key/type';
    refuse(path, `The root's policy takes no ${type} key.`, `Use one of: ${keyTypes.join(', ')}.`);
  }
  if (validityDays !== undefined && validityDaysMax !== undefined && validityDays > validityDaysMax) {
    const message = `The root's policy lets a certificate be valid for ${validityDaysMax} days at most.`;
    refuse('/validityDays', message, `Ask for ${validityDaysMax} days or fewer.`);
  }
  const name = commonName ?? (owner === undefined ? undefined : ownNameOf(owner, '00000000'));
  if (name !== undefined && !permitsName(policy, name)) {
    const message = `The root's policy does not permit the name ${name}.`;
    const fix = `Use a name like one of: ${policy.names?.join(', ') ?? ''}.`;
    refuse(commonName === undefined ? '/owner' : '/commonName', message, fix);
  }
  return problems;
}

function keyTypeOf({ keyDescription }: CertificateRequest): string {
  return keyDescription.type === 'rsa' ? `RSA-${keyDescription.bits}` : keyDescription.curve;
}

async function readRoot(
  { stores, now }: CheckOrderOptions,
  { rootId, validityDays }: OrderParts,
): Promise<PartReading<SigningRoot>> {
  if (rootId === undefined) return { problems: [] };
  const root = await signingRootOf(stores, (await stores.roots.get(rootKeys(rootId)))?.record);
  if (root === undefined) {
    const fix = 'Create it with POST /api/roots.';
    return { problems: [{ path: '/rootId', code: 'rootUnknown', message: `Root ${rootId} does not exist.`, fix }] };
  }
  if (root.kind === 'imported' && root.key === undefined) {
    const message = `Root ${rootId} was imported without its key: its own authority issues, not Gatehouse.`;
    const fix = 'Have that authority sign the request, or name a root whose key is here.';
    return { problems: [{ path: '/rootId', code: 'rootWithoutKey', message, fix }] };
  }
  if (validityDays === undefined || now().getTime() + validityDays * dayMs <= Date.parse(root.notAfter)) {
    return { value: root, problems: [] };
  }
  const message = `Root ${root.id}, or an authority above it, expires on ${root.notAfter}.`;
  const fix = 'Ask for fewer days, or use a newer root.';
  return { value: root, problems: [{ path: '/validityDays', code: 'beyondRoot', message, fix }] };
}

async function readKey(
  { stores, allowEllipticCurve = false }: CheckOrderOptions,
  { csr }: OrderParts,
): Promise<PartReading<CertificateRequest>> {
  if (csr === undefined) return { problems: [] };
  const reading = readCertificateRequest(csr, { allowEllipticCurve });
  if (!reading.ok) return { problems: reading.problems.map((problem) => ({ path: '/csr', ...problem })) };
  const block = await findBlock(stores, reading.request.publicKeyHash);
  return { value: reading.request, problems: block === undefined ? [] : [keyBlockedProblem(block)] };
}

async function readOwner(
  options: CheckOrderOptions,
  { owner }: OrderParts,
  isNamed: boolean,
): Promise<PartReading<OrderOwner>> {
  if (owner === undefined) return { problems: [] };
  const reading = await readOwnerText(options, owner);
  if (reading.value === undefined || isNamed) return reading;
  return { ...reading, problems: [...reading.problems, ...ownNameProblems(reading.value)] };
}

/** Who is meant by an id or an address, somebody who is to be registered too; refused is whoever has left. */
export async function readOwnerText(
  { owners }: Pick<CheckOrderOptions, 'owners'>,
  text: string,
): Promise<PartReading<OrderOwner>> {
  const { registered, ofId } = text.includes('@')
    ? await owners.findAt(text, slugOf(text))
    : { registered: [], ofId: await owners.get(text) };
  const left = registered.find((owner) => standingDeparture(owner) !== undefined);
  const id = text.includes('@') ? (left?.id ?? idOfAddress(text, registered)) : text;
  if (id === undefined) {
    const ids = registered.map((owner) => owner.id).join(', ');
    const fix = 'Send the id of the owner who is meant.';
    const message = `More than one owner is registered with this address: ${ids}.`;
    return { problems: [{ path: '/owner', code: 'ownerAmbiguous', message, fix }] };
  }
  const known = registered.find((owner) => owner.id === id) ?? ofId;
  const departure = standingDeparture(known);
  if (departure !== undefined) return { problems: [ownerLeftProblem(id, departure)] };
  if (text.includes('@') && known?.email !== undefined && known.email.toLowerCase() !== text.toLowerCase()) {
    const fix = 'Register an owner id for this address and send that.';
    const message = `Owner id ${id} is registered with another address.`;
    return { problems: [{ path: '/owner', code: 'ownerAmbiguous', message, fix }] };
  }
  const isNew = known === undefined && text.includes('@');
  const { email = isNew ? text : undefined, principal } = known ?? {};
  const value: OrderOwner = {
    ...(email === undefined ? {} : { email }),
    ...(principal === undefined ? {} : { principal }),
    id,
    isNew,
  };
  return { value, problems: [] };
}

function ownNameProblems(owner: OrderOwner): readonly Problem[] {
  const name = ownNameOf(owner, '00000000');
  if (name !== undefined) return checkNameText(name, '/owner');
  const message = `No common name can be derived from ${owner.email ?? owner.id}.`;
  return [{ path: '/owner', code: 'emailUnusable', message, fix: 'Give a commonName.' }];
}

async function checkName(
  { stores, lookup }: CheckOrderOptions,
  { commonName, allowSharedName, owner, renews }: OrderParts,
): Promise<readonly Problem[]> {
  if (commonName === undefined) return [];
  const problems = checkNameText(commonName, '/commonName');
  if (problems.length > 0 || allowSharedName === true) return problems;
  const wish = { commonName, ...(owner === undefined ? {} : { owner }), ...(renews === undefined ? {} : { renews }) };
  return (await isNameTaken(stores, lookup, wish)) ? [commonNameTakenProblem(wish)] : [];
}

/**
 * Whoever is registered with the address, or else who is to be. Of several the one whose id is made of it, if it was
 * the first. Undefined where nothing says which is meant.
 */
function idOfAddress(email: string, registered: readonly OwnerRecord[]): string | undefined {
  const [first, ...others] = registered;
  const slug = slugOf(email);
  if (first === undefined) return slug;
  if (others.length === 0) return first.id;
  const own = registered.find(({ id }) => id === slug);
  return own !== undefined && registered.every(({ createdAt }) => createdAt >= own.createdAt) ? slug : undefined;
}

function slugOf(email: string): string {
  return email
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 63);
}
