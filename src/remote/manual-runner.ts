import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Machine } from '../domain/machine.ts';
import type { ManualCommands } from '../ports/manual-commands.ts';
import type { RemoteRemoval, RemoteRunner } from '../ports/remote-runner.ts';
import { refused } from './refusal.ts';

export interface ManualRunnerOptions {
  readonly commands: ManualCommands;
  readonly now: () => Date;
}

const invocationSchema = z.object({ step: z.string(), mode: z.string() });

/** Has scripts run by people: shows what to run, and answers once somebody has brought the machine's answer back. */
export function createManualRunner({ commands, now }: ManualRunnerOptions): RemoteRunner {
  async function close(machine: Machine, handle: string): Promise<RemoteRemoval> {
    await commands.close(machine.id, handle);
    return { outcome: 'done' };
  }

  return {
    start: async ({ id, machine, script, invocation, runAs }) => {
      await commands.open({
        id,
        machineId: machine.id,
        ...readInvocation(invocation),
        invocation,
        scriptSha256: createHash('sha256').update(script, 'utf8').digest('hex'),
        ...(runAs === undefined ? {} : { runAs }),
        since: now().toISOString(),
      });
      return { outcome: 'started', handle: id };
    },
    poll: async (machine, handle) => {
      const seen = await commands.read(machine.id, handle);
      switch (seen?.state) {
        case 'open':
          return { outcome: 'running' };
        case 'answered':
          return { outcome: 'ended', exitCode: undefined, output: seen.output, error: '' };
        case 'closed':
        case undefined:
          return refused('toolFailed', `The command is no longer shown: it was closed for ${machine.id}.`);
      }
    },
    cancel: close,
    cleanup: close,
  };
}

/** The step and mode that the application itself has put into the invocation. */
function readInvocation(invocation: string): z.infer<typeof invocationSchema> {
  return invocationSchema.parse(JSON.parse(Buffer.from(invocation, 'base64url').toString('utf8')));
}
