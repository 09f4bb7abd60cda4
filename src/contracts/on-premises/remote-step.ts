import { z } from 'zod';
import { cutText } from '../../domain/cut-text.ts';
import type { ProblemCode } from '../../domain/problem-codes.ts';
import type { SecretUse } from '../../domain/secret-uses.ts';

export const stepModes = ['probe', 'apply', 'verify', 'undo'] as const;
export type StepMode = (typeof stepModes)[number];

/** What scripts write as `code`, and which code it is from where their answer is read. Empty when all is well. */
const scriptCodes = {
  '': '',
  /** Probe: there is something to apply. */
  NotDone: 'notDone',
  Precondition: 'precondition',
  AuthFailed: 'authFailed',
  Unreachable: 'unreachable',
  ToolFailed: 'toolFailed',
  VerifyFailed: 'verifyFailed',
  TimedOut: 'timedOut',
  /** Done, and the machine has to start again before it counts (exit code 3010). */
  RebootRequired: 'rebootRequired',
  /** Another installation is running (exit code 1618): try again. */
  Busy: 'busy',
} as const satisfies Readonly<Record<string, ProblemCode | ''>>;

const scriptCodeNames = Object.keys(scriptCodes) as readonly (keyof typeof scriptCodes)[];

/** What a step answered. `ok` of a probe: it is done already. `code` decides what happens next. */
export const stepAnswerSchema = z.object({
  v: z.literal(1),
  step: z.string(),
  mode: z.enum(stepModes),
  changed: z.boolean(),
  ok: z.boolean(),
  code: z.enum(Object.values(scriptCodes)),
  facts: z.record(z.string(), z.unknown()),
  /** For people: what was seen, what to do. Without secrets; cut where a machine has much to say. */
  message: z
    .string()
    .overwrite((text) => cutText(text))
    .optional(),
});
export type StepAnswer = z.infer<typeof stepAnswerSchema>;

/** The last line that a script writes, read: from here on its code is one of ours. */
export const scriptAnswerSchema = stepAnswerSchema.extend({
  code: z.enum(scriptCodeNames).transform((code) => scriptCodes[code]),
});

/** The line that a script would have written for this answer: what people hand in is kept as machines would have said it. */
export function toScriptLine(answer: StepAnswer): string {
  const code = scriptCodeNames.find((name) => scriptCodes[name] === answer.code) ?? '';
  return JSON.stringify({ ...answer, code });
}

/**
 * One remote step of a procedure: what its script takes and answers. Parameter names are the script's own (PowerShell does not
 * mind the case). Only strings, integers, booleans, lists of strings and lists of flat objects cross.
 */
export interface RemoteStepContract<P extends z.ZodObject = z.ZodObject, F extends z.ZodObject = z.ZodObject> {
  /** The step's number in the procedure: `P4`. */
  readonly id: string;
  /** What it does, in a few words for people. */
  readonly title: string;
  readonly modes: readonly StepMode[];
  readonly parameters: P;
  /** Parameters that are secrets, by use: a text becomes a SecureString, a credential a PSCredential. */
  readonly secrets: Readonly<Record<string, SecretUse>>;
  /** Facts, by mode all optional: what one mode does not know it leaves out. */
  readonly facts: F;
  /** Facts that are kept in Key Vault and nowhere else. */
  readonly secretFacts: readonly string[];
  /** Runs as an account of its own, given by the name of a secret for `runAsAccount`. */
  readonly runsAs: boolean;
  readonly timeoutSeconds: number;
  readonly usualSeconds: number;
  /** How often applying is tried where the step may be repeated. */
  readonly tries: number;
}

type Given<P extends z.ZodObject, F extends z.ZodObject> = Pick<
  RemoteStepContract<P, F>,
  'id' | 'title' | 'parameters' | 'facts' | 'timeoutSeconds' | 'usualSeconds'
> &
  Partial<RemoteStepContract<P, F>>;

/** A step with what most steps have: all four modes, no secrets, one try. */
export function remoteStep<P extends z.ZodObject, F extends z.ZodObject>(step: Given<P, F>): RemoteStepContract<P, F> {
  return { modes: stepModes, secrets: {}, secretFacts: [], runsAs: false, tries: 1, ...step };
}
