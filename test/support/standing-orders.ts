/** Orders of certificates under `root-1`, whose policy has somebody approve them. */
import { orderQuestion } from '../../src/contracts/certificates/order-certificate.ts';
import type { Role } from '../../src/domain/caller.ts';
import type { RootPolicy } from '../../src/domain/root-policy.ts';
import { certificateKeys, rootKeys } from '../../src/stores/records/certificates.ts';
import { aCertificateRequest, toRequestPem } from './builders/a-certificate-request.ts';
import { anOperationId, aRequest, aRoot, randomnessOf, type ServicesWorld } from './services-world.ts';

export const approval: RootPolicy = { approval: { days: 2 } };
export const csr = toRequestPem(aCertificateRequest());
export const operationId = anOperationId('order');
export const tester = { id: 'tester', name: 'tester', role: 'requester', via: 'apiKey' } as const;
export const standing = {
  rootId: 'root-1',
  owner: 'ann@example.com',
  requestedBy: 'tester',
  role: 'requester',
} as const;

type Asked = Partial<Parameters<ServicesWorld['certificateOrders']['ask']>[0]>;

export async function withPolicy(world: ServicesWorld, policy: RootPolicy): Promise<ServicesWorld> {
  if ((await world.stores.roots.get(rootKeys('root-1'))) === undefined) await aRoot(world);
  if ((await world.apiKeys.get('tester')) === undefined) await hasRole(world, 'requester');
  await world.stores.roots.update(rootKeys('root-1'), (root) => ({ ...root, policy }));
  return world;
}

/** Of whoever asks. */
export async function hasRole({ apiKeys }: ServicesWorld, role: Role): Promise<void> {
  await apiKeys.put({ id: 'tester', role, keyHash: 'a'.repeat(64), createdBy: 'boss' });
}

export async function ask(world: ServicesWorld, parts: Asked = { csr }): Promise<void> {
  await world.certificateOrders.ask({ ...standing, ...parts }, aRequest(world, 'order'), randomnessOf('order'));
}

/** What the orchestration asks people by. */
export async function decide(world: ServicesWorld, decision: 'approved' | 'rejected', comment?: string): Promise<void> {
  await world.operations.openWait(operationId, orderQuestion, { kind: 'approval', detail: 'Well?' });
  await world.operations.decide(operationId, { name: orderQuestion, decision, by: 'boss', comment });
}

export function collect(
  world: ServicesWorld,
  caller = { ...tester, id: 'tester' },
  wishes: Partial<Parameters<ServicesWorld['certificateOrders']['collect']>[1]> = {},
): ReturnType<ServicesWorld['certificateOrders']['collect']> {
  const by = { caller, orchestrations: world.orchestrations };
  return world.certificateOrders.collect(operationId, { password: undefined, encryption: undefined, ...wishes }, by);
}

/** Serial numbers of what was released. */
export async function certificatesOf({ stores }: ServicesWorld): Promise<readonly string[]> {
  const serialNumbers = (await stores.byRoot.list('root-1')).map(({ record }) => record.serialNumber);
  const records = await Promise.all(serialNumbers.map((one) => stores.certificates.get(certificateKeys(one))));
  return records.flatMap((stored) => (stored?.record.certificate === undefined ? [] : [stored.record.serialNumber]));
}
