/** What a simulated machine was given to run: nothing runs, a test says how each command ends. */
export interface GivenCommand {
  readonly id: string;
  readonly script: string;
  readonly invocation: string;
  readonly secrets: Readonly<Record<string, unknown>>;
  readonly runAs: { readonly username: string; readonly password: string } | undefined;
  readonly timeoutSeconds: number;
}

export interface CommandEnd {
  readonly exitCode: number;
  readonly output: string;
  readonly error: string;
}

export interface StubCommand {
  readonly given: GivenCommand;
  end: CommandEnd | undefined;
}

export interface StubCommands {
  /** False when a command of this id is there already: it is left as it is. */
  start(given: GivenCommand): boolean;
  find(id: string): StubCommand | undefined;
  end(id: string, end: Partial<CommandEnd>): void;
  remove(id: string): void;
  /** How often a command of this id has begun. */
  runs(id: string): number;
  ids(): readonly string[];
}

export function createStubCommands(): StubCommands {
  const commands = new Map<string, StubCommand>();
  const runs = new Map<string, number>();
  return {
    start: (given) => {
      if (commands.has(given.id)) return false;
      commands.set(given.id, { given, end: undefined });
      runs.set(given.id, (runs.get(given.id) ?? 0) + 1);
      return true;
    },
    find: (id) => commands.get(id),
    end: (id, end) => {
      const command = commands.get(id);
      if (command === undefined) throw new Error(`no command ${id} to end`);
      command.end = { exitCode: 0, output: '', error: '', ...end };
    },
    remove: (id) => {
      commands.delete(id);
    },
    runs: (id) => runs.get(id) ?? 0,
    ids: () => [...commands.keys()],
  };
}
