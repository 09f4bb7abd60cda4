import { z } from 'zod';

const credentialSchema = z.object({ username: z.string().min(1), password: z.string().min(1) });
export type Credential = Readonly<z.infer<typeof credentialSchema>>;

/** The account that a secret's text holds as JSON; undefined where it is none. Other fields of it are left alone. */
export function readCredentialText(text: string): Credential | undefined {
  try {
    return credentialSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
