/** A person who carries out by hand, at the machine's keyboard, what the application shows. */
import type { RunningTestStack } from '../../support/stack.ts';
import { expectStatus, type JsonObject } from './line.ts';

export interface ShownCommand {
  readonly id: string;
  readonly step: string;
  readonly mode: string;
  readonly commandLine: string;
  /** As whom the person has to run it. */
  readonly runAsSecret?: string;
}

/** What the person knows, by the names of the Key Vault secrets that the prompts name. */
export type Known = Readonly<Record<string, string | { readonly username: string; readonly password: string }>>;
/** Asked at each prompt's time: a secret may be made while the procedure runs. */
type Remember = (command: ShownCommand) => Promise<Known>;

export async function shownCommands(stack: RunningTestStack, machine: string): Promise<readonly ShownCommand[]> {
  const { items } = expectStatus(await stack.api('GET', `/api/machines/${machine}/commands`), 200);
  return items as readonly ShownCommand[];
}

/** Does everything that is shown for a machine now; answers what was done, as `step mode`. */
export async function workAt(stack: RunningTestStack, machine: string, remember: Remember): Promise<readonly string[]> {
  const done: string[] = [];
  for (const command of await shownCommands(stack, machine)) {
    const answer = await typeIn(stack, machine, command, await remember(command));
    expectStatus(await answerWith(stack, machine, command, answer), 200);
    done.push(`${command.step} ${command.mode}`);
  }
  return done;
}

/** Saves the script, types the line that is shown; answers the last line on the screen. */
async function typeIn(
  stack: RunningTestStack,
  machine: string,
  { id, commandLine, runAsSecret }: ShownCommand,
  secrets: Known,
): Promise<string> {
  const script = await stack.api('GET', `/api/machines/${machine}/commands/${id}/script`);
  const invocation = commandLine.split(' -Invocation ')[1];
  const runAs = runAsSecret === undefined ? undefined : secrets[runAsSecret];
  const typed = {
    machine,
    script: script.body,
    ...(invocation === undefined ? {} : { invocation }),
    secrets,
    ...(runAs === undefined ? {} : { runAs }),
  };
  const screen = expectStatus(await stack.control('POST', '/windows/typed-commands', typed), 200);
  return String(screen['output']).trimEnd().split('\r\n').at(-1) ?? '';
}

export function answerWith(
  stack: RunningTestStack,
  machine: string,
  { id }: Pick<ShownCommand, 'id'>,
  answer: string,
): Promise<{ readonly status: number; readonly headers: Headers; readonly body: unknown }> {
  const body: JsonObject = { answer };
  return stack.api('POST', `/api/machines/${machine}/commands/${id}/answer`, body);
}
