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

/**
 * The line that a script would have written for this answer: what people hand in is kept as machines would have said
 * it.
 */
export function toScriptLine(answer: StepAnswer): string {
  const code = scriptCodeNames.find((name) => scriptCodes[name] === answer.code) ?? '';
  return JSON.stringify({ ...answer, code });
}

/**
 * One remote step of a procedure: what its script takes and answers. Parameter names are the script's own (PowerShell
 * does not mind the case). Only strings, integers, booleans, lists of strings and lists of flat objects cross.
 */
export interface RemoteStepContract<
  Parameters extends z.ZodObject = z.ZodObject,
  Facts extends z.ZodObject = z.ZodObject,
  Secret extends string = string,
  SecretFact extends string = string,
  RunsAs extends boolean = boolean,
> {
  /** The step's number in the procedure: `P4`. Stored and shown, so it stays. */
  readonly id: string;
  /** Whose script runs: the step's own id, unless a procedure shows the step once more under another number. */
  readonly script: string;
  /** What it does, in a few words for people. */
  readonly title: string;
  readonly modes: readonly StepMode[];
  readonly parameters: Parameters;
  /** Parameters that are secrets, by use: a text becomes a SecureString, a credential a PSCredential. */
  readonly secrets: Readonly<Record<Secret, SecretUse>>;
  /** Facts, by mode all optional: what one mode does not know it leaves out. */
  readonly facts: Facts;
  /** Facts that are kept in Key Vault and nowhere else. */
  readonly secretFacts: readonly SecretFact[];
  /** Runs as an account of its own, given by the name of a secret for `runAsAccount`. */
  readonly runsAs: RunsAs;
  readonly timeoutSeconds: number;
  readonly usualSeconds: number;
  /** How often applying is tried where the step may be repeated. */
  readonly tries: number;
}

type Asked = 'id' | 'title' | 'parameters' | 'facts' | 'timeoutSeconds' | 'usualSeconds';

/** A step with what most steps have: all four modes, no secrets, one try. */
export function remoteStep<
  P extends z.ZodObject,
  F extends z.ZodObject,
  S extends string = never,
  K extends string = never,
  R extends boolean = false,
>(
  step: Pick<RemoteStepContract<P, F>, Asked> & Partial<RemoteStepContract<P, F, S, K, R>>,
): RemoteStepContract<P, F, S, K, R> {
  const usual = { script: step.id, modes: stepModes, secrets: {}, secretFacts: [], runsAs: false, tries: 1 };
  return { ...usual, ...step } as RemoteStepContract<P, F, S, K, R>;
}

/** The same script, where a procedure shows it under another number or title. */
export function shownAs<Step extends RemoteStepContract>(step: Step, shown: Partial<Pick<Step, 'id' | 'title'>>): Step {
  return { ...step, ...shown };
}

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

/** What a request for the step has to give it. */
export type StepParameters<Step extends RemoteStepContract> = DeepReadonly<z.input<Step['parameters']>>;

/** What the step may answer; facts that only Key Vault keeps are not among it. */
export type StepFacts<Step extends RemoteStepContract> = DeepReadonly<
  Omit<z.output<Step['facts']>, Step['secretFacts'][number]>
>;
