import { z } from 'zod';

const id = z.string().regex(/^[a-z0-9-]{1,90}$/);
const credential = z.strictObject({ username: z.string().min(1).max(256), password: z.string().min(1).max(256) });

const startSchema = z.strictObject({
  id,
  /** The composed script: ASCII, or Windows PowerShell reads it in another code page. */
  script: z
    .string()
    .min(1)
    .max(256 * 1024)
    .regex(/^[\t\r\n\x20-\x7e]+$/),
  invocation: z
    .string()
    .max(32 * 1024)
    .regex(/^[A-Za-z0-9_-]+$/),
  secrets: z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,63}$/), z.union([z.string().max(32_768), credential])),
  runAs: credential.optional(),
  timeoutSeconds: z.int().min(1).max(86_400),
});
const idSchema = z.strictObject({ id });

export const verbs = ['start', 'poll', 'cancel', 'cleanup'] as const;
export type Verb = (typeof verbs)[number];

/** What one of the four SSH scripts is asked on its standard input. */
export type SshRequest =
  | ({ readonly verb: 'start' } & z.infer<typeof startSchema>)
  | { readonly verb: Exclude<Verb, 'start'>; readonly id: string };

/** The script's verb by its first line, `# Gatehouse ssh-start`; undefined for any other script. */
export function readVerb(script: string): Verb | undefined {
  const word = /^# Gatehouse ssh-([a-z]+)\r?\n/.exec(script)?.[1];
  return verbs.find((verb) => verb === word);
}

/**
 * The first line of what a script is sent, or why it would fail on it. Secrets are among what it holds: the reason
 * names places, never values.
 */
export function readRequest(verb: Verb, stdin: Buffer): SshRequest | { readonly problem: string } {
  const end = stdin.indexOf(0x0a);
  const line = stdin.subarray(0, end < 0 ? stdin.length : end);
  // The console's code page would make other characters of them, in secrets too.
  if (line.some((byte) => byte > 0x7e)) return { problem: 'Standard input is not ASCII.' };
  const parsed = parseJson(line.toString('latin1'));
  if (parsed === undefined) return { problem: 'Invalid JSON primitive on standard input.' };
  const read = verb === 'start' ? startSchema.safeParse(parsed.value) : idSchema.safeParse(parsed.value);
  if (!read.success) {
    const places = read.error.issues.map((issue) => `/${issue.path.join('/')} (${issue.code})`);
    return { problem: `The request on standard input is not valid at ${places.join(', ')}.` };
  }
  return { verb, ...read.data } as SshRequest;
}

function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
