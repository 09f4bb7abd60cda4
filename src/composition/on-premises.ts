import type { TokenCredential } from '@azure/core-auth';
import { createArmRest } from '../azure/arm-rest.ts';
import { createCommandOutputs } from '../azure/command-outputs.ts';
import type { Settings } from '../config/settings.ts';
import { createConnectors } from '../services/on-premises/connectors.ts';
import { createSettleTarget } from '../services/on-premises/settle-target.ts';
import { createKeepSecretFacts } from '../services/on-premises/keep-secret-facts.ts';
import { createL2tpKits } from '../services/on-premises/l2tp-kits.ts';
import { createMachines } from '../services/on-premises/machines.ts';
import { createManualCommands } from '../services/on-premises/manual-commands.ts';
import { createProcedures } from '../services/on-premises/procedures.ts';
import { createStacks } from '../services/on-premises/stacks.ts';
import { createTakeClaims } from '../services/operations/take-claims.ts';
import { createVpnAccess } from '../services/on-premises/vpn-access.ts';
import { createArcRunner } from '../remote/arc-runner.ts';
import { createManualRunner } from '../remote/manual-runner.ts';
import { createRunners } from '../remote/runner-of.ts';
import { createSshRunner } from '../remote/ssh-runner.ts';
import { commandContainer, type Services } from './services.ts';

/** What the procedures on machines stand on, made once per process. */
export type OnPremises = ReturnType<typeof createOnPremises>;

// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- what is made here would be listed twice
export function createOnPremises(
  { tables, onPremisesStores: stores, operations, claims, secrets, standing, downloads, now }: Services,
  settings: Settings,
  credential: TokenCredential,
) {
  const machines = createMachines({ stores, now });
  const keepSecretFacts = createKeepSecretFacts({ secrets });
  const manualCommands = createManualCommands({ tables, keepSecretFacts });
  const kits = createL2tpKits({ stores, secrets, downloads });
  const settleTarget = createSettleTarget({ stores, secrets, withdraw: (stackId) => kits.withdraw(stackId), now });
  const procedures = createProcedures({
    operations,
    claims,
    standing,
    takeClaims: createTakeClaims({ claims, operations, now }),
    onDied: (operation) => settleTarget(operation, 'failed'),
    now,
  });
  return {
    stores,
    machines,
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
        arm: createArmRest({ endpoint: settings.armUrl, credential, now }),
        secrets,
        outputs: createCommandOutputs({ url: settings.blobUrl, container: commandContainer, credential }),
        now,
      }),
      manual: createManualRunner({ commands: manualCommands, now }),
    }),
  };
}
