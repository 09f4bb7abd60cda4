import type { RemoteStepContract, StepFacts, StepParameters } from '../../contracts/on-premises/remote-step.ts';

/** One remote step as a procedure asks for it. `Facts`: what it may answer. */
export interface StepRequest<Facts = unknown> {
  readonly step: RemoteStepContract;
  readonly machineId: string;
  /** Named in the operation's step where one step runs at several places. */
  readonly where?: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Names of Key Vault secrets by parameter. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Name of the secret with the account that the step runs as. */
  readonly runAs?: string;
  /** Under which name Key Vault keeps a fact that nothing else may hold. */
  readonly secretFacts?: Readonly<Record<string, string>>;
  /** Only for the compiler: never present. */
  readonly types?: { readonly facts: Facts };
}

type Named<Key extends PropertyKey, Keys> = [Keys] extends [never]
  ? Readonly<Partial<Record<Key, never>>>
  : Readonly<Record<Key, Readonly<Record<Keys & string, string>>>>;

/** What a step is given beside its parameters: exactly the secrets and the account that its contract names. */
type Given<Step extends RemoteStepContract> = Named<'secrets', keyof Step['secrets']> &
  Named<'secretFacts', Step['secretFacts'][number]> &
  (Step['runsAs'] extends true ? { readonly runAs: string } : { readonly runAs?: never });

type RequestOn = <Step extends RemoteStepContract>(
  step: Step,
  parameters: StepParameters<Step>,
  ...given: object extends Given<Step> ? [given?: Given<Step>] : [given: Given<Step>]
) => StepRequest<StepFacts<Step>>;

/** Makes the requests for one machine. `where` names it in the operation's steps, if they run at several places. */
export function on(machineId: string, where?: string): RequestOn {
  return (step, parameters, ...[given]) => ({
    step,
    machineId,
    ...(where === undefined ? {} : { where }),
    parameters,
    ...given,
  });
}
