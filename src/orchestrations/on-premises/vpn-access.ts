import type { OrchestrationContext } from 'durable-functions';
import { commonSteps } from '../../contracts/on-premises/common-steps.ts';
import { type OnPremisesEnd, shownStep } from '../../contracts/on-premises/on-premises.ts';
import {
  keepCertificateStep,
  keepStackCertificate,
  noteVpnServer,
  noteVpnUser,
  readVpnAccessPlan,
  readVpnUserIntent,
  restartAfterRoles,
  restartAfterSettings,
  type VpnAccessPlan,
  type VpnUserIntent,
} from '../../contracts/on-premises/vpn-access.ts';
import { vpnAccessSteps as steps } from '../../contracts/on-premises/vpn-access-steps.ts';
import type { Steps } from '../operations/call-activity.ts';
import { type Procedure, runProcedure } from './procedure.ts';
import { stopped } from './procedure-end.ts';
import { on, type StepRequest } from './step-request.ts';

/** Shares VPN access to an Azure Stack POC: the server on its NATVM, the users, the certificate that clients trust. */
export function* openVpnAccess(context: OrchestrationContext): Steps<OnPremisesEnd> {
  return yield* runProcedure(context, function* (procedure, stackId) {
    const plan = yield* readPlan(procedure, stackId);
    const [host, nat] = [on(plan.hostMachine), on(plan.natMachine)];

    if (plan.natVia !== undefined) yield* procedure.run(reachNat(plan, plan.natVia));
    const adapters = yield* procedure.run(nat(steps.findAdapters, { internalAddress: plan.internalAddress }));
    const internalNic = adapters.fact('internalNic');
    const externalNic = adapters.fact('externalNic');
    // A machine that asks nobody for names has none.
    const { dnsServers = [] } = adapters.facts;
    const asked = dnsServers.length === 0 ? {} : { dnsServers };
    yield* procedure.call(noteVpnServer, { stackId, externalNic, ...asked });
    // Whatever clients could not trust in the end is found out before the stack's way out is touched.
    const certificateNotAfter = yield* keepCertificate(procedure, plan);
    yield* procedure.run(nat(steps.keepSettings, {}));

    // Address translation of the whole stack may be down meanwhile: it is put right whatever happens.
    yield* procedure.compensated(setUpServer(procedure, plan, internalNic), () =>
      procedure.run(nat(steps.restoreAddressTranslation, { externalNic }), { always: true }),
    );

    yield* procedure.run(nat(steps.allowRemoteAccess, {}));
    const address = yield* procedure.run(nat(steps.readPublicAddress, { externalNic }));
    yield* procedure.run(nat(steps.openFirewall, { externalNic }));
    const { serverAddress = '' } = address.facts;
    yield* procedure.call(noteVpnServer, { stackId, serverAddress });

    for (const user of plan.users) yield* setUser(procedure, plan, user);
    const portal = yield* procedure.run(host(steps.checkPortal, { portalFqdn: plan.portalFqdn }));
    const portalAnswers = portal.facts.portalAnswers === true;
    return { serverAddress, certificateNotAfter, portalAnswers, users: plan.users.map(({ name }) => name) };
  });
}

/**
 * The roles, the shared key, the router. Restarts only where something changed, or an earlier attempt may have died
 * before its own.
 */
function* setUpServer(procedure: Procedure, plan: VpnAccessPlan, internalNic: string): Steps<void> {
  const { addressFrom, addressTo, keyIsCurrent, keyVersion, stackId } = plan;
  const nat = on(plan.natMachine);
  const role = yield* procedure.run(nat(steps.installVpnRole, { addressFrom, addressTo }));
  const siteRole = yield* procedure.run(nat(steps.installSiteToSiteRole, {}));
  yield* restart(procedure, nat(restartAfterRoles, {}), role.changed || siteRole.changed);

  const secrets = { sharedKey: plan.sharedKeySecret };
  const key = yield* procedure.run(nat(steps.setSharedKey, { keyIsCurrent }, { secrets }));
  const router = yield* procedure.run(nat(steps.setRouterType, {}));
  yield* restart(procedure, nat(restartAfterSettings, {}), key.changed || router.changed);
  yield* procedure.call(noteVpnServer, { stackId, keyVersion });
  yield* procedure.run(nat(steps.preferInternalAdapter, { internalNic }));
}

function* restart(procedure: Procedure, request: StepRequest, hasChanged: boolean): Steps<void> {
  if (hasChanged || procedure.isRepeated) yield* procedure.run(request);
  else yield* procedure.skip(shownStep(request.step), 'Not needed: nothing was changed before this step.');
}

/** Answers until when the certificate is valid that clients will trust. */
function* keepCertificate(procedure: Procedure, plan: VpnAccessPlan): Steps<string> {
  const { stackId, subjectPatterns } = plan;
  const host = on(plan.hostMachine);
  const found = yield* procedure.run(host(steps.findRootCertificate, { subjectPatterns }));
  const [thumbprint, store] = [found.fact('thumbprint'), found.fact('store')];
  const exported = yield* procedure.run(host(steps.exportRootCertificate, { thumbprint, store }));

  const step = shownStep(keepCertificateStep);
  yield* procedure.begin(step);
  const certificate = exported.fact('certificate');
  const kept = yield* procedure.call(keepStackCertificate, { stackId, thumbprint, store, certificate });
  if (kept.outcome === 'refused') return yield* procedure.fail(step, kept);
  yield* procedure.end(step, `Valid until ${kept.notAfter}.`);
  return kept.notAfter;
}

/** Takes the access back: users out first, then the policy, the roles and the settings from before. */
export function* closeVpnAccess(context: OrchestrationContext): Steps<OnPremisesEnd> {
  return yield* runProcedure(context, function* (procedure, stackId) {
    const plan = yield* readPlan(procedure, stackId);
    const { externalNic, certificate, natVia } = plan;
    const [host, nat] = [on(plan.hostMachine), on(plan.natMachine)];
    for (const user of plan.users) yield* setUser(procedure, plan, { ...user, wanted: 'disabled' });
    yield* procedure.undo(nat(steps.allowRemoteAccess, {}));
    if (externalNic === undefined) yield* procedure.skip(shownStep(steps.openFirewall), 'It was never opened.');
    else yield* procedure.undo(nat(steps.openFirewall, { externalNic }));
    yield* procedure.compensated(takeServerBack(procedure, plan), function* () {
      if (externalNic === undefined) {
        yield* procedure.skip(shownStep(steps.restoreAddressTranslation), 'It was never changed.');
      } else {
        yield* procedure.run(nat(steps.restoreAddressTranslation, { externalNic }), { always: true });
      }
    });
    if (certificate === undefined) {
      yield* procedure.skip(shownStep(steps.exportRootCertificate), 'It was never exported.');
    } else {
      yield* procedure.undo(host(steps.exportRootCertificate, certificate));
    }
    if (natVia !== undefined) yield* procedure.undo(reachNat(plan, natVia));
    return undefined;
  });
}

function* takeServerBack(procedure: Procedure, { natMachine, addressFrom, addressTo }: VpnAccessPlan): Steps<void> {
  const nat = on(natMachine);
  yield* procedure.undo(nat(steps.installSiteToSiteRole, {}));
  yield* procedure.undo(nat(steps.installVpnRole, { addressFrom, addressTo }));
  yield* procedure.undo(nat(steps.keepSettings, {}));
  yield* procedure.run(nat(restartAfterRoles, {}));
}

/** Lets one user in, or keeps one out. */
export function* setVpnUser(context: OrchestrationContext): Steps<OnPremisesEnd> {
  return yield* runProcedure(context, function* (procedure, stackId) {
    const plan = yield* readPlan(procedure, stackId);
    const intent = yield* procedure.call(readVpnUserIntent, { operationId: procedure.operationId });
    yield* setUser(procedure, plan, intent);
    return { user: intent.name, state: intent.wanted };
  });
}

function* setUser(procedure: Procedure, { stackId, natMachine }: VpnAccessPlan, user: VpnUserIntent): Steps<void> {
  const { name, wanted } = user;
  try {
    yield* procedure.run(userRequest(natMachine, user));
  } catch (error) {
    yield* procedure.call(noteVpnUser, { stackId, name, state: 'failed' });
    throw error;
  }
  yield* procedure.call(noteVpnUser, { stackId, name, state: wanted });
}

function userRequest(natMachine: string, { name: userName, wanted, ...user }: VpnUserIntent): StepRequest {
  const nat = on(natMachine, userName);
  switch (wanted) {
    case 'enabled': {
      const { resetPassword, passwordSecret: password } = user;
      return nat(steps.letUserIn, { userName, resetPassword }, { secrets: { password } });
    }
    case 'disabled':
      return nat(steps.disableUser, { userName });
    case 'removed':
      return nat(steps.removeUser, { userName });
  }
}

/** Looks who answers at a machine, and as whom. */
export function* checkMachine(context: OrchestrationContext): Steps<OnPremisesEnd> {
  return yield* runProcedure(context, function* (procedure, machineId) {
    const { facts } = yield* procedure.probe(on(machineId)(commonSteps.checkMachine, {}));
    return facts;
  });
}

function* readPlan(procedure: Procedure, stackId: string): Steps<VpnAccessPlan> {
  const answer = yield* procedure.call(readVpnAccessPlan, { stackId });
  if (answer.outcome === 'refused') throw stopped('', answer.code, answer.message);
  return answer.plan;
}

function reachNat({ hostMachine }: VpnAccessPlan, via: NonNullable<VpnAccessPlan['natVia']>): StepRequest {
  const { computerName, credentialSecret: credential } = via;
  return on(hostMachine)(steps.reachNatFromHost, { computerName }, { secrets: { credential } });
}
