import { z } from 'zod';
import type { Stack } from './stack.ts';

const journalSchema = z.array(
  z.object({ at: z.iso.datetime(), method: z.string(), path: z.string(), status: z.number() }),
);

/** A request that an emulator answered; `atMs` is stack time. */
export interface Call {
  readonly atMs: number;
  readonly method: string;
  /** Lower case, without its query. */
  readonly path: string;
  readonly status: number;
}

/** What an emulator was asked, oldest first. */
export async function readCalls(stack: Stack, service: 'arm' | 'keyvault'): Promise<readonly Call[]> {
  const entries = journalSchema.parse(await stack.control('GET', `/journal?service=${service}`));
  return entries.map(({ at, method, path, status }) => ({
    atMs: Date.parse(at),
    method,
    path: (path.split('?')[0] ?? '').toLowerCase(),
    status,
  }));
}
