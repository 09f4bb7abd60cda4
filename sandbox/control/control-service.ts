import type { ServiceHost } from '../platform/service-host.ts';
import type { AdvanceLimits } from './advance-clock.ts';
import type { ArmControl } from './arm-control.ts';
import { armRoutes, type FindCommonName } from './arm-routes.ts';
import { type ControlServer, startControlServer } from './control-server.ts';
import type { RuntimeClient } from './runtime-client.ts';
import { stackRoutes } from './stack-routes.ts';
import type { WebhookInbox } from './webhook-inbox.ts';
import { webhookRoutes } from './webhook-routes.ts';
import { type WindowsControl, windowsRoutes } from './windows-routes.ts';

export interface ControlOptions {
  readonly port: number;
  readonly arm: ArmControl;
  readonly runtime: RuntimeClient;
  readonly inbox: WebhookInbox;
  readonly findCommonName: FindCommonName;
  /** The simulated machines, in a stack that has them. */
  readonly windows?: WindowsControl | undefined;
  /** Everything in the cloud process that has to be at rest before the clock moves on. */
  readonly services: Readonly<Record<string, { isIdle(): boolean }>>;
  readonly reset: () => void | Promise<void>;
  readonly limits?: AdvanceLimits;
}

/** Starts the stack's control API: plain HTTP for tools and tests on this machine. */
export function startControl(
  host: Pick<ServiceHost, 'clock' | 'scheduler' | 'journal' | 'faults'>,
  options: ControlOptions,
): Promise<ControlServer> {
  const parts = { clock: host.clock, scheduler: host.scheduler, runtime: options.runtime, services: options.services };
  return startControlServer(
    [
      ...stackRoutes({ host, parts, limits: options.limits, reset: options.reset }),
      ...armRoutes(options.arm, options.findCommonName),
      ...webhookRoutes(host, options.inbox),
      ...(options.windows === undefined ? [] : windowsRoutes(options.windows)),
    ],
    options.port,
  );
}
