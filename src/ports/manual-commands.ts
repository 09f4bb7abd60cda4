/** A command that a person runs on a machine: what they need to know to do so. Holds no secret. */
export interface ManualCommand {
  readonly id: string;
  readonly machineId: string;
  /** The step's number and what it is to do: the script is composed from them again when it is shown. */
  readonly step: string;
  readonly mode: string;
  readonly invocation: string;
  /** Of the script's ASCII text, hex: the person runs exactly the script that was meant. */
  readonly scriptSha256: string;
  /** Secret with the account that the script is to run as. */
  readonly runAs?: string;
  /** ISO 8601. */
  readonly since: string;
}

export type ManualCommandState =
  | { readonly state: 'open' }
  /** `output` is what the person brought back, its last line the machine's answer. */
  | { readonly state: 'answered'; readonly output: string }
  | { readonly state: 'closed' };

/** Commands that wait for people (table ManualCommands). */
export interface ManualCommands {
  /** Shows a command; one of that id that is there already stays as it is, whatever its state. */
  open(command: ManualCommand): Promise<void>;
  read(machineId: string, id: string): Promise<ManualCommandState | undefined>;
  /** No answer is taken from now on, and one that was given is forgotten. One that is not there is success. */
  close(machineId: string, id: string): Promise<void>;
}
