import { z } from 'zod';
import { cutText } from '../domain/cut-text.ts';
import type { SshVerb } from '../onprem/ssh-scripts.ts';
import type { RemoteRefusal } from '../ports/remote-runner.ts';
import { refused } from './refusal.ts';
import type { ExecAnswer } from './ssh-exec.ts';

export interface SshAnswer<T> {
  readonly machine: string;
  readonly verb: SshVerb;
  readonly answer: ExecAnswer;
  readonly schema: z.ZodType<T>;
}

/** Codes as the scripts write them. */
const scriptCodes = { ToolFailed: 'toolFailed', AuthFailed: 'authFailed', Precondition: 'precondition' } as const;

/** What the scripts say when they could not do it. */
const refusal = z.object({
  state: z.literal('failed'),
  code: z
    .enum(['ToolFailed', 'AuthFailed', 'Precondition'])
    .catch('ToolFailed')
    .transform((code) => scriptCodes[code]),
  message: z
    .string()
    .overwrite((text) => cutText(text))
    .catch(''),
});

/** cmd.exe by way of OpenSSH for Windows, cmd.exe alone, and a Unix shell, for a program that is not there. */
const unknownProgramCodes = new Set([9009, 9009 & 0xff, 127]);

/** The one line of JSON that a script of ours ends with, or why there is none. */
export function readSshAnswer<T>({ machine, verb, answer, schema }: SshAnswer<T>): T | RemoteRefusal {
  const line = parseJson(answer.stdout.split(/\r?\n/).findLast((text) => text.trim() !== '') ?? '');
  const read = schema.safeParse(line);
  if (read.success) return read.data;
  const told = refusal.safeParse(line);
  if (told.success) {
    return refused(told.data.code, `${machine}: ssh-${verb} failed there: ${told.data.message || 'no reason given'}.`);
  }
  if (
    unknownProgramCodes.has(answer.exitCode ?? 0) ||
    /powershell\.exe.{0,40} not (recognized|found)/s.test(answer.stderr)
  ) {
    return refused('precondition', `${machine} has no powershell.exe where its SSH server looks for programs.`);
  }
  return refused(
    'toolFailed',
    `${machine}: ssh-${verb} gave no answer that can be read (exit code ${answer.exitCode ?? 'unknown'}${faultOf(answer.stderr)}).`,
  );
}

/**
 * PowerShell's id of an error: words of its code, none of its data. The rest of an error's text may repeat what the
 * script was given by standard input.
 */
function faultOf(stderr: string): string {
  const id = /FullyQualifiedErrorId\s*:\s*([A-Za-z][\w.,]{2,120})/.exec(stderr)?.[1];
  return id === undefined ? '' : `, ${id}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return undefined;
  }
}
