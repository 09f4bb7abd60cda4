import { z } from 'zod';
import { remoteStep } from './remote-step.ts';

/** Steps that belong to no procedure. */
export const commonSteps = {
  /** Who and what answers: for the check of a machine. */
  checkMachine: remoteStep({
    id: 'C1',
    title: 'Check the machine',
    modes: ['probe'],
    parameters: z.strictObject({}),
    facts: z
      .object({
        hostName: z.string(),
        osVersion: z.string(),
        powerShellVersion: z.string(),
        isElevated: z.boolean(),
        utcNow: z.string(),
      })
      .partial(),
    timeoutSeconds: 60,
    usualSeconds: 5,
    tries: 3,
  }),
  /** Restarts a machine that asks for it. Probe: is a restart pending? */
  restartMachine: remoteStep({
    id: 'C2',
    title: 'Restart the machine',
    modes: ['probe', 'apply', 'verify'],
    parameters: z.strictObject({}),
    facts: z.object({ lastBootUtc: z.string() }).partial(),
    timeoutSeconds: 300,
    usualSeconds: 120,
  }),
} as const;
