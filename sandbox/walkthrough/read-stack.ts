import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StackError } from '../supervisor/stack-error.ts';
import type { StackInfo } from '../supervisor/stack-info.ts';

/** What the running stack of this folder says of itself; throws a StackError when none runs there. */
export function readRunningStack(directory: string): StackInfo {
  const file = join(directory, 'stack.json');
  if (!existsSync(file)) throw new StackError(`No stack runs in ${directory}: npm start`);
  return JSON.parse(readFileSync(file, 'utf8')) as StackInfo;
}
