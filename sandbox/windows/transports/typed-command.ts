import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { readInvocation } from '../world/invocation.ts';
import type { SecretValue } from '../world/records.ts';
import { viaSecret } from '../world/secrets.ts';
import type { PollOutcome, WindowsWorld } from '../world/world.ts';

/**
 * What a person does at a machine's keyboard: the script that was saved there, what was typed, and what it asked for.
 */
export const typedCommandSchema = z.strictObject({
  machine: z.string(),
  script: z.string(),
  /** Left out where the script that was saved has it. */
  invocation: z.string().optional(),
  /** By the name of the Key Vault secret, which the prompt names. */
  secrets: z
    .record(z.string(), z.union([z.string(), z.strictObject({ username: z.string(), password: z.string() })]))
    .default({}),
  runAs: z.strictObject({ username: z.string(), password: z.string() }).optional(),
});
type TypedCommand = z.infer<typeof typedCommandSchema> & { readonly invocation: string };

/** What is on the screen when it has ended. */
export interface TypedResult {
  /** Undefined where the machine went down in the middle. */
  readonly exitCode?: number;
  readonly output: string;
  readonly error: string;
}

const lookMs = 5;
const timeoutSeconds = 3600;

/** Runs a script as the person before the screen does, and waits for its end. */
export async function typeCommand(
  world: WindowsWorld,
  asked: z.infer<typeof typedCommandSchema>,
): Promise<TypedResult> {
  const typed = { ...asked, invocation: asked.invocation ?? ownInvocation(asked.script) };
  const { machine, script, invocation, runAs } = typed;
  const id = `typed-${randomUUID()}`;
  const command = { id, script, invocation, secrets: answersOf(typed), runAs, timeoutSeconds };
  const started = world.start(machine, command, 'manual');
  if (started.outcome === 'refused') return { exitCode: 1, output: '', error: `${started.message}\r\n` };
  const ended = await untilEnded(() => world.poll(machine, id));
  world.cleanup(machine, id);
  return ended;
}

/** The value that a script's parameter has by itself. */
function ownInvocation(script: string): string {
  return /\[string\]\$Invocation = '([A-Za-z0-9_-]+)'/.exec(script)?.[1] ?? '';
}

async function untilEnded(poll: () => PollOutcome): Promise<TypedResult> {
  for (;;) {
    const polled = poll();
    if (polled.state === 'absent') return { output: '', error: '' };
    if (polled.state === 'ended') {
      const { exitCode, output, error } = polled;
      return { output, error, ...(exitCode === undefined ? {} : { exitCode }) };
    }
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
}

/** What is typed at each prompt, by the parameter that it is for. */
function answersOf({ invocation, secrets }: TypedCommand): Readonly<Record<string, SecretValue>> {
  const asked = readInvocation(invocation);
  const references = [
    ...Object.entries(asked?.secrets ?? {}),
    ...(asked?.via === undefined ? [] : [[viaSecret, asked.via.credential] as const]),
  ];
  return Object.fromEntries(
    references.flatMap(([parameter, { name }]) => {
      const value = secrets[name];
      return value === undefined ? [] : [[parameter, value] as const];
    }),
  );
}
