import { connectorSteps as steps } from '../../contracts/on-premises/connector-steps.ts';
import {
  checkConnectorSecrets,
  type ConnectorPlan,
  type IssuerCertificate,
  noteConnector,
  ownSteps,
} from '../../contracts/on-premises/connectors.ts';
import { shownStep } from '../../contracts/on-premises/on-premises.ts';
import { type RemoteStepResult } from '../../contracts/on-premises/remote-commands.ts';
import type { Problem } from '../../domain/app-error.ts';
import type { Steps } from '../operations/call-activity.ts';
import { lookWithAccounts } from './connector-account-looks.ts';
import { isOfMachine, judged, type Look, looksOf } from './connector-looks.ts';
import type { Procedure } from './procedure.ts';
import { ProcedureStopped } from './procedure-end.ts';

/**
 * Looks at everything that has to hold before the first change, on all machines side by side, and reports all that does
 * not in one answer. What the portals' certificates are is kept for the steps that need it, and put into `plan`.
 */
export function* checkPreconditions(
  procedure: Procedure,
  plan: ConnectorPlan,
): Steps<{
  readonly plan: ConnectorPlan;
  readonly warnings: readonly Problem[];
}> {
  const step = shownStep(ownSteps.checkPreconditions);
  yield* procedure.begin(step);
  const looks = looksOf(plan);
  const results = yield* procedure.probeAll(looks.map(({ request }) => request));

  if (results.some((result) => result.outcome === 'refused' && result.code === 'canceled')) {
    throw new ProcedureStopped({ status: 'canceled' });
  }
  const secrets = yield* procedure.call(checkConnectorSecrets, { connectorId: plan.connectorId });
  const findings = [
    ...looks.flatMap((look, index) => {
      const result = results[index];
      return result === undefined ? [] : [judged(look, result)];
    }),
    { errors: secrets, warnings: [] },
    ...(yield* lookWithAccounts(procedure, plan, new Set(secrets.map(({ path }) => path)))),
  ];
  const errors = saidOnce(findings.flatMap((finding) => finding.errors));
  const warnings = saidOnce(findings.flatMap((finding) => finding.warnings));
  const certificates = certificatesOf(plan, looks, results);
  yield* procedure.call(noteConnector, { connectorId: plan.connectorId, warnings, ...certificates });
  if (errors.length > 0) {
    const message = `${errors.length} of the preconditions do not hold; errors lists all of them.`;
    return yield* procedure.fail(step, { code: 'precondition', message, detail: message, errors });
  }
  const detail =
    warnings.length === 0
      ? 'All hold.'
      : `All hold; ${warnings.length} ${warnings.length === 1 ? 'warning' : 'warnings'}.`;
  yield* procedure.end(step, detail);
  return { plan: { ...plan, ...certificates }, warnings };
}

function saidOnce(problems: readonly Problem[]): readonly Problem[] {
  const said = new Set<string>();
  return problems.filter(({ code, message }) => {
    const key = isOfMachine(code) ? `${code} ${message}` : '';
    const isNew = key === '' || !said.has(key);
    said.add(key);
    return isNew;
  });
}

/** What the looks at the portals' certificates found. */
function certificatesOf(
  { clouds }: ConnectorPlan,
  looks: readonly Look[],
  results: readonly RemoteStepResult<unknown>[],
): Pick<ConnectorPlan, 'thumbprints' | 'issuers'> {
  const thumbprints: Record<string, string> = {};
  const issuers: IssuerCertificate[] = [];
  for (const [index, { request }] of looks.entries()) {
    const result = results[index];
    const cloud = clouds.find(({ portalMachines }) => portalMachines.includes(request.machineId));
    if (
      request.step.id !== steps.checkCertificate.id ||
      result === undefined ||
      result.outcome === 'refused' ||
      cloud === undefined
    ) {
      continue;
    }
    const facts = steps.checkCertificate.facts.safeParse(result.facts).data;
    if (facts?.thumbprint !== undefined) thumbprints[request.machineId] = facts.thumbprint;
    for (const issuer of facts?.issuers ?? []) {
      const isKnown = issuers.some((known) => known.cloud === cloud.name && known.thumbprint === issuer.thumbprint);
      if (!isKnown) issuers.push({ cloud: cloud.name, ...issuer });
    }
  }
  return { thumbprints, issuers };
}
