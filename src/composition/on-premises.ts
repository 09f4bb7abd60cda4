import type { TokenCredential } from '@azure/core-auth';
import * as df from 'durable-functions';
import { createConnectorActivities } from '../activities/on-premises/connector-activities.ts';
import { createFinishProcedure } from '../activities/on-premises/finish-procedure.ts';
import { createRemoteActivities } from '../activities/on-premises/remote-activities.ts';
import { createVpnAccessActivities } from '../activities/on-premises/vpn-access-activities.ts';
import { createArmRest } from '../azure/arm-rest.ts';
import { createCommandOutputs } from '../azure/command-outputs.ts';
import type { Settings } from '../config/settings.ts';
import * as connectorContract from '../contracts/on-premises/connectors.ts';
import { finishProcedure } from '../contracts/on-premises/on-premises.ts';
import * as remoteContract from '../contracts/on-premises/remote-commands.ts';
import * as vpnAccessContract from '../contracts/on-premises/vpn-access.ts';
import type { KindCarriedBy } from '../domain/operation-kinds.ts';
import type { Route } from '../functions/http/route.ts';
import { connectorRoutes } from '../functions/on-premises/connectors.ts';
import { machineRoutes } from '../functions/on-premises/machines.ts';
import { stackRoutes } from '../functions/on-premises/stacks.ts';
import { vpnAccessRoutes } from '../functions/on-premises/vpn-access.ts';
import { connectClouds } from '../orchestrations/on-premises/connect-clouds.ts';
import { connectPortals } from '../orchestrations/on-premises/connect-portals.ts';
import { disconnectClouds } from '../orchestrations/on-premises/disconnect-clouds.ts';
import { runRemoteStep } from '../orchestrations/on-premises/run-remote-step.ts';
import { verifyConnector } from '../orchestrations/on-premises/verify-connector.ts';
import { checkMachine, closeVpnAccess, openVpnAccess, setVpnUser } from '../orchestrations/on-premises/vpn-access.ts';
import { createArcRunner } from '../remote/arc-runner.ts';
import { createManualRunner } from '../remote/manual-runner.ts';
import { createRunners } from '../remote/runner-of.ts';
import { createSshRunner } from '../remote/ssh-runner.ts';
import { createConnectors } from '../services/on-premises/connectors.ts';
import { createKeepSecretFacts } from '../services/on-premises/keep-secret-facts.ts';
import { createL2tpKits } from '../services/on-premises/l2tp-kits.ts';
import { createMachines } from '../services/on-premises/machines.ts';
import { createManualCommands } from '../services/on-premises/manual-commands.ts';
import { createProcedures } from '../services/on-premises/procedures.ts';
import { createSettleTarget } from '../services/on-premises/settle-target.ts';
import { createStacks } from '../services/on-premises/stacks.ts';
import { createVpnAccess } from '../services/on-premises/vpn-access.ts';
import { createTakeClaims } from '../services/operations/take-claims.ts';
import { createEndedCommands } from '../stores/ended-commands.ts';
import type { Certificates } from './certificate-services.ts';
import { containers } from './containers.ts';
import type { Core } from './core.ts';
import { registerActivities } from './register-activities.ts';
import { registerOrchestrations } from './register-orchestrations.ts';

/** What the procedures on machines stand on, made once per process. */
export type OnPremises = ReturnType<typeof createOnPremises>;

// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- what is made here would be listed twice
export function createOnPremises(
  { tables, onPremisesStores: stores, operations, claims, secrets, standing, log, now }: Core,
  { downloads }: Pick<Certificates, 'downloads'>,
  settings: Settings,
  credential: TokenCredential,
) {
  const machines = createMachines({ stores, now });
  const keepSecretFacts = createKeepSecretFacts({ secrets });
  const manualCommands = createManualCommands({ tables, keepSecretFacts });
  const kits = createL2tpKits({ stores, secrets, downloads });
  const settleTarget = createSettleTarget({ stores, secrets, withdraw: (stackId) => kits.withdraw(stackId), now });
  const endedCommands = createEndedCommands({ tables });
  const procedures = createProcedures({
    operations,
    claims,
    standing,
    takeClaims: createTakeClaims({ claims, operations, now }),
    onDied: async (operation) => {
      await settleTarget(operation, 'failed');
      await endedCommands.removeAll(operation.id);
    },
    now,
  });
  return {
    stores,
    machines,
    endedCommands,
    manualCommands,
    keepSecretFacts,
    settleTarget,
    procedures,
    kits,
    stacks: createStacks({ stores, machines, now }),
    vpnAccess: createVpnAccess({ stores, machines, procedures, secrets, now }),
    connectors: createConnectors({ stores, machines, procedures, now }),
    runners: createRunners({
      ssh: createSshRunner({ secrets, now }),
      arc: createArcRunner({
        arm: createArmRest({ endpoint: settings.armUrl, credential, log, now }),
        secrets,
        outputs: createCommandOutputs({ url: settings.blobUrl, container: containers.runCommands, credential }),
        now,
      }),
      manual: createManualRunner({ commands: manualCommands, now }),
    }),
  };
}

export function onPremisesNounRoutes({ operations }: Core, machine: OnPremises): readonly Route[] {
  const options = { ...machine, operations };
  return [...machineRoutes(options), ...stackRoutes(options), ...vpnAccessRoutes(options), ...connectorRoutes(options)];
}

export function registerProcedures(
  { operations, claims, secrets, expiries, sendWebhook, log, now }: Core,
  machine: OnPremises,
  { vaultUrl }: Settings,
): void {
  registerOrchestrations<KindCarriedBy<'procedures'>>({
    checkMachine,
    openVpnAccess,
    closeVpnAccess,
    setVpnUser,
    connectClouds,
    verifyConnector,
    disconnectClouds,
  });
  df.app.orchestration(remoteContract.runRemoteStepName, runRemoteStep);
  df.app.orchestration(connectorContract.connectPortalsName, connectPortals);

  const finish = createFinishProcedure({ ...machine, operations, claims });
  registerActivities(df.app, { finishProcedure }, { finishProcedure: finish });
  registerActivities(
    df.app,
    remoteContract,
    createRemoteActivities({ ...machine, operations, claims, vaultUrl, log, now }),
  );
  registerActivities(df.app, vpnAccessContract, createVpnAccessActivities({ ...machine, operations, expiries, now }));
  registerActivities(
    df.app,
    connectorContract,
    createConnectorActivities({ ...machine, expiries, secrets, send: sendWebhook, now }),
  );
}
