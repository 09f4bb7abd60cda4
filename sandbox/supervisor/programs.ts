import { join } from 'node:path';

/** The parts of a stack that are this project's own, and its supervisor. */
export type Program = 'start' | 'cloud' | 'runtime' | 'vpn';

/** Where the build puts a program of the stack: read from its sources, file by file, each start would take seconds. */
export function programPath(root: string, program: Program): string {
  return join(root, 'dist', 'sandbox', `${program}.mjs`);
}

/** Node's arguments for it; a stack trace names the sources. */
export function programArguments(root: string, program: Exclude<Program, 'start'>): string[] {
  return ['--enable-source-maps', programPath(root, program)];
}
