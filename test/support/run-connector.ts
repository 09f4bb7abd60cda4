/**
 * Runs a connector's procedure to its end over machines in memory, portal branches included, and every part of it again
 * from its history.
 */
import {
  type CloudDataFile,
  connectCloudsSteps,
  type ConnectorPlan,
  connectPortalsName,
  disconnectCloudsSteps,
  verifyConnectorSteps,
} from '../../src/contracts/on-premises/connectors.ts';
import { connectClouds } from '../../src/orchestrations/on-premises/connect-clouds.ts';
import { connectPortals } from '../../src/orchestrations/on-premises/connect-portals.ts';
import { disconnectClouds } from '../../src/orchestrations/on-premises/disconnect-clouds.ts';
import { verifyConnector } from '../../src/orchestrations/on-premises/verify-connector.ts';
import { dataFileOf, wellFacts } from './connector-plan.ts';
import { anOnPremisesWorld, type OnPremisesWorld, type OnPremisesWorldOptions } from './on-premises-world.ts';
import {
  type Activities,
  type ChildRun,
  type OrchestrationRun,
  replayOrchestration,
  runOrchestration,
} from './orchestration-driver.ts';

const procedures = {
  connect: { tell: connectClouds, steps: connectCloudsSteps },
  verify: { tell: verifyConnector, steps: verifyConnectorSteps },
  disconnect: { tell: disconnectClouds, steps: disconnectCloudsSteps },
} as const;

export interface ConnectorTelling extends Omit<OnPremisesWorldOptions, 'planned'> {
  readonly plan: ConnectorPlan;
  /** Data files that are in the stores; none when connecting for the first time. */
  readonly files?: readonly CloudDataFile[];
  readonly attempt?: number;
}

export interface ToldConnector extends OnPremisesWorld {
  readonly run: OrchestrationRun;
  /** The portal branches. */
  readonly branches: readonly ChildRun[];
  /** What was noted of the connector, all together. */
  readonly noted: Readonly<Record<string, unknown>>[];
}

export const connectorOperationId = `op-${'3'.repeat(32)}`;

export function tellConnector(kind: keyof typeof procedures, telling: ConnectorTelling): ToldConnector {
  const { files = [], attempt = 1, steps, overrides } = telling;
  const noted: Readonly<Record<string, unknown>>[] = [];
  const stores = { plan: telling.plan };
  const activities: Activities = {
    readConnectorPlan: () => ({ outcome: 'ready', plan: stores.plan, files }),
    bindConnector: () => ({ outcome: 'bound' }),
    checkConnectorSecrets: () => [],
    noteConnector: ({ connectorId: _id, ...note }: { readonly connectorId: string } & Partial<ConnectorPlan>) => {
      noted.push(note);
      const { thumbprints, issuers } = note;
      if (thumbprints !== undefined && issuers !== undefined) stores.plan = { ...stores.plan, thumbprints, issuers };
    },
    matchDataFiles: () => ({ outcome: 'matched', files: telling.plan.clouds.map(dataFileOf) }),
    ...overrides,
  };
  const { tell, steps: plannedSteps } = procedures[kind];
  const world = anOnPremisesWorld({
    ...telling,
    planned: plannedSteps(telling.plan),
    steps: (step) => {
      const reply = steps?.(step);
      return reply ?? { facts: wellFacts(step.stepId) };
    },
    overrides: activities,
  });
  const children: ChildRun[] = [];
  const input = { operationId: connectorOperationId, attempt, target: 'wap' };
  const run = runOrchestration(tell, input, world.activities, {
    orchestrations: { [connectPortalsName]: connectPortals },
    children,
  });
  requireSame(run, replayOrchestration(tell, input, run.history));
  for (const { input: given, instanceId, startedMs, run: branch } of children) {
    requireSame(branch, replayOrchestration(connectPortals, given, branch.history, { instanceId, startMs: startedMs }));
  }
  return { ...world, run, branches: children, noted };
}

function requireSame(run: OrchestrationRun, replayed: OrchestrationRun): void {
  if (JSON.stringify(run) !== JSON.stringify(replayed)) {
    throw new Error('The history led to another end when run again.');
  }
}
