/**
 * The line's steps, as a user takes them through the public routes of a running stack. Each answers what the route
 * answered, and fails with the route's own words when that is not what the step needs.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { OperationView } from '../../../src/domain/operation.ts';
import { aCertificateRequest, toRequestPem } from '../../support/builders/a-certificate-request.ts';
import { anRsaKeyPair } from '../../support/builders/a-key-pair.ts';
import { commonName } from '../../support/builders/der.ts';
import { type RunningTestStack, type StackAnswer, waitUntil } from '../../support/stack.ts';

/** Durations of Azure are divided by this: a build takes some seconds. */
export const testSpeed = 600;
/** Says only that an operation hangs: more than any takes on a machine with other work to do. */
export const operationTimeoutMs = 180_000;

/** Less than the timers' minute: what is waited for is not to be theirs. */
const secondsBetweenLooks = 5;

export type JsonObject = Readonly<Record<string, unknown>>;
type Headers = Readonly<Record<string, string>>;

export interface Waiting {
  readonly timeoutMs?: number;
  /** Called with each look at the operation, the last one too. */
  readonly onLook?: (operation: OperationView) => void;
}

/** A plan of the folder examples, by file name without its ending. */
export function examplePlan(name: string): JsonObject {
  const file = resolve(__dirname, '..', '..', '..', 'examples', `${name}.json`);
  return JSON.parse(readFileSync(file, 'utf8')) as JsonObject;
}

/** The answer's body as an object; throws with the whole answer when its status is another. */
export function expectStatus(answer: StackAnswer, status: number): JsonObject {
  if (answer.status !== status) {
    throw new Error(`expected ${status}, got ${answer.status}: ${JSON.stringify(answer.body)}`);
  }
  return answer.body as JsonObject;
}

/** The operation that a route has accepted. */
export function acceptedOperation(answer: StackAnswer): OperationView {
  return expectStatus(answer, 202) as unknown as OperationView;
}

export async function getOperation(stack: RunningTestStack, id: string): Promise<OperationView> {
  return expectStatus(await stack.api('GET', `/api/operations/${id}`), 200) as unknown as OperationView;
}

/**
 * Waits for the operation's end, whatever it is: by the stack's clock, where that can be moved, so that back-offs and
 * Azure's minutes pass as fast as the work between them allows.
 */
async function waitForEnd(stack: RunningTestStack, id: string, waiting: Waiting = {}): Promise<OperationView> {
  let last = await getOperation(stack, id);
  async function hasEnded(): Promise<boolean> {
    last = await getOperation(stack, id);
    waiting.onLook?.(last);
    return ['succeeded', 'failed', 'canceled'].includes(last.status);
  }
  try {
    if (stack.isInRealTime) await waitUntil(hasEnded, waiting.timeoutMs ?? operationTimeoutMs);
    else await advanceUntil(stack, hasEnded);
  } catch (cause) {
    throw new Error(`operation has not ended: ${JSON.stringify(last)}`, { cause });
  }
  return last;
}

/** Moves the clock by seconds until `condition` holds; rejects when an hour has not brought it about. */
export async function advanceUntil(stack: RunningTestStack, condition: () => Promise<boolean>): Promise<void> {
  for (let seconds = 0; !(await condition()); seconds += secondsBetweenLooks) {
    if (seconds > 3600) throw new Error('not within an hour of the clock');
    await stack.advance(`PT${secondsBetweenLooks}S`);
  }
}

/** Waits for the operation's success; throws with the whole operation when it ends otherwise. */
export async function waitForOperation(
  stack: RunningTestStack,
  id: string,
  waiting: Waiting = {},
): Promise<OperationView> {
  const operation = await waitForEnd(stack, id, waiting);
  if (operation.status !== 'succeeded') throw new Error(`operation ended otherwise: ${JSON.stringify(operation)}`);
  return operation;
}

/** Follows what a route has accepted to its success. */
export async function followAccepted(
  stack: RunningTestStack,
  answer: StackAnswer,
  waiting: Waiting = {},
): Promise<OperationView> {
  return waitForOperation(stack, acceptedOperation(answer).id, waiting);
}

/** Builds the gateway of a plan, by default examples/vnet1-powershell.json, whose id is `vnet1gw`. */
export async function buildGateway(
  stack: RunningTestStack,
  plan: JsonObject = examplePlan('vnet1-powershell'),
  waiting: Waiting = {},
): Promise<OperationView> {
  return followAccepted(stack, await stack.api('POST', '/api/gateways', plan), waiting);
}

export async function createRoot(
  stack: RunningTestStack,
  id: string,
  more: JsonObject = {},
  headers: Headers = {},
): Promise<JsonObject> {
  const order = { id, subject: { commonName: `Test root ${id}` }, keyType: 'RSA-2048', ...more };
  return expectStatus(await stack.api('POST', '/api/roots', order, headers), 201);
}

export async function trustRoot(stack: RunningTestStack, gatewayId: string, rootId: string): Promise<OperationView> {
  return followAccepted(stack, await stack.api('PUT', `/api/gateways/${gatewayId}/roots/${rootId}`, {}));
}

export interface KeyAndRequest {
  /** PKCS #8. */
  readonly keyPem: string;
  readonly csrPem: string;
}

/** A client's key and its PKCS #10 request, the same for the same name within a test file. */
export function aKeyAndRequest(called = 'client'): KeyAndRequest {
  const { privateKey, spki } = anRsaKeyPair(called);
  const request = aCertificateRequest({ subject: commonName(called), spki, signWith: privateKey });
  return {
    keyPem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    csrPem: toRequestPem(request),
  };
}

export interface IssuedCertificate extends JsonObject {
  readonly thumbprint: string;
  readonly serialNumber: string;
  readonly subject: { readonly commonName: string };
  readonly notBefore: string;
  readonly notAfter: string;
  readonly state: string;
  readonly sessionIdentity: string;
  readonly certificate: string;
  readonly chain: readonly string[];
}

export interface CertificateOrder extends JsonObject {
  readonly rootId: string;
  readonly owner?: string;
  readonly csr?: string;
}

/** Issues a certificate; owner and request are made up if not given. */
export async function issue(
  stack: RunningTestStack,
  order: CertificateOrder,
  headers: Headers = {},
): Promise<IssuedCertificate> {
  const { owner = 'ann@example.com', csr = aKeyAndRequest().csrPem } = order;
  const answer = await stack.api('POST', '/api/certificates', { ...order, owner, csr }, headers);
  return expectStatus(answer, 201) as unknown as IssuedCertificate;
}

export async function revoke(stack: RunningTestStack, thumbprint: string, reason = 'left'): Promise<OperationView> {
  return followAccepted(stack, await stack.api('POST', `/api/certificates/${thumbprint}/revoke`, { reason }));
}

export async function reinstate(stack: RunningTestStack, thumbprint: string): Promise<OperationView> {
  return followAccepted(stack, await stack.api('POST', `/api/certificates/${thumbprint}/reinstate`));
}

export async function makeProfile(stack: RunningTestStack, gatewayId: string): Promise<OperationView> {
  return followAccepted(stack, await stack.api('POST', `/api/gateways/${gatewayId}/profile`));
}

export interface Kit {
  readonly platform: string;
  readonly fileName: string;
  /** In base64 where it is an archive. */
  readonly content: string;
  readonly keyFileName: string;
}

export async function kit(
  stack: RunningTestStack,
  thumbprint: string,
  gatewayId: string,
  platform = 'openvpn2',
): Promise<Kit> {
  const order = { gatewayId, platform };
  const answer = await stack.api('POST', `/api/certificates/${thumbprint}/kits`, order);
  return expectStatus(answer, 201) as unknown as Kit;
}

export interface GatewayRevocationView {
  readonly thumbprint: string;
  readonly commonName: string;
  readonly state: string;
}

export async function gatewayRevocations(
  stack: RunningTestStack,
  gatewayId: string,
): Promise<readonly GatewayRevocationView[]> {
  const body = expectStatus(await stack.api('GET', `/api/gateways/${gatewayId}/revocations`), 200);
  return body['items'] as readonly GatewayRevocationView[];
}

/** One request that an emulator answered. */
export interface JournalEntry {
  readonly at: string;
  readonly service: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly principal?: string;
  readonly fault?: string;
}

export async function readJournal(
  stack: RunningTestStack,
  filter: Readonly<Record<string, string>> = {},
): Promise<readonly JournalEntry[]> {
  const answer = await stack.control('GET', `/journal?${new URLSearchParams(filter).toString()}`);
  expectStatus(answer, 200);
  return answer.body as readonly JournalEntry[];
}

/** How many PUTs to a resource (the end of its path, case ignored) were taken. */
export function putCountOf(journal: readonly JournalEntry[], resource: string): number {
  return journal.filter(
    ({ method, path, status }) =>
      method === 'PUT' &&
      status >= 200 &&
      status < 300 &&
      (path.split('?')[0] ?? '').toLowerCase().endsWith(resource.toLowerCase()),
  ).length;
}
