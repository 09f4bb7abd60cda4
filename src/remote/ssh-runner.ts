import { z } from 'zod';
import { toAsciiJson } from '../domain/ascii-json.ts';
import type { Machine, SshSettings } from '../domain/machine.ts';
import { sshCommandLine, type SshVerb } from '../onprem/ssh-scripts.ts';
import type { RemotePoll, RemoteRefusal, RemoteRemoval, RemoteRunner } from '../ports/remote-runner.ts';
import type { Secrets } from '../ports/secrets.ts';
import { createPrivateKeys } from './private-keys.ts';
import { readSshAnswer } from './read-ssh-answer.ts';
import { isRefused, refused } from './refusal.ts';
import { resolveSecrets } from './resolve-secrets.ts';
import { execOverSsh } from './ssh-exec.ts';

export interface SshRunnerOptions {
  readonly secrets: Secrets;
  readonly now: () => Date;
  readonly connectTimeoutMs?: number;
  readonly execTimeoutMs?: number;
}

const outputMaxCharacters = 1024 * 1024;

const startAnswer = z.object({ state: z.enum(['started', 'attached']) });
const pollAnswer = z.discriminatedUnion('state', [
  z.object({ state: z.literal('running') }),
  z.object({ state: z.literal('absent') }),
  z.object({
    state: z.literal('ended'),
    exitCode: z.int().nullish(),
    output: z.string().nullish(),
    error: z.string().nullish(),
  }),
]);
const goneAnswer = z.object({ state: z.literal('gone') });

/**
 * Runs scripts over SSH: each call is one connection that starts a fixed script of ours and gives it one line of JSON
 * by standard input, secrets included; nothing of a request is part of a command line.
 */
export function createSshRunner(options: SshRunnerOptions): RemoteRunner {
  const { secrets, connectTimeoutMs = 15_000, execTimeoutMs = 60_000 } = options;
  const keys = createPrivateKeys(secrets, options.now);

  async function call<T>(
    machine: Machine,
    verb: SshVerb,
    request: object,
    schema: z.ZodType<T>,
  ): Promise<T | RemoteRefusal> {
    const settings = settingsOf(machine);
    const privateKey = await keys.get(settings.keySecret);
    if (typeof privateKey !== 'string') return privateKey;
    const answer = await execOverSsh({
      name: machine.id,
      settings,
      privateKey,
      commandLine: sshCommandLine(verb),
      input: `${toAsciiJson(JSON.stringify(request))}\n`,
      connectTimeoutMs,
      execTimeoutMs,
    });
    if (answer.outcome === 'ran') return readSshAnswer({ machine: machine.id, verb, answer, schema });
    // The key may have been renewed in Key Vault.
    if (answer.code === 'authFailed') keys.forget(settings.keySecret);
    return answer;
  }

  async function remove(machine: Machine, verb: SshVerb, handle: string): Promise<RemoteRemoval> {
    const answer = await call(machine, verb, { id: handle }, goneAnswer);
    return isRefused(answer) ? answer : { outcome: 'done' };
  }

  return {
    start: async (command) => {
      const resolved = await resolveSecrets(command, secrets);
      if (isRefused(resolved)) return resolved;
      const { id, machine, script, invocation, timeoutSeconds } = command;
      const request = { id, script, invocation, timeoutSeconds, ...resolved };
      const answer = await call(machine, 'start', request, startAnswer);
      return isRefused(answer) ? answer : { outcome: 'started', handle: id };
    },
    poll: async (machine, handle) => {
      const answer = await call(machine, 'poll', { id: handle }, pollAnswer);
      return isRefused(answer) ? answer : toPoll(machine, answer);
    },
    cancel: (machine, handle) => remove(machine, 'cancel', handle),
    cleanup: (machine, handle) => remove(machine, 'cleanup', handle),
  };
}

function toPoll(machine: Machine, answer: z.infer<typeof pollAnswer>): RemotePoll {
  switch (answer.state) {
    case 'running':
      return { outcome: 'running' };
    case 'absent':
      return refused('toolFailed', `The command is not on the machine ${machine.id}: it was removed, or never began.`);
    case 'ended':
      return {
        outcome: 'ended',
        exitCode: answer.exitCode ?? undefined,
        output: endOf(answer.output ?? ''),
        error: endOf(answer.error ?? ''),
      };
  }
}

function endOf(text: string): string {
  return text.length <= outputMaxCharacters ? text : text.slice(-outputMaxCharacters);
}

function settingsOf(machine: Machine): SshSettings {
  if (machine.ssh === undefined) throw new Error(`Machine ${machine.id} is not reached over SSH.`);
  return machine.ssh;
}
