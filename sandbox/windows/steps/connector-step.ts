import { z } from 'zod';
import type { Performer, StepCall, StepOutcome } from '../world/records.ts';

/** An account that a script was given, as the launcher makes it from a secret. */
export const credentialSchema = z.strictObject({ username: z.string().min(1), password: z.string().min(1) });
export type Credential = z.infer<typeof credentialSchema>;

interface Binding<P extends z.ZodObject, S extends z.ZodObject> {
  readonly parameters: P;
  readonly secrets?: S;
  readonly modes: Readonly<Partial<Record<StepCall['mode'], (call: BoundCall<P, S>) => StepOutcome>>>;
}

export type BoundCall<P extends z.ZodObject = z.ZodObject, S extends z.ZodObject = z.ZodObject> = Omit<
  StepCall,
  'parameters' | 'secrets'
> & { readonly parameters: z.output<P>; readonly secrets: z.output<S> };

/**
 * A performer that takes exactly these parameters and secrets. Anything else is answered as PowerShell answers
 * arguments that it cannot bind, before anything is done.
 */
export function bindStep<P extends z.ZodObject, S extends z.ZodObject>(binding: Binding<P, S>): Performer {
  return (call) => {
    const perform = binding.modes[call.mode];
    if (perform === undefined) return bindingError(`Cannot validate argument on parameter 'Mode': ${call.mode}.`);
    const parameters = binding.parameters.safeParse(call.parameters);
    if (!parameters.success) return bindingError(describe(parameters.error));
    const secrets = (binding.secrets ?? z.strictObject({})).safeParse(call.secrets);
    if (!secrets.success) return bindingError(describe(secrets.error));
    return perform({ ...call, parameters: parameters.data, secrets: secrets.data as z.output<S> });
  };
}

/** All is as it should be, and was so before. */
export function fine(facts: object = {}): StepOutcome {
  return { ok: true, changed: false, code: '', facts };
}

/** Done now. */
export function changed(facts: object = {}): StepOutcome {
  return { ok: true, changed: true, code: '', facts };
}

export function refused(code: string, message: string, facts: object = {}): StepOutcome {
  return { ok: false, changed: false, code, facts, message };
}

/** What failed after something had been changed, or might have been. */
export function brokenOff(code: string, message: string, facts: object = {}): StepOutcome {
  return { ...refused(code, message, facts), changed: true };
}

/** What a probe or a verification says of one condition. */
export function seen(mode: StepCall['mode'], isSo: boolean, message: string, facts: object = {}): StepOutcome {
  if (isSo) return fine(facts);
  return refused(mode === 'verify' ? 'VerifyFailed' : 'NotDone', message, facts);
}

function bindingError(message: string): StepOutcome {
  return { ...refused('ToolFailed', message), exitCode: 1 };
}

function describe(error: z.ZodError): string {
  const [issue] = error.issues;
  if (issue?.code === 'unrecognized_keys') {
    return `A parameter cannot be found that matches parameter name '${issue.keys[0] ?? ''}'.`;
  }
  const name = String(issue?.path[0] ?? '');
  return issue?.code === 'invalid_type' && issue.input === undefined
    ? `Cannot process command because of one or more missing mandatory parameters: ${name}.`
    : `Cannot validate argument on parameter '${name}'.`;
}
