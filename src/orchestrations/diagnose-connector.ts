import type { OrchestrationContext } from 'durable-functions';
import type { ConnectorPlan } from '../contracts/connectors.ts';
import { connectorSteps as W } from '../contracts/connector-steps.ts';
import type { StoryProblem } from '../contracts/on-premises.ts';
import type { RemoteStepResult } from '../contracts/remote-commands.ts';
import { addressOf, tenantPortalPort } from '../domain/connector-ports.ts';
import { endpointProblems } from '../domain/endpoint-problems.ts';
import type { Steps } from './call-activity.ts';
import { endOf, startStep, StoryStopped, type Story } from './story.ts';

/** What no look at the network would explain. */
const explained: ReadonlySet<string> = new Set(['AuthFailed', 'NotApproved', 'RebootRequired']);

/** Does the work; when it fails, looks at the network and the certificates as the procedure's tips say, and adds what it finds. */
export function* diagnosed(
  context: OrchestrationContext,
  story: Story,
  plan: ConnectorPlan,
  work: Steps<unknown>,
): Steps<void> {
  const end = yield* endOf(work);
  if (end.status === 'succeeded') return;
  if (end.status === 'canceled' || explained.has(end.code)) throw new StoryStopped(end);
  const errors: StoryProblem[] = [...(end.errors ?? [])];
  const looked = yield* endOf(lookAround(context, story, plan, errors));
  // A look that came to no end never takes the place of what it was to explain.
  if (looked.status !== 'succeeded') throw new StoryStopped(end);
  throw new StoryStopped({ ...end, errors });
}

function* lookAround(
  context: OrchestrationContext,
  story: Story,
  plan: ConnectorPlan,
  errors: StoryProblem[],
): Steps<void> {
  const endpoints = plan.clouds.flatMap(({ tenantPortalFqdn, endpoint }) => [
    { host: tenantPortalFqdn, port: tenantPortalPort },
    addressOf(endpoint),
  ]);
  const machines = [plan.waspMachine, ...plan.checkMachines];
  const looks = machines.map((machineId) =>
    startStep(context, story, {
      step: W.W23,
      machineId,
      wish: 'probe',
      parameters: { endpoints },
    }),
  );
  const results = (yield context.df.Task.all(looks)) as readonly RemoteStepResult[];
  for (const [index, result] of results.entries()) {
    const from = machines[index] ?? '';
    if (result.outcome !== 'refused') {
      errors.push(...endpointProblems(result.facts['results'], { from, path: '' }));
      continue;
    }
    const { code } = result;
    const message = `${from} could not look: ${result.message}`;
    errors.push({ path: '', code, message, fix: 'Mend the way to this machine.' });
  }
}
