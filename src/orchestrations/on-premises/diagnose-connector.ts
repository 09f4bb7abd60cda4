import { connectorSteps as steps } from '../../contracts/on-premises/connector-steps.ts';
import type { ConnectorPlan } from '../../contracts/on-premises/connectors.ts';
import type { Problem } from '../../domain/app-error.ts';
import { addressOf, tenantPortalPort } from '../../domain/connector-ports.ts';
import { endpointProblems } from '../../domain/endpoint-problems.ts';
import type { ProblemCode } from '../../domain/problem-codes.ts';
import type { Steps } from '../operations/call-activity.ts';
import type { Procedure } from './procedure.ts';
import { endOf, ProcedureStopped } from './procedure-end.ts';
import { on } from './step-request.ts';

/** What no look at the network would explain. */
const explained: ReadonlySet<ProblemCode> = new Set(['authFailed', 'notApproved', 'rebootRequired']);

/** How far the work has come: what can be there already, and so be to blame when it is not well. By names of clouds. */
export interface Reached {
  /** Azure Stack's portal was given the issuers of their certificates. */
  readonly issuers: Set<string>;
  /** Their connectors were set up on the portals, so their endpoints answer. */
  readonly endpoints: Set<string>;
}

/** What earlier runs have reached. The trust is established last. */
export function reachedBefore({ trustedClouds }: Pick<ConnectorPlan, 'trustedClouds'>): Reached {
  return { issuers: new Set(trustedClouds), endpoints: new Set(trustedClouds) };
}

/**
 * Does the work; when it fails, looks at the network and the certificates as the procedure's tips say, and adds what it
 * finds.
 */
export function* diagnosed(
  procedure: Procedure,
  { plan, reached }: { readonly plan: ConnectorPlan; readonly reached: Reached },
  work: Steps<unknown>,
): Steps<void> {
  const end = yield* endOf(work);
  if (end.status === 'succeeded') return;
  if (end.status === 'canceled' || explained.has(end.code)) throw new ProcedureStopped(end);
  const errors: Problem[] = [...(end.errors ?? [])];
  const looked = yield* endOf(lookAround(procedure, looksFor(plan, reached), errors));
  // A look that came to no end never takes the place of what it was to explain.
  if (looked.status !== 'succeeded') throw new ProcedureStopped(end);
  throw new ProcedureStopped({ ...end, errors });
}

interface NetworkLook {
  readonly machineId: string;
  readonly step: typeof steps.checkNetwork | typeof steps.checkTlsEndpoints;
  readonly endpoints: readonly { readonly host: string; readonly port: number }[];
}

/**
 * A certificate is nothing to blame where its issuer was not imported yet, nor an endpoint where nothing was installed.
 */
function looksFor({ clouds, waspMachine, checkMachines }: ConnectorPlan, reached: Reached): readonly NetworkLook[] {
  const portalsOf = (some: ConnectorPlan['clouds']): NetworkLook['endpoints'] =>
    some.map(({ tenantPortalFqdn }) => ({ host: tenantPortalFqdn, port: tenantPortalPort }));
  const endpoints = clouds.filter(({ name }) => reached.endpoints.has(name)).map(({ endpoint }) => addressOf(endpoint));
  const trusted = clouds.filter(({ name }) => reached.issuers.has(name));
  const others = clouds.filter(({ name }) => !reached.issuers.has(name));
  return [
    { machineId: waspMachine, step: steps.checkNetwork, endpoints: portalsOf(others) },
    { machineId: waspMachine, step: steps.checkTlsEndpoints, endpoints: [...portalsOf(trusted), ...endpoints] },
    ...checkMachines.map((machineId) => ({
      machineId,
      step: steps.checkTlsEndpoints,
      endpoints: [...portalsOf(clouds), ...endpoints],
    })),
  ].filter((look) => look.endpoints.length > 0);
}

function* lookAround(procedure: Procedure, looks: readonly NetworkLook[], errors: Problem[]): Steps<void> {
  const results = yield* procedure.probeAll(
    looks.map(({ machineId, step, endpoints }) => on(machineId)(step, { endpoints })),
  );
  for (const [index, result] of results.entries()) {
    const from = looks[index]?.machineId ?? '';
    if (result.outcome !== 'refused') {
      errors.push(...endpointProblems(result.facts.results, { from, path: '' }));
      continue;
    }
    const { code } = result;
    const message = `${from} could not look: ${result.message}`;
    errors.push({ path: '', code, message, fix: 'Repair the connection to this machine.' });
  }
}
