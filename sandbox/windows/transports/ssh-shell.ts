import type { CheckScript, CommandWorld } from './command-world.ts';
import { readRequest, readVerb, type SshRequest } from './ssh-requests.ts';
import { errorAnswer, lineAnswer, readCommandLine, type ShellAnswer } from './windows-shell.ts';

/** The shell of every machine: what happens to a command line that came over SSH. */
export interface SshShell {
  /** Runs a command line with the first line of its standard input; undefined when the machine went away meanwhile. */
  run(machineId: string, commandLine: string, stdin: Buffer): Promise<ShellAnswer | undefined>;
}

/**
 * A shell that knows one program, `powershell.exe -EncodedCommand`, and four scripts by their first lines. It does not
 * interpret PowerShell: a script that passes the check is taken at its word, and what it would do is done in the world.
 */
export function createSshShell(world: CommandWorld, checkScript: CheckScript): SshShell {
  return {
    async run(machineId, commandLine, stdin) {
      if (world.reach(machineId) !== 'answers') return undefined;
      const read = readCommandLine(commandLine);
      const answer = read.kind === 'answer' ? read.answer : await runScript(machineId, read.script, stdin);
      return world.reach(machineId) === 'answers' ? answer : undefined;
    },
  };

  async function runScript(machineId: string, script: string, stdin: Buffer): Promise<ShellAnswer> {
    const verb = readVerb(script);
    if (verb === undefined) {
      return errorAnswer(
        'The local stack does not interpret PowerShell: it knows the four scripts of Gatehouse alone.',
      );
    }
    const [finding] = await checkScript(script);
    if (finding !== undefined) return errorAnswer(`At line:${finding.line} ${finding.message} (${finding.rule})`);
    const request = readRequest(verb, stdin);
    if ('problem' in request) {
      return verb === 'start' ? failedStart('ToolFailed', request.problem) : errorAnswer(request.problem);
    }
    return await act(machineId, request);
  }

  async function act(machineId: string, request: SshRequest): Promise<ShellAnswer> {
    switch (request.verb) {
      case 'start': {
        const { verb, ...command } = request;
        const started = await world.start(machineId, command);
        return started.outcome === 'refused'
          ? failedStart(started.code, started.message)
          : lineAnswer({ state: started.outcome });
      }
      case 'poll':
        return lineAnswer(await world.poll(machineId, request.id));
      case 'cancel':
        await world.cancel(machineId, request.id);
        return lineAnswer({ state: 'gone' });
      case 'cleanup':
        await world.cleanup(machineId, request.id);
        return lineAnswer({ state: 'gone' });
    }
  }
}

/** The start script catches what goes wrong and says so in its line. */
function failedStart(code: 'AuthFailed' | 'ToolFailed', message: string): ShellAnswer {
  return lineAnswer({ state: 'failed', code, message });
}
