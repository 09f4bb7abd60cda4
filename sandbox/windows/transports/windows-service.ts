import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceHost } from '../../platform/service-host.ts';
import type { StepEmulator, WorldDefinition } from '../world/records.ts';
import { openWorld, type WindowsWorld } from '../world/world.ts';
import { type ArcMachines, arcResourceIds, createArcMachines } from './arc-machines.ts';
import type { CheckScript } from './command-world.ts';
import { type ControlRoutes, createControlRoutes, type WindowsReach } from './control-routes.ts';
import { type SshdChoice, type SshFront, startSshFront } from './ssh-front.ts';
import { toCommandWorld } from './ssh-world.ts';
import type { VaultClient } from './vault-client.ts';

export interface WindowsOptions {
  readonly steps: Readonly<Record<string, StepEmulator>>;
  readonly checkScript: CheckScript;
  readonly vault: VaultClient;
  readonly vaultUrl: string;
  /** The machines of a folder that has none yet, and after a reset. */
  readonly defaultWorld: () => WorldDefinition;
  /** What the default world's machines let in, by the name of its secret in Key Vault. */
  readonly defaultSecrets: Readonly<Record<string, string>>;
  /** Path of powershell-shim.ts. */
  readonly shim: string;
  readonly sshd: SshdChoice;
  /** Called at the start, and when there are other machines than before. */
  readonly onReach: (reach: WindowsReach) => void;
}

export interface RunningWindows extends ControlRoutes {
  readonly world: WindowsWorld;
  readonly arc: ArcMachines;
  readonly server: SshFront['server'];
  isIdle(): boolean;
  reset(): Promise<void>;
  flush(): void;
  close(): Promise<void>;
}

/** Name of the Key Vault secret with the private key that the machines let in. */
const sshKeySecret = 'ssh-key-azs';

/**
 * Starts the simulated machines with the ways to them: SSH on loopback, and what Resource Manager and the control API
 * ask.
 */
export async function startWindows(host: ServiceHost, options: WindowsOptions): Promise<RunningWindows> {
  const { vault, vaultUrl } = options;
  const isNew = !existsSync(join(host.directory, 'windows.json'));
  const world = openWorld(host, {
    steps: options.steps,
    checkScript: options.checkScript,
    readSecret: (url, name) => vault.read(url, name),
  });
  if (isNew) world.define(options.defaultWorld());
  const front = await startSshFront({
    world: toCommandWorld(world),
    checkScript: options.checkScript,
    directory: join(host.directory, 'ssh'),
    shim: options.shim,
    sshd: options.sshd,
  });
  const reach = (): WindowsReach => ({
    ssh: front.reach(),
    arc: arcResourceIds(world, host.subscriptionId),
    privateKey: front.privateKeyFile,
  });
  async function afterDefine(): Promise<void> {
    await front.refresh();
    options.onReach(reach());
  }
  async function writeSecrets(): Promise<void> {
    const secrets = { ...options.defaultSecrets, [sshKeySecret]: front.privateKey };
    for (const [name, value] of Object.entries(secrets)) await vault.write(vaultUrl, name, value);
  }
  if (isNew) await writeSecrets();
  options.onReach(reach());
  const nowMs = (): number => host.clock.nowMs();
  return {
    ...createControlRoutes({ world, front, nowMs, reach, afterDefine }),
    world,
    arc: createArcMachines(world, nowMs),
    server: front.server,
    isIdle: () => front.isIdle(),
    async reset() {
      world.define(options.defaultWorld());
      front.faults.clear();
      await writeSecrets();
      await afterDefine();
    },
    flush: () => {
      world.flush();
    },
    close: () => front.close(),
  };
}
