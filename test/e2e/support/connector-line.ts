/**
 * The connector's procedure as a user has it: asked for, approved one by one while the stack's clock moves, and looked
 * at afterwards.
 */
import type { OperationView } from '../../../src/domain/operation.ts';
import type { RunningTestStack, StackAnswer } from '../../support/stack.ts';
import { connectorPackage } from '../../support/windows/connector-world.ts';
import { secretNames } from './connector-world.ts';
import { acceptedOperation, expectStatus, getOperation, type JsonObject } from './line.ts';
import { decide } from './onprem-line.ts';

/** What `POST /api/connectors` takes for one cloud of Windows Azure Pack Express. */
export function anExpressCloud(number: number, more: JsonObject = {}): JsonObject {
  const machine = `wapcomputer${number}`;
  const fqdn = `${machine}.contoso.com`;
  return {
    name: `AzurePack_${number}`,
    endpoint: `https://${fqdn}:40005`,
    tenantPortalFqdn: fqdn,
    tenantApiFqdn: fqdn,
    portalMachines: [machine],
    apiMachines: [machine],
    trustMachine: machine,
    sqlRunAsSecret: secretNames.sqlAdmin,
    ...more,
  };
}

/** The cloud of `aWideWorld`: four portals and two tenant APIs. */
export function aWideCloud(more: JsonObject = {}): JsonObject {
  return {
    name: 'Wide',
    endpoint: 'https://portal.contoso.com',
    tenantPortalFqdn: 'portal.contoso.com',
    tenantApiFqdn: 'api.contoso.com',
    portalMachines: ['portal1', 'portal2', 'portal3', 'portal4'],
    apiMachines: ['api1', 'api2'],
    trustMachine: 'api1',
    sqlRunAsSecret: secretNames.sqlAdmin,
    ...more,
  };
}

export function aConnectorRequest(more: JsonObject = {}): JsonObject {
  const { uri, sha256 } = connectorPackage;
  return {
    id: 'wap',
    stackId: 'poc',
    identity: 'adfs',
    azureStackCloudName: 'AzureStack',
    azureStackPortalFqdn: 'portal.local.azurestack.external',
    package: { uri, sha256 },
    privilegedEndpoint: { credentialSecret: secretNames.cloudAdmin },
    dataFiles: { credentialSecret: secretNames.domainAdmin },
    checkMachines: ['client'],
    clouds: [anExpressCloud(1), anExpressCloud(2)],
    ...more,
  };
}

/** What an operation waits for and nobody has decided. */
export type OpenApproval = NonNullable<OperationView['approvals']>[number];
/** Answers undefined where nothing is decided yet. */
export type Judge = (approval: OpenApproval) => 'approve' | 'reject' | undefined | Promise<undefined>;

export interface Follow {
  readonly judge?: Judge;
  /** Called with each look at the operation, the last one too. */
  readonly onLook?: (operation: OperationView) => void | Promise<void>;
  /** How far the clock goes between two looks. */
  readonly stepMinutes?: number;
}

const ends: readonly string[] = ['succeeded', 'failed', 'canceled'];
/** More than any procedure takes that is not left alone with an approval for a week. */
const looksMax = 400;

/** Follows an operation to its end, whatever that is. Every gate is approved unless `judge` says otherwise. */
export async function followOperation(
  stack: RunningTestStack,
  accepted: StackAnswer | string,
  { judge = () => 'approve', onLook, stepMinutes = 5 }: Follow = {},
): Promise<OperationView> {
  const id = typeof accepted === 'string' ? accepted : acceptedOperation(accepted).id;
  for (let looks = 0; looks < looksMax; looks += 1) {
    const operation = await getOperation(stack, id);
    await onLook?.(operation);
    if (ends.includes(operation.status)) return operation;
    for (const approval of openApprovals(operation)) {
      const verb = await judge(approval);
      if (verb !== undefined) await decide(stack, id, verb, { name: approval.name });
    }
    await stack.advance(`PT${stepMinutes}M`);
  }
  throw new Error(`The operation has not ended: ${describe(await getOperation(stack, id))}`);
}

/** Follows an operation and throws what became of it when it does not succeed. */
export async function followToSuccess(
  stack: RunningTestStack,
  accepted: StackAnswer | string,
  follow: Follow = {},
): Promise<OperationView> {
  const operation = await followOperation(stack, accepted, follow);
  if (operation.status !== 'succeeded') throw new Error(`The operation ended otherwise: ${describe(operation)}`);
  return operation;
}

export function openApprovals({ approvals = [] }: OperationView): readonly OpenApproval[] {
  return approvals.filter(({ decision }) => decision === undefined);
}

/** An operation without the steps that say nothing. */
function describe({ steps, ...operation }: OperationView): string {
  return JSON.stringify({ ...operation, steps: steps.filter(({ status }) => status !== 'pending') }, undefined, 1);
}

export interface ShownTenantView {
  readonly isListed: boolean;
  readonly errors: readonly string[];
  readonly virtualMachines: readonly string[];
}

/** What a tenant sees of a cloud in the portal of Azure Stack; undefined where it knows no such cloud. */
export async function seeAsTenant(stack: RunningTestStack, cloud: string): Promise<ShownTenantView | undefined> {
  const answer = await stack.control('GET', `/windows/tenant-view/${cloud}`);
  return answer.status === 404 ? undefined : (expectStatus(answer, 200) as unknown as ShownTenantView);
}
