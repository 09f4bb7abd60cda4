import type { OrchestrationContext } from 'durable-functions';
import { endStep, failStep } from '../../contracts/operations/steps.ts';
import { commonSteps } from '../../contracts/on-premises/common-steps.ts';
import { shownStep, type OnPremisesEnd } from '../../contracts/on-premises/on-premises.ts';
import {
  keepCertificateStep,
  keepStackCertificate,
  noteVpnServer,
  noteVpnUser,
  readVpnAccessPlan,
  readVpnUserIntent,
  restart1,
  restart2,
  userStep,
  type VpnAccessPlan,
  type VpnUserIntent,
} from '../../contracts/on-premises/vpn-access.ts';
import { vpnAccessSteps as steps } from '../../contracts/on-premises/vpn-access-steps.ts';
import { callActivity, type Steps } from '../operations/call-activity.ts';
import {
  begin,
  compensated,
  must,
  skip,
  stopped,
  runProcedure,
  type StepDone,
  type StepRequest,
  type Procedure,
} from './procedure.ts';

/** Shares VPN access to an Azure Stack POC: the server on its NATVM, the users, the certificate that clients trust. */
export function* openVpnAccess(context: OrchestrationContext): Steps<OnPremisesEnd> {
  return yield* runProcedure(context, function* (procedure, stackId) {
    const plan = yield* readPlan(context, stackId);
    const { host, nat } = places(context, procedure, plan);

    if (plan.natVia !== undefined) yield* host(reach(plan.natVia));
    const nics = yield* nat({ step: steps.findAdapters, parameters: { internalAddress: plan.internalAddress } });
    const internalNic = text(nics, 'internalNic');
    const externalNic = text(nics, 'externalNic');
    const dnsServers = addresses(nics, 'dnsServers');
    yield* callActivity(context, noteVpnServer, {
      stackId,
      externalNic,
      ...(dnsServers.length === 0 ? {} : { dnsServers }),
    });
    // Whatever clients could not trust in the end is found out before the stack's way out is touched.
    const notAfter = yield* keepCertificate(context, procedure, plan);
    yield* nat({ step: steps.keepSettings, parameters: {} });

    // Address translation of the whole stack may be down between P4 and P10: P11 puts it right, whatever happens there.
    yield* compensated(setUpServer(context, procedure, plan, internalNic), () =>
      nat({ step: steps.restoreAddressTranslation, parameters: { externalNic }, always: true }),
    );

    yield* nat({ step: steps.allowRemoteAccess, parameters: {} });
    const { facts } = yield* nat({ step: steps.readPublicAddress, parameters: { externalNic } });
    yield* nat({ step: steps.openFirewall, parameters: { externalNic } });
    const serverAddress = typeof facts['serverAddress'] === 'string' ? facts['serverAddress'] : '';
    yield* callActivity(context, noteVpnServer, { stackId, serverAddress });

    for (const user of plan.users) yield* setUser(context, procedure, plan, user);
    const portal = yield* host({ step: steps.checkPortal, parameters: { portalFqdn: plan.portalFqdn } });
    return {
      serverAddress,
      certificateNotAfter: notAfter,
      portalAnswers: portal.facts['portalAnswers'] === true,
      users: plan.users.map(({ name }) => name),
    };
  });
}

/** P4 to P10: the roles, the shared key, the router. Restarts only where something changed, or an earlier attempt may have died before its own. */
function* setUpServer(
  context: OrchestrationContext,
  procedure: Procedure,
  plan: VpnAccessPlan,
  internalNic: string,
): Steps<void> {
  const { nat } = places(context, procedure, plan);
  const { addressFrom, addressTo, keyIsCurrent, keyVersion, stackId } = plan;
  const isRepeated = procedure.attempt > 1;
  const role = yield* nat({ step: steps.installVpnRole, parameters: { addressFrom, addressTo } });
  const siteRole = yield* nat({ step: steps.installSiteToSiteRole, parameters: {} });
  if (role.changed || siteRole.changed || isRepeated) yield* nat({ step: restart1, script: 'P6', parameters: {} });
  else yield* skip(context, procedure, shownStep(restart1), 'Not needed: nothing was changed before this step.');

  const sharedKey = { sharedKey: plan.sharedKeySecret };
  const key = yield* nat({ step: steps.setSharedKey, parameters: { keyIsCurrent }, secrets: sharedKey });
  const router = yield* nat({ step: steps.setRouterType, parameters: {} });
  if (key.changed || router.changed || isRepeated) yield* nat({ step: restart2, script: 'P6', parameters: {} });
  else yield* skip(context, procedure, shownStep(restart2), 'Not needed: nothing was changed before this step.');
  yield* callActivity(context, noteVpnServer, { stackId, keyVersion });
  yield* nat({ step: steps.preferInternalAdapter, parameters: { internalNic } });
}

function* keepCertificate(context: OrchestrationContext, procedure: Procedure, plan: VpnAccessPlan): Steps<string> {
  const { host } = places(context, procedure, plan);
  const found = yield* host({ step: steps.findRootCertificate, parameters: { subjectPatterns: plan.subjectPatterns } });
  const thumbprint = text(found, 'thumbprint');
  const store = text(found, 'store') === 'CurrentUser' ? 'CurrentUser' : 'LocalMachine';
  const exported = yield* host({ step: steps.exportRootCertificate, parameters: { thumbprint, store } });

  const step = shownStep(keepCertificateStep);
  yield* begin(context, procedure, step);
  const { stackId } = plan;
  const certificate = text(exported, 'certificate');
  const kept = yield* callActivity(context, keepStackCertificate, { stackId, thumbprint, store, certificate });
  const { operationId } = procedure;
  if (kept.outcome === 'refused') {
    yield* callActivity(context, failStep, {
      operationId,
      step,
      code: kept.code,
      detail: `${kept.code}: ${kept.message}`,
    });
    throw stopped(step, kept.code, kept.message);
  }
  yield* callActivity(context, endStep, { operationId, step, detail: `Valid until ${kept.notAfter}.` });
  return kept.notAfter;
}

/** Takes the access back: users out first, then the policy, the roles and the settings from before. */
export function* closeVpnAccess(context: OrchestrationContext): Steps<OnPremisesEnd> {
  return yield* runProcedure(context, function* (procedure, stackId) {
    const plan = yield* readPlan(context, stackId);
    const { host, nat } = places(context, procedure, plan);
    const { addressFrom, addressTo, externalNic, certificate, natVia } = plan;
    for (const user of plan.users) yield* setUser(context, procedure, plan, { ...user, wanted: 'disabled' });
    yield* nat({ step: steps.allowRemoteAccess, parameters: {}, action: 'undo' });
    if (externalNic === undefined)
      yield* skip(context, procedure, shownStep(steps.openFirewall), 'It was never opened.');
    else yield* nat({ step: steps.openFirewall, parameters: { externalNic }, action: 'undo' });
    yield* compensated(takeServerBack(nat, { addressFrom, addressTo }), function* () {
      if (externalNic === undefined)
        yield* skip(context, procedure, shownStep(steps.restoreAddressTranslation), 'It was never touched.');
      else yield* nat({ step: steps.restoreAddressTranslation, parameters: { externalNic }, always: true });
    });
    if (certificate === undefined)
      yield* skip(context, procedure, shownStep(steps.exportRootCertificate), 'It was never exported.');
    else yield* host({ step: steps.exportRootCertificate, parameters: { ...certificate }, action: 'undo' });
    if (natVia !== undefined) yield* host({ ...reach(natVia), action: 'undo' });
    return undefined;
  });
}

function* takeServerBack(nat: At, range: { readonly addressFrom: string; readonly addressTo: string }): Steps<void> {
  yield* nat({ step: steps.installSiteToSiteRole, parameters: {}, action: 'undo' });
  yield* nat({ step: steps.installVpnRole, parameters: range, action: 'undo' });
  yield* nat({ step: steps.keepSettings, parameters: {}, action: 'undo' });
  yield* nat({ step: restart1, script: 'P6', parameters: {} });
}

/** Lets one user in, or keeps one out. */
export function* setVpnUser(context: OrchestrationContext): Steps<OnPremisesEnd> {
  return yield* runProcedure(context, function* (procedure, stackId) {
    const plan = yield* readPlan(context, stackId);
    const intent = yield* callActivity(context, readVpnUserIntent, { operationId: procedure.operationId });
    yield* setUser(context, procedure, plan, intent);
    return { user: intent.name, state: intent.wanted };
  });
}

function* setUser(
  context: OrchestrationContext,
  procedure: Procedure,
  plan: VpnAccessPlan,
  user: VpnUserIntent,
): Steps<void> {
  const { stackId } = plan;
  const { nat } = places(context, procedure, plan);
  const step = userStep(user.wanted);
  const isLetIn = step === steps.letUserIn;
  const parameters = isLetIn ? { userName: user.name, resetPassword: user.resetPassword } : { userName: user.name };
  const secrets = isLetIn ? { secrets: { password: user.passwordSecret } } : {};
  try {
    yield* nat({ step, where: user.name, parameters, ...secrets });
  } catch (error) {
    yield* callActivity(context, noteVpnUser, { stackId, name: user.name, state: 'failed' });
    throw error;
  }
  yield* callActivity(context, noteVpnUser, { stackId, name: user.name, state: user.wanted });
}

/** Looks who answers at a machine, and as whom. */
export function* checkMachine(context: OrchestrationContext): Steps<OnPremisesEnd> {
  return yield* runProcedure(context, function* (procedure, machineId) {
    const { facts } = yield* must(context, procedure, {
      step: commonSteps.checkMachine,
      machineId,
      parameters: {},
      action: 'probe',
    });
    return facts;
  });
}

function* readPlan(context: OrchestrationContext, stackId: string): Steps<VpnAccessPlan> {
  const answer = yield* callActivity(context, readVpnAccessPlan, { stackId });
  if (answer.outcome === 'refused') throw stopped('', answer.code, answer.message);
  return answer.plan;
}

type At = (request: Omit<StepRequest, 'machineId'>) => Steps<StepDone>;

function places(
  context: OrchestrationContext,
  procedure: Procedure,
  plan: VpnAccessPlan,
): { readonly host: At; readonly nat: At } {
  return {
    host: (request) => must(context, procedure, { ...request, machineId: plan.hostMachine }),
    nat: (request) => must(context, procedure, { ...request, machineId: plan.natMachine }),
  };
}

function reach(via: NonNullable<VpnAccessPlan['natVia']>): Omit<StepRequest, 'machineId'> {
  const { computerName, credentialSecret } = via;
  return { step: steps.reachNatFromHost, parameters: { computerName }, secrets: { credential: credentialSecret } };
}

/** A list that may be missing: a machine that asks nobody has none. */
function addresses({ facts }: StepDone, name: string): readonly string[] {
  const value = facts[name];
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

/** A fact that the procedure cannot go on without. */
function text({ facts }: StepDone, name: string): string {
  const value = facts[name];
  if (typeof value === 'string' && value !== '') return value;
  throw stopped('', 'toolFailed', `A step did not answer its fact ${name}.`);
}
