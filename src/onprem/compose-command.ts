import type { RemoteStepContract, StepMode } from '../contracts/on-premises/remote-step.ts';
import { findRemoteStep } from '../contracts/on-premises/step-table.ts';
import { AppError, type Problem } from '../domain/app-error.ts';
import { codeOfIssue } from '../domain/issue-code.ts';
import { computerNameSchema, type Transport } from '../domain/machine.ts';
import { isSetAside, notSetAside, type SecretReference, type SecretUse, secretUses } from '../domain/secret-uses.ts';
import { composedScripts } from './composed-scripts.ts';

export interface StepCommand {
  readonly stepId: string;
  readonly mode: StepMode;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Names in Key Vault, by the step's own names of its secrets: exactly those that its contract lists. */
  readonly secrets: Readonly<Record<string, string>>;
  /** The machine behind the one that is connected to, where the step acts there. */
  readonly via?: { readonly computerName: string; readonly credentialSecret: string } | undefined;
  readonly transport: Transport;
  /** Where a machine that reads secrets itself finds them. */
  readonly vaultUrl: string;
}

export interface ComposedCommand {
  /** ASCII, the same for every request. */
  readonly script: string;
  /** base64url of UTF-8 JSON. Without secrets. */
  readonly invocation: string;
  /** What whoever carries the command has to resolve; the account behind `via` is `viaCredential`. */
  readonly secrets: Readonly<Record<string, SecretReference>>;
}

/**
 * Windows starts no process with a command line of more than 32,767 characters, and the invocation is one of its words.
 */
const invocationLengthMax = 30_000;
const sources = { ssh: 'file', arc: 'vault', manual: 'prompt' } as const;

/**
 * What to run on a machine for one mode of one step: a fixed script, and beside it the data of this request. Throws
 * ERR_REQUEST_INVALID for parameters or secrets that the step's contract does not allow; a value is never quoted.
 */
export function composeCommand(command: StepCommand): ComposedCommand {
  const step = findRemoteStep(command.stepId);
  const script = composedScripts.get(command.stepId);
  if (step === undefined || script === undefined) throw refuse(`There is no step ${command.stepId}.`);
  if (!step.modes.includes(command.mode)) throw refuse(`Step ${step.id} has no mode ${command.mode}.`);
  const parameters = checkParameters(step, command.parameters);
  const secrets = checkSecrets(step, command.secrets);
  const { via, transport, vaultUrl } = command;
  const shown = ({ name, use }: SecretReference): object => ({
    name,
    kind: secretUses[use].form,
    ...(transport === 'arc' ? { vaultUrl } : {}),
  });
  const viaCredential = via && referTo(via.credentialSecret, 'account');
  if (via && !computerNameSchema.safeParse(via.computerName).success) {
    throw refuse('The machine behind has no such name.');
  }
  const invocation = encode({
    v: 1,
    step: step.id,
    mode: command.mode,
    parameters,
    secrets: Object.fromEntries(Object.entries(secrets).map(([key, secret]) => [key, shown(secret)])),
    source: sources[transport],
    ...(via && viaCredential && { via: { computerName: via.computerName, credential: shown(viaCredential) } }),
  });
  if (invocation.length > invocationLengthMax) throw refuse(`The parameters of step ${step.id} are too long.`);
  return { script, invocation, secrets: { ...secrets, ...(viaCredential && { viaCredential }) } };
}

function checkParameters(step: RemoteStepContract, given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const parsed = step.parameters.safeParse(given, { reportInput: true });
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue): Problem => {
    const pointer = ['', 'parameters', ...issue.path.map(String)].join('/');
    const message = `Step ${step.id} does not take this value.`;
    return { path: pointer, code: codeOfIssue(issue), message, fix: 'Send a value that the step’s contract allows.' };
  });
  throw refuse(`Step ${step.id} cannot be run with these parameters.`, problems);
}

function checkSecrets(
  step: RemoteStepContract,
  given: Readonly<Record<string, string>>,
): Readonly<Record<string, SecretReference>> {
  const wanted = Object.keys(step.secrets).sort();
  const named = Object.keys(given).sort();
  if (wanted.join() !== named.join()) {
    throw refuse(`Step ${step.id} takes the secrets [${wanted.join(', ')}], not [${named.join(', ')}].`);
  }
  return Object.fromEntries(Object.entries(step.secrets).map(([key, use]) => [key, referTo(given[key] ?? '', use)]));
}

/** A machine reads what it is told to, and the name becomes part of an address there. */
function referTo(name: string, use: SecretUse): SecretReference {
  if (!isSetAside({ use, name })) throw refuse(notSetAside({ use, name }));
  return { use, name };
}

function encode(invocation: object): string {
  return Buffer.from(JSON.stringify(invocation), 'utf8').toString('base64url');
}

function refuse(message: string, problems: readonly Problem[] = []): AppError {
  return new AppError('ERR_REQUEST_INVALID', message, { problems });
}
