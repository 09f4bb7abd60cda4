import type { StepEmulator } from '../world/records.ts';
import { commonEmulators, vpnAccessEmulators } from './p-steps.ts';
import { connectorEmulators } from './w-steps.ts';

/** Every step that the simulated machines can do. */
export const allEmulators: Readonly<Record<string, StepEmulator>> = {
  ...commonEmulators,
  ...vpnAccessEmulators,
  ...connectorEmulators,
};
