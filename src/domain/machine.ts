import { z } from 'zod';
import { resourceGroupNamePattern } from './azure-names.ts';
import { secretNameOf } from './secret-uses.ts';

const slug = z.string().regex(/^[a-z0-9-]{1,63}$/);
/** A Windows computer name, a DNS name or an IPv4 address. */
export const computerNameSchema = z
  .string()
  .max(253)
  .regex(/^[A-Za-z0-9]([A-Za-z0-9-]{0,62})(\.[A-Za-z0-9]([A-Za-z0-9-]{0,62}))*$/);

const machineRoles = ['host', 'natvm', 'wasp', 'portal', 'api', 'wap', 'sql', 'spf', 'vmm', 'client'] as const;

/** `SHA256:` and 43 base64 digits, as `ssh-keygen -l` prints it. */
const hostKeySchema = z.string().regex(/^SHA256:[A-Za-z0-9+/]{43}$/);

export const sshSettingsSchema = z.strictObject({
  host: computerNameSchema,
  port: z.int().min(1).max(65_535).default(22),
  /** A local name, `DOMAIN\name` or `name@domain`. */
  username: z.string().regex(/^[^\s"/:;|=,+*?<>[\]\p{Cc}]{1,104}$/u),
  hostKey: hostKeySchema.meta({ description: 'Fingerprint of the host key, as ssh-keygen -l prints it.' }),
  keySecret: secretNameOf('sshKey').meta({
    description: "Key Vault secret with the private key (OpenSSH or PEM). Its name begins with 'ssh-key-'.",
  }),
});
const arcSettingsSchema = z.strictObject({
  resourceId: z
    .string()
    .max(1024)
    .regex(
      new RegExp(
        String.raw`^/subscriptions/[0-9a-f-]{36}/resourceGroups/${resourceGroupNamePattern}/providers/Microsoft\.HybridCompute/machines/[-\w.]{1,54}$`,
        'iu',
      ),
    ),
});
const viaSchema = z.strictObject({
  machineId: slug,
  computerName: computerNameSchema,
  credentialSecret: secretNameOf('account').meta({
    description: 'Key Vault secret with {"username","password"} as JSON. Its name begins with \'account-\'.',
  }),
});

/** A machine that remote steps run on: how it is reached, or the machine through which it is. */
export const machineSchema = z
  .strictObject({
    id: slug,
    role: z.enum(machineRoles),
    ssh: sshSettingsSchema.optional(),
    arc: arcSettingsSchema.optional(),
    manual: z.literal(true).optional(),
    via: viaSchema.optional(),
  })
  .refine(({ ssh, arc, manual, via }) => [ssh, arc, manual, via].filter((way) => way !== undefined).length === 1, {
    error: 'A machine is reached in exactly one way.',
    params: { fix: 'Send one of ssh, arc, manual or via.' },
  })
  .meta({ id: 'Machine' });
export type Machine = z.infer<typeof machineSchema>;
export type SshSettings = z.infer<typeof sshSettingsSchema>;

/** How a command gets to a machine. */
export type Transport = 'ssh' | 'arc' | 'manual';
