import { z } from 'zod';

const parameterName = z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,63}$/);
const secretReference = z.strictObject({
  name: z.string().regex(/^[0-9A-Za-z-]{1,127}$/),
  kind: z.enum(['text', 'credential']),
  vaultUrl: z.url({ protocol: /^https$/ }).optional(),
});
export type SecretReference = z.infer<typeof secretReference>;

const flat = z.union([z.string(), z.number(), z.boolean()]);
const invocationSchema = z.strictObject({
  v: z.literal(1),
  step: z.string(),
  mode: z.enum(['probe', 'apply', 'verify', 'undo']),
  /** What crosses to a script: nothing is nested deeper than a list of flat objects. */
  parameters: z.record(
    parameterName,
    z.union([flat, z.array(z.string()), z.array(z.record(z.string(), z.union([flat, z.array(z.string())])))]),
  ),
  secrets: z.record(parameterName, secretReference),
  source: z.enum(['file', 'vault', 'prompt']),
  via: z.strictObject({ computerName: z.string(), credential: secretReference }).optional(),
});
export type Invocation = z.infer<typeof invocationSchema>;

/** Reads what the launcher is asked: base64url of UTF-8 JSON. Undefined where the launcher would fail on it. */
export function readInvocation(text: string): Invocation | undefined {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) return undefined;
  try {
    return invocationSchema.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
  } catch {
    return undefined;
  }
}

/** The step by the line that every composed script has among its first: `# Gatehouse step P4`. */
export function stepOfScript(script: string): string | undefined {
  return /^# Gatehouse step ([A-Z][0-9]{1,2}[A-Z]?)\r?$/m.exec(script.slice(0, 2000))?.[1];
}
