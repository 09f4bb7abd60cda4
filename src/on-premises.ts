import type { TokenCredential } from '@azure/core-auth';
import { createArmRest } from './azure/arm-rest.ts';
import { createCommandOutputs } from './azure/command-outputs.ts';
import type { Settings } from './config/settings.ts';
import { createConnectors } from './desk/connectors.ts';
import { createSettleTarget } from './desk/finish-on-premises.ts';
import { createKeepSecretFacts } from './desk/keep-secret-facts.ts';
import { createL2tpKits } from './desk/l2tp-kits.ts';
import { createMachines } from './desk/machines.ts';
import { createManualCommands } from './desk/manual-commands.ts';
import { createOnPremisesStories } from './desk/on-premises-stories.ts';
import { createStacks } from './desk/stacks.ts';
import { createTakeClaims } from './desk/take-claims.ts';
import { createVpnAccess } from './desk/vpn-access.ts';
import { createArcRunner } from './remote/arc-runner.ts';
import { createManualRunner } from './remote/manual-runner.ts';
import { createRunners } from './remote/runner-of.ts';
import { createSshRunner } from './remote/ssh-runner.ts';
import { commandContainer, type Services } from './services.ts';

/** What the stories on machines stand on, made once per process. */
export type OnPremises = ReturnType<typeof createOnPremises>;

// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- what is made here would be listed twice
export function createOnPremises(
  { tables, machineBooks: books, operations, claims, secrets, standing, downloads, now }: Services,
  settings: Settings,
  credential: TokenCredential,
) {
  const machines = createMachines({ books, now });
  const keepSecretFacts = createKeepSecretFacts({ secrets });
  const manualCommands = createManualCommands({ tables, keepSecretFacts });
  const kits = createL2tpKits({ books, secrets, downloads });
  const settleTarget = createSettleTarget({ books, secrets, withdraw: (stackId) => kits.withdraw(stackId), now });
  const stories = createOnPremisesStories({
    operations,
    claims,
    standing,
    takeClaims: createTakeClaims({ claims, operations, now }),
    onDied: (operation) => settleTarget(operation, 'failed'),
    now,
  });
  return {
    books,
    machines,
    manualCommands,
    keepSecretFacts,
    settleTarget,
    stories,
    kits,
    stacks: createStacks({ books, machines, now }),
    vpnAccess: createVpnAccess({ books, machines, stories, secrets, now }),
    connectors: createConnectors({ books, machines, stories, now }),
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
