import { deferredSteps, isOperationEnd } from '../../domain/operation.ts';
import { carrierOf, isOperationKind, type OperationCarrier } from '../../domain/operation-kinds.ts';
import type { Orchestrations } from '../../ports/orchestrations.ts';
import type { Unfinished, UnfinishedThing } from '../../stores/unfinished.ts';
import type { Audit } from '../requests/audit.ts';
import { noteOwnAct } from '../requests/own-acts.ts';
import type { Downloads } from './downloads.ts';
import { unfinishedOperation } from './operation-ends.ts';
import { instanceIdOf, type OperationRecord } from './operation-record.ts';
import type { Operations } from './operations.ts';

/**
 * Goes on with an operation that a crash left. The sweep knows by its family whose work it is, and nothing of the work.
 */
type Revive = (operation: OperationRecord, orchestrations: Orchestrations) => Promise<void>;

interface CompletedCertificate {
  readonly state: string;
  readonly serialNumber: string;
  readonly thumbprint?: string | undefined;
}

export interface SweepOptions {
  readonly operations: Operations;
  readonly unfinished: Pick<Unfinished, 'listAll' | 'drop'>;
  readonly gatewayOperations: { readonly revive: Revive };
  readonly procedures: { readonly revive: Revive };
  readonly revocations: { readonly run: Revive };
  readonly gatewayRevocations: { readonly run: Revive };
  readonly leavers: { readonly run: Revive };
  readonly certificateOrders: { readonly run: Revive };
  readonly certificateImports: { readonly run: Revive };
  readonly disconnects: { readonly run: Revive };
  readonly inventoryScans: { readonly run: Revive };
  readonly trust: { readonly run: Revive };
  readonly gatewayChanges: { readonly run: Revive };
  readonly certificates: { readonly complete: (id: string) => Promise<CompletedCertificate | undefined> };
  readonly rootKeyImports: { readonly complete: (keyName: string, since: string) => Promise<void> };
  readonly roots: { readonly complete: (id: string) => Promise<{ readonly state: string } | undefined> };
  readonly downloads: Pick<Downloads, 'listDue' | 'expire'>;
  readonly audit: Pick<Audit, 'write'>;
  readonly orchestrations: Orchestrations;
  readonly now: () => Date;
  /** Told of each thing that could not be finished this time; the next sweep tries again. */
  readonly onFault: (what: string, error: unknown) => void;
}

/** How many things a sweep tried to go on with, and how many of them could not be finished this time. */
export interface SweepCount {
  readonly tried: number;
  readonly failed: number;
}

/** Younger things are still being worked on by the request that began them. */
const youngMs = 2 * 60 * 1000;
const tooYoung = 'tooYoung';

/** Goes on with what a crash left between two lines. Reads the list of unfinished things, never everything. */
export async function sweep(options: SweepOptions): Promise<SweepCount> {
  let tried = 0;
  let failed = 0;
  const guarded = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      if ((await work()) !== tooYoung) tried += 1;
    } catch (error) {
      tried += 1;
      failed += 1;
      options.onFault(what, error);
    }
  };
  const unfinished = await options.unfinished.listAll();
  const listOf = (kind: string): readonly UnfinishedThing[] => unfinished.filter((thing) => thing.kind === kind);
  for (const id of await options.operations.repair(listOf(unfinishedOperation))) {
    await guarded(`operation ${id}`, async () => {
      const operation = await options.operations.get(id);
      if (operation === undefined || !isOld(options, operation.updatedAt)) return tooYoung;
      // Nothing is left half done: what remains waits for a change window, and the watch of the gateways for that.
      if (deferredSteps(operation.steps, options.now()).length > 0) return tooYoung;
      return reviveAndNote(options, operation);
    });
  }
  for (const thing of listOf('certificate')) {
    const { id, since } = thing;
    if (!isOld(options, since)) continue;
    await guarded(`certificate ${id}`, async () => {
      const record = await options.certificates.complete(id);
      if (record === undefined) await options.unfinished.drop(thing);
      if (record?.state !== 'issued') return;
      const { thumbprint, serialNumber } = record;
      const target = { serialNumber, ...(thumbprint === undefined ? {} : { thumbprint }) };
      await noteOwnAct(options, { key: since, action: 'sweep.certificateCompleted', target });
    });
  }
  for (const thing of listOf('root')) {
    const { id, since } = thing;
    if (!isOld(options, since)) continue;
    await guarded(`root ${id}`, async () => {
      const record = await options.roots.complete(id);
      if (record === undefined) await options.unfinished.drop(thing);
      if (record?.state !== 'active') return;
      await noteOwnAct(options, { key: since, action: 'sweep.rootCompleted', target: { rootId: id } });
    });
  }
  for (const { id, since } of listOf('rootKey')) {
    if (!isOld(options, since)) continue;
    await guarded(`imported key ${id}`, () => options.rootKeyImports.complete(id, since));
  }
  for (const due of await options.downloads.listDue()) {
    await guarded('a download that is over', () => options.downloads.expire(due));
  }
  return { tried, failed };
}

/** What the sweep started again or ended is in the audit; that it looked is not. */
async function reviveAndNote(options: SweepOptions, operation: OperationRecord): Promise<void> {
  const isStarted = { value: false };
  const { orchestrations } = options;
  const watched: Orchestrations = {
    ...orchestrations,
    start: async (name, instanceId, input) => {
      await orchestrations.start(name, instanceId, input);
      isStarted.value = instanceId === instanceIdOf(operation.id, operation.attempt);
    },
  };
  await reviveByCarrier({ ...options, orchestrations: watched }, operation);
  const after = await options.operations.get(operation.id);
  const hasEnded = after !== undefined && isOperationEnd(after.status);
  if (!hasEnded && !isStarted.value) return;
  const { id: operationId, kind, target } = operation;
  await noteOwnAct(options, {
    action: hasEnded ? 'sweep.operationEnded' : 'sweep.operationStarted',
    target: { kind, target },
    operationId,
    ...(after?.problem === undefined ? {} : { reason: after.problem.detail }),
  });
}

async function reviveByCarrier(options: SweepOptions, operation: OperationRecord): Promise<void> {
  const { orchestrations } = options;
  const carriers: Readonly<Record<OperationCarrier, Revive>> = {
    gatewayOperations: options.gatewayOperations.revive,
    trust: options.trust.run,
    gatewayChanges: options.gatewayChanges.run,
    revocations: options.revocations.run,
    gatewayRevocations: options.gatewayRevocations.run,
    leavers: options.leavers.run,
    disconnects: options.disconnects.run,
    inventoryScans: options.inventoryScans.run,
    certificateOrders: options.certificateOrders.run,
    certificateImports: options.certificateImports.run,
    procedures: options.procedures.revive,
  };
  if (!isOperationKind(operation.kind)) {
    throw new Error(`There is no handler for operations of kind ${operation.kind}.`);
  }
  await carriers[carrierOf(operation.kind)](operation, orchestrations);
}

function isOld({ now }: SweepOptions, since: string): boolean {
  return now().getTime() - Date.parse(since) > youngMs;
}
