import type { OrchestrationContext } from 'durable-functions';
import { endStep } from '../contracts/build-gateway.ts';
import {
  lookAtSecrets,
  noteConnector,
  ownSteps,
  type ConnectorCloud,
  type ConnectorPlan,
  type IssuerCertificate,
} from '../contracts/connectors.ts';
import { connectorSteps as W } from '../contracts/connector-steps.ts';
import { shownStep, type StoryProblem } from '../contracts/on-premises.ts';
import { failStep, type RemoteStepResult } from '../contracts/remote-commands.ts';
import { callActivity, type Steps } from './call-activity.ts';
import { trustRequest } from './connect-apis.ts';
import { allWell, looksOf, type Findings, type Look } from './connector-looks.ts';
import { begin, runStep, startStep, StoryStopped, type StepRequest, type Story } from './story.ts';

/**
 * Looks at everything that has to hold before the first change, on all machines side by side, and reports all that does not in
 * one answer. What the portals' certificates are is kept for the steps that need it, and put into `plan`.
 */
export function* checkPreconditions(
  context: OrchestrationContext,
  story: Story,
  plan: ConnectorPlan,
): Steps<{
  readonly plan: ConnectorPlan;
  readonly warnings: readonly StoryProblem[];
}> {
  const step = shownStep(ownSteps.preconditions);
  yield* begin(context, story, step);
  const looks = looksOf(plan);
  const results = (yield context.df.Task.all(
    looks.map(({ request }) => startStep(context, story, request)),
  )) as readonly RemoteStepResult[];

  if (results.some((result) => result.outcome === 'refused' && result.code === 'Canceled'))
    throw new StoryStopped({ status: 'canceled' });
  const secrets = yield* callActivity(context, lookAtSecrets, { connectorId: plan.connectorId });
  const findings = [
    ...results.map((result, index) => judged(looks[index], result)),
    { errors: secrets, warnings: [] },
    ...(yield* lookAtServers(context, story, plan, new Set(secrets.map(({ path }) => path)))),
  ];
  const errors = saidOnce(findings.flatMap((finding) => finding.errors));
  const warnings = saidOnce(findings.flatMap((finding) => finding.warnings));
  const { operationId } = story;
  const certificates = certificatesOf(plan, looks, results);
  yield* callActivity(context, noteConnector, { connectorId: plan.connectorId, warnings, ...certificates });
  if (errors.length > 0) {
    const message = `${errors.length} of the preconditions do not hold; errors lists all of them.`;
    yield* callActivity(context, failStep, { operationId, step, detail: message });
    throw new StoryStopped({ status: 'failed', step, code: 'Precondition', message, errors });
  }
  const detail =
    warnings.length === 0
      ? 'All hold.'
      : `All hold; ${warnings.length} ${warnings.length === 1 ? 'warning' : 'warnings'}.`;
  yield* callActivity(context, endStep, { operationId, step, detail });
  return { plan: { ...plan, ...certificates }, warnings };
}

/**
 * Whether the account of W31 gets at the SQL server, and is who it has to be there. One cloud after the other: a password that was
 * refused once is not tried at the next one's, or the account is locked out.
 */
function* lookAtServers(
  context: OrchestrationContext,
  story: Story,
  plan: ConnectorPlan,
  knownPaths: ReadonlySet<string>,
): Steps<readonly Findings[]> {
  const findings: Findings[] = [];
  const refused = new Set<string>();
  for (const [index, cloud] of plan.clouds.entries()) {
    const request = trustLook(cloud);
    if (request === undefined) {
      findings.push({ errors: [], warnings: [serverUnknown(cloud, index)] });
      continue;
    }
    const path = `/clouds/${index}/sqlRunAsSecret`;
    if (knownPaths.has(path) || refused.has(cloud.sqlRunAsSecret)) continue;
    const result = yield* runStep(context, story, request);
    if (result.outcome === 'refused' && result.code === 'AuthFailed') refused.add(cloud.sqlRunAsSecret);
    findings.push(judged({ path, request, judge: () => allWell }, result));
  }
  return findings;
}

/** Asks for a token service that nobody trusts: whether the server opens, to whom, and with which database is all that counts. */
function trustLook(cloud: ConnectorCloud): StepRequest | undefined {
  return cloud.sqlServer === undefined
    ? undefined
    : { ...trustRequest(cloud, nobodysFile, cloud.sqlServer), wish: 'probe' };
}

const nobodysFile = {
  fileName: 'none.txt',
  sha256: '0'.repeat(64),
  realm: 'urn:gatehouse:nobody',
  signingThumbprint: '0'.repeat(40),
};

function serverUnknown({ name }: ConnectorCloud, index: number): StoryProblem {
  return {
    path: `/clouds/${index}/sqlServer`,
    code: 'notLookedAt',
    message: `Whether the account of the trust gets at the SQL server of cloud ${name} was not looked at: the server is found only later.`,
    fix: 'Name sqlServer in the request to have it looked at before anything is changed.',
  };
}

function judged(look: Look | undefined, result: RemoteStepResult): Findings {
  if (look === undefined) return allWell;
  const { path, request, judge } = look;
  if (result.outcome !== 'refused') return judge(result.facts, path);
  const { code, message } = result;
  const where = isOfMachine(code) ? request.machineId : `${request.machineId}, ${shownStep(request.step)}`;
  const fix = fixes[code] ?? 'Mend it on the machine, then resume the operation.';
  return { errors: [{ path, code, message: `${where}: ${message}`, fix }], warnings: [] };
}

/** A machine that is away is away for every look, and said to be so once. */
function isOfMachine(code: string): boolean {
  return code === 'Unreachable';
}

function saidOnce(problems: readonly StoryProblem[]): readonly StoryProblem[] {
  const said = new Set<string>();
  return problems.filter(({ code, message }) => {
    const key = isOfMachine(code) ? `${code} ${message}` : '';
    const isNew = key === '' || !said.has(key);
    said.add(key);
    return isNew;
  });
}

const fixes: Readonly<Record<string, string>> = {
  Unreachable: 'Bring the machine up, open the way to it, then resume the operation.',
  AuthFailed: 'Correct the secret or the account, see that it is not locked, then resume the operation.',
};

/** What the looks at the portals' certificates found. */
function certificatesOf(
  { clouds }: ConnectorPlan,
  looks: readonly Look[],
  results: readonly RemoteStepResult[],
): Pick<ConnectorPlan, 'thumbprints' | 'issuers'> {
  const thumbprints: Record<string, string> = {};
  const issuers: IssuerCertificate[] = [];
  for (const [index, { request }] of looks.entries()) {
    const result = results[index];
    const cloud = clouds.find(({ portalMachines }) => portalMachines.includes(request.machineId));
    if (request.step.id !== W.W7.id || result === undefined || result.outcome === 'refused' || cloud === undefined)
      continue;
    const facts = W.W7.facts.safeParse(result.facts).data;
    if (facts?.thumbprint !== undefined) thumbprints[request.machineId] = facts.thumbprint;
    for (const issuer of facts?.issuers ?? []) {
      const isKnown = issuers.some((known) => known.cloud === cloud.name && known.thumbprint === issuer.thumbprint);
      if (!isKnown) issuers.push({ cloud: cloud.name, ...issuer });
    }
  }
  return { thumbprints, issuers };
}
