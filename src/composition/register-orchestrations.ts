import * as df from 'durable-functions';
import type { OperationKind } from '../domain/operation-kinds.ts';

type Orchestration = df.OrchestrationHandler;

/**
 * Registers the orchestrations of operations, each under the name of its kind: one that is missing does not compile.
 */
export function registerOrchestrations<Kind extends OperationKind>(
  orchestrations: Readonly<Record<Kind, Orchestration>>,
): void {
  for (const [name, orchestration] of Object.entries<Orchestration>(orchestrations)) {
    df.app.orchestration(name, orchestration);
  }
}
