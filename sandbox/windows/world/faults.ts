import { z } from 'zod';
import { machineIdSchema } from '../machine/model.ts';

/**
 * What goes wrong with a command. `isApplied`, `wrongLine`, `noAnswer` and the older answers: its effect is there all
 * the same.
 */
const commandFaultSchema = z.discriminatedUnion('kind', [
  /** The script does not end by itself: its time runs out. */
  z.strictObject({ kind: z.literal('hang') }),
  /** Nothing ever says that it ended. */
  z.strictObject({ kind: z.literal('stuck') }),
  /** The machine loses its power in the middle, for so many seconds or for good. */
  z.strictObject({ kind: z.literal('die'), seconds: z.number().min(0).optional() }),
  z.strictObject({ kind: z.literal('accessDenied') }),
  /** The last line is no answer. */
  z.strictObject({ kind: z.literal('wrongLine') }),
  z.strictObject({ kind: z.literal('noAnswer') }),
  /** The answer of an earlier command comes first, or comes instead. */
  z.strictObject({ kind: z.literal('olderFirst') }),
  z.strictObject({ kind: z.literal('olderOnly') }),
  z.strictObject({ kind: z.literal('slow'), factor: z.number().min(1) }),
  z.strictObject({ kind: z.literal('fail'), code: z.string(), isApplied: z.boolean().default(false) }),
]);
export type CommandFault = z.infer<typeof commandFaultSchema>;

/** What goes wrong with a machine, from now on. */
const machineFaultSchema = z.discriminatedUnion('kind', [
  /** For so many seconds of the stack's clock, or until faults are cleared. */
  z.strictObject({ kind: z.literal('unreachable'), seconds: z.number().min(0).optional() }),
  /** So many of the next installations find another one running (1618). */
  z.strictObject({ kind: z.literal('busy') }),
  /** So many of the next installations end with a restart (3010). */
  z.strictObject({ kind: z.literal('reboot') }),
  z.strictObject({ kind: z.literal('powerOff') }),
  z.strictObject({ kind: z.literal('powerOn') }),
]);
export type MachineFault = z.infer<typeof machineFaultSchema>;

/** What to do wrong on purpose. Of a command, it is the next one that fits. */
export const windowsFaultSchema = z.strictObject({
  /** The one that the step acts on, be it reached directly or through another. */
  machine: machineIdSchema,
  step: z.string().optional(),
  mode: z.enum(['probe', 'apply', 'verify', 'undo']).optional(),
  times: z.int().min(1).default(1),
  then: z.union([commandFaultSchema, machineFaultSchema]),
});
export type WindowsFault = z.infer<typeof windowsFaultSchema>;

/** A fault that waits for its command. */
export interface WaitingFault {
  readonly machine: string;
  readonly step?: string | undefined;
  readonly mode?: string | undefined;
  left: number;
  readonly then: CommandFault;
}

/** Takes the fault that is due for this command, and counts it as done. */
export function takeFault(
  waiting: WaitingFault[],
  command: { readonly machine: string; readonly step: string; readonly mode: string },
): CommandFault | undefined {
  const at = waiting.findIndex(
    ({ machine, step, mode, left }) =>
      left > 0 &&
      machine === command.machine &&
      (step ?? command.step) === command.step &&
      (mode ?? command.mode) === command.mode,
  );
  const fault = waiting[at];
  if (fault === undefined) return undefined;
  fault.left -= 1;
  if (fault.left === 0) waiting.splice(at, 1);
  return fault.then;
}

/** Whether it is for a command that is yet to come. */
export function isCommandFault(then: WindowsFault['then']): then is CommandFault {
  return commandFaultSchema.safeParse(then).success;
}
