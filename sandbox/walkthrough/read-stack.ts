import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StackError } from '../supervisor/stack-error.ts';
import type { StackInfo } from '../supervisor/stack-info.ts';

/** What the running stack of this folder says of itself; throws a StackError when none runs there. */
export async function readRunningStack(directory: string): Promise<StackInfo> {
  const file = join(directory, 'stack.json');
  if (!existsSync(file)) throw new StackError(`No stack runs in ${directory}: npm start`);
  const stack = JSON.parse(readFileSync(file, 'utf8')) as StackInfo;
  // A stack that was killed leaves its file: only an answer shows that it runs.
  await reach(`${stack.app.url}/api/health`);
  return stack;
}

/** Any answer of a running stack; throws a StackError when nothing answers at the address. */
export async function reach(url: string, request: RequestInit = {}): Promise<Response> {
  try {
    return await fetch(url, request);
  } catch (cause) {
    request.signal?.throwIfAborted();
    const message = `No stack answers at ${new URL(url).origin}: it has ended. Start it again with npm start.`;
    throw new StackError(message, { cause });
  }
}
