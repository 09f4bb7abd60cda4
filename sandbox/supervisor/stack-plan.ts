import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureLocalCa, type LocalCa } from '../platform/local-ca.ts';
import { keepDurableChoice } from './durable-choice.ts';
import type { StackOptions } from './options.ts';
import { ensurePorts, type Ports } from './ports.ts';
import { StackError } from './stack-error.ts';
import { ensureSecrets, type StackSecrets } from './stack-secrets.ts';

/** All that is settled before the first process of a stack starts. */
export interface StackPlan {
  readonly root: string;
  readonly options: StackOptions;
  readonly ports: Ports;
  readonly secrets: StackSecrets;
  readonly ca: LocalCa;
  readonly logDirectory: string;
}

/** Prepares the stack's folder: certificate authority, keys and ports, made once. The folder has to be locked. */
export async function planStack(options: StackOptions, root: string): Promise<StackPlan> {
  if (!existsSync(join(options.appDirectory, 'package.json'))) {
    throw new StackError(`There is no built app in ${options.appDirectory}: run npm run build.`);
  }
  keepDurableChoice(options.directory, options.durable);
  return {
    root,
    options,
    ports: await ensurePorts(options.directory, options.port),
    secrets: ensureSecrets(options.directory),
    ca: await ensureLocalCa(options.directory),
    logDirectory: join(options.directory, 'logs'),
  };
}
