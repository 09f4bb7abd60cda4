import { randomBytes } from 'node:crypto';
import { createNamespace, deleteNamespace, plugIntoInternet } from './namespaces.ts';
import { readPublishedGateways } from './published-gateways.ts';
import { tryCommand } from './run-command.ts';

/** A person's machine: a namespace that reaches the stack's gateways and nothing else. */
export interface ClientNetwork {
  readonly namespace: string;
  /** Its address in the Internet namespace. */
  readonly address: string;
  /** True when `target` answers within a second. Without a tunnel there is no route to a pool or a VNet. */
  ping(target: string): Promise<boolean>;
  /** Ends its processes and removes it. */
  close(): Promise<void>;
}

/**
 * Makes a machine on the Internet of the stack in `stackDir`. Needs root; throws when its VPN emulator does not run.
 */
export async function openClientNetwork(stackDir: string): Promise<ClientNetwork> {
  const { internetNamespace } = readPublishedGateways(stackDir);
  // The stack's prefix, so that the stack's end takes its clients with it.
  const prefix = internetNamespace.slice(0, internetNamespace.indexOf('-') + 1);
  const namespace = `${prefix}${randomBytes(4).toString('hex')}`;
  await createNamespace(namespace);
  return {
    namespace,
    address: await plugIntoInternet(internetNamespace, namespace),
    ping: async (target) => {
      const ping = ['netns', 'exec', namespace, 'ping', '-n', '-q', '-c', '1', '-W', '1', target];
      return (await tryCommand('ip', ping)).code === 0;
    },
    close: () => deleteNamespace(namespace),
  };
}
