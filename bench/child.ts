import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Child {
  readonly pid: number;
  /** The line of standard output that said that the child is ready. */
  readonly readyLine: string;
  /** Asks the child to end and waits for it; by force after a while. */
  stop(): Promise<void>;
}

export interface ChildStart {
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly isReadyLine: (line: string) => boolean;
}

const readyMaxMs = 90_000;
const stopMaxMs = 20_000;

/**
 * Starts Node with these arguments and waits until it says that it is ready. Throws with its last words when it does
 * not.
 */
export async function startChild({ args, cwd, environment = {}, isReadyLine }: ChildStart): Promise<Child> {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  function endWithParent(): void {
    child.kill('SIGTERM');
  }
  process.once('exit', endWithParent);
  void exited.then(() => process.removeListener('exit', endWithParent));
  let output = '';
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4000);
  });
  const readyLine = await new Promise<string>((resolve, reject) => {
    function giveUp(): void {
      child.kill('SIGKILL');
      reject(new Error(`${args.join(' ')} did not start:\n${said}`));
    }
    const timer = setTimeout(giveUp, readyMaxMs);
    child.once('exit', giveUp);
    child.stdout.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-20_000);
      // What follows the last line end may go on.
      const line = output.split('\n').slice(0, -1).find(isReadyLine);
      if (line === undefined) return;
      clearTimeout(timer);
      child.removeListener('exit', giveUp);
      resolve(line);
    });
  });
  return {
    pid: child.pid ?? 0,
    readyLine,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), stopMaxMs);
      await exited;
      clearTimeout(timer);
    },
  };
}
