import {
  type CloudDataFile,
  connectCloudsSteps,
  type ConnectorPlan,
  disconnectCloudsSteps,
  verifyConnectorSteps,
} from '../../contracts/on-premises/connectors.ts';
import type { PlannedStep } from '../../contracts/on-premises/on-premises.ts';
import { AppError, invalidField } from '../../domain/app-error.ts';
import type { Role } from '../../domain/caller.ts';
import type { ConnectorRequest } from '../../domain/connector-request.ts';
import { preconditionRefused, type Refusal } from '../../domain/failure.ts';
import type { KindCarriedBy } from '../../domain/operation-kinds.ts';
import type { OnPremisesStores } from '../../stores/on-premises-stores.ts';
import { connectorKeys, type ConnectorRecord, stackKeys, type StackRecord } from '../../stores/records/on-premises.ts';
import type { IntentRequest } from '../operations/intent-request.ts';
import type { OperationRecord } from '../operations/operation-record.ts';
import { type BindConnector, createBindConnector } from './bind-connector.ts';
import { planShape, toPlan } from './connector-plan.ts';
import { requireDecided } from './connector-rights.ts';
import { requireWayBack } from './connector-way-back.ts';
import type { Machines } from './machines.ts';
import type { Procedures } from './procedures.ts';

type PlanAnswer =
  { readonly outcome: 'ready'; readonly plan: ConnectorPlan; readonly files: readonly CloudDataFile[] } | Refusal;

/**
 * Connectors of Windows Azure Pack clouds to a stack; a stack has one at most, because turning its mode off turns it
 * off for all.
 */
export interface Connectors {
  /**
   * Starts the procedure; the same connector again is put right, or given further clouds. ERR_CALLER_NOT_ALLOWED where
   * that takes an administrator and `role` is less, ERR_CONFLICT where a cloud or machine is missing for which
   * something may have been changed.
   */
  connect(request: ConnectorRequest, asked: IntentRequest & { readonly role: Role }): Promise<OperationRecord>;
  verify(id: string, asked: IntentRequest): Promise<OperationRecord>;
  disconnect(id: string, asked: IntentRequest): Promise<OperationRecord>;
  get(id: string): Promise<ConnectorRecord | undefined>;
  list(): Promise<readonly ConnectorRecord[]>;
  plan(id: string): Promise<PlanAnswer>;
  readonly bind: BindConnector;
}

export interface ConnectorsOptions {
  readonly stores: OnPremisesStores;
  readonly machines: Machines;
  readonly procedures: Procedures;
  readonly now: () => Date;
}

export function createConnectors({ stores, machines, procedures, now }: ConnectorsOptions): Connectors {
  const at = (): string => now().toISOString();
  const get = async (id: string): Promise<ConnectorRecord | undefined> =>
    (await stores.connectors.get(connectorKeys(id)))?.record;

  async function requireConnector(id: string): Promise<ConnectorRecord> {
    const record = await get(id);
    if (record === undefined) throw new AppError('ERR_NOT_FOUND', `There is no connector ${id}.`);
    return record;
  }

  async function stackFor({ id, stackId }: ConnectorRequest): Promise<StackRecord & { readonly waspMachine: string }> {
    const stack = (await stores.stacks.get(stackKeys(stackId)))?.record;
    if (stack === undefined) {
      throw invalidField(
        '/stackId',
        'stackUnknown',
        `There is no stack ${stackId}.`,
        'Register it with POST /api/stacks.',
      );
    }
    const { waspMachine, connectorId } = stack;
    if (waspMachine === undefined) {
      throw invalidField(
        '/stackId',
        'noWaspMachine',
        `Stack ${stackId} names no waspMachine.`,
        'Register AzS-WASP01 as a machine and name it in the stack.',
      );
    }
    if (connectorId !== undefined && connectorId !== id) {
      throw new AppError(
        'ERR_CONFLICT',
        `Stack ${stackId} has connector ${connectorId} already: add the clouds to that one.`,
      );
    }
    const other = await get(id);
    if (other !== undefined && other.request.stackId !== stackId) {
      throw new AppError('ERR_CONFLICT', `Connector ${id} is of stack ${other.request.stackId}.`);
    }
    return { ...stack, waspMachine };
  }

  async function note(
    request: ConnectorRequest,
    stack: StackRecord & { readonly waspMachine: string },
    { operationId, role }: { readonly operationId: string; readonly role: Role },
  ): Promise<void> {
    const before = await get(request.id);
    requireDecided(request, before?.request, role);
    requireWayBack(request, before);
    const nothing = {
      files: [],
      warnings: [],
      thumbprints: {},
      issuers: [],
      sqlServers: {},
      changedClouds: [],
      trustAttemptedClouds: [],
      trustedClouds: [],
    };
    await stores.connectors.upsert({
      ...nothing,
      ...before,
      id: request.id,
      state: 'connecting',
      request,
      hostMachine: stack.hostMachine,
      waspMachine: stack.waspMachine,
      operationId,
      createdAt: before?.createdAt ?? at(),
      updatedAt: at(),
    });
  }

  async function beginOn(
    id: string,
    procedure: {
      readonly kind: KindCarriedBy<'procedures'>;
      readonly steps: (plan: ConnectorPlan) => readonly PlannedStep[];
      /** The connector is this procedure's from now on: an earlier one cannot be resumed. */
      readonly changes: boolean;
      readonly stateAfter: (state: ConnectorRecord['state']) => ConnectorRecord['state'];
    },
    { operationId, requestedBy, orchestrations }: IntentRequest,
  ): Promise<OperationRecord> {
    const record = await requireConnector(id);
    const steps = procedure.steps(toPlan(record, undefined));
    const intend = async (): Promise<void> => {
      await stores.connectors.update(connectorKeys(id), (current) => ({
        ...current,
        state: procedure.stateAfter(current.state),
        ...(procedure.changes ? { operationId } : {}),
        updatedAt: at(),
      }));
    };
    const claims = claimsOf(record.request);
    return procedures.begin({
      kind: procedure.kind,
      target: id,
      operationId,
      requestedBy,
      orchestrations,
      steps,
      claims,
      intend,
    });
  }

  return {
    get,
    bind: createBindConnector({ stores, now }),
    list: async () => (await stores.connectors.list('connector')).map(({ record }) => record),
    connect: async (request, { operationId, requestedBy, orchestrations, role }) => {
      const before = await get(request.id);
      requireDecided(request, before?.request, role);
      const stack = await stackFor(request);
      requireWayBack(request, before);
      await machines.require(namedMachines(request));
      return procedures.begin({
        kind: 'connectClouds',
        target: request.id,
        operationId,
        requestedBy,
        orchestrations,
        steps: connectCloudsSteps(planShape(request)),
        claims: claimsOf(request),
        intend: () => note(request, stack, { operationId, role }),
      });
    },
    verify: (id, asked) =>
      beginOn(
        id,
        { kind: 'verifyConnector', steps: verifyConnectorSteps, changes: false, stateAfter: whileVerified },
        asked,
      ),
    disconnect: (id, asked) =>
      beginOn(
        id,
        { kind: 'disconnectClouds', steps: disconnectCloudsSteps, changes: true, stateAfter: () => 'disconnecting' },
        asked,
      ),
    plan: async (id) => {
      const record = await get(id);
      if (record === undefined) return preconditionRefused(`There is no connector ${id}.`);
      const stack = (await stores.stacks.get(stackKeys(record.request.stackId)))?.record;
      return { outcome: 'ready', plan: toPlan(record, stack), files: record.files };
    },
  };
}

/** One that never came to its end does not look connected because somebody looks at it. */
function whileVerified(state: ConnectorRecord['state']): ConnectorRecord['state'] {
  return state === 'connected' ? 'verifying' : state;
}

function namedMachines(
  request: ConnectorRequest,
): readonly { readonly id: string | undefined; readonly path: string }[] {
  const ofClouds = request.clouds.flatMap((cloud, index) => [
    ...cloud.portalMachines.map((id, position) => ({ id, path: `/clouds/${index}/portalMachines/${position}` })),
    ...cloud.apiMachines.map((id, position) => ({ id, path: `/clouds/${index}/apiMachines/${position}` })),
    { id: cloud.spfMachine, path: `/clouds/${index}/spfMachine` },
    { id: cloud.vmmMachine, path: `/clouds/${index}/vmmMachine` },
  ]);
  return [...request.checkMachines.map((id, index) => ({ id, path: `/checkMachines/${index}` })), ...ofClouds];
}

/**
 * The stack has one connector, and the connector one stack: two requests must not give one id to two stacks at once.
 */
function claimsOf({ id, stackId }: Pick<ConnectorRequest, 'id' | 'stackId'>): readonly string[] {
  return [`connector:${stackId}`, `connector-id:${id}`];
}
