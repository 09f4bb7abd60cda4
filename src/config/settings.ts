import { z } from 'zod';

const httpsUrl = z.url({ protocol: /^https$/ }).transform((url) => url.replace(/\/$/, ''));

const settingsSchema = z.object({
  GATEHOUSE_TABLE_URL: httpsUrl,
  GATEHOUSE_BLOB_URL: httpsUrl,
  GATEHOUSE_VAULT_URL: httpsUrl,
  GATEHOUSE_ARM_URL: httpsUrl.default('https://management.azure.com'),
  GATEHOUSE_SUBSCRIPTION_ID: z.guid(),
  GATEHOUSE_ADMINISTRATOR_KEY: z.string().min(32),
  GATEHOUSE_WEBHOOK_URL: z.url().optional(),
  GATEHOUSE_WEBHOOK_SECRET: z.string().min(16).optional(),
  AZURE_CLIENT_ID: z.string().optional(),
  AZURE_AUTHORITY_HOST: httpsUrl.optional(),
  GATEHOUSE_USUAL_TIME_DIVISOR: z.coerce.number().min(1).max(1_000_000).default(1),
});

/** Names of the settings that the application itself reads: what describes a deployment is checked against them. */
export const settingNames: readonly string[] = Object.keys(settingsSchema.shape);

export interface Settings {
  readonly tableUrl: string;
  readonly blobUrl: string;
  readonly vaultUrl: string;
  readonly armUrl: string;
  /** Where gateways are built when a plan names no subscription. */
  readonly subscriptionId: string;
  readonly administratorKey: string;
  readonly webhook: { readonly url: string; readonly secret: string } | undefined;
  /** The application's own id: changes that it made itself are not drift. */
  readonly clientId: string | undefined;
  readonly authorityHost: string | undefined;
  /** How many times faster than Azure's the surroundings are: what operations say of usual times is divided by it. */
  readonly usualTimeDivisor: number;
}

/**
 * Reads the application settings once. Throws one error that names everything missing or malformed, without any value: settings
 * hold secrets.
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>> = process.env): Settings {
  const present = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = settingsSchema.safeParse(present);
  if (!parsed.success) {
    const names = parsed.error.issues.map(({ path, message }) => `${path.join('.')} (${message})`);
    throw new Error(`Application settings are missing or malformed: ${names.join('; ')}.`);
  }
  const { data } = parsed;
  const { GATEHOUSE_WEBHOOK_URL: url, GATEHOUSE_WEBHOOK_SECRET: secret } = data;
  if ((url === undefined) !== (secret === undefined)) {
    throw new Error('GATEHOUSE_WEBHOOK_URL and GATEHOUSE_WEBHOOK_SECRET are set together or not at all.');
  }
  return Object.freeze({
    tableUrl: data.GATEHOUSE_TABLE_URL,
    blobUrl: data.GATEHOUSE_BLOB_URL,
    vaultUrl: data.GATEHOUSE_VAULT_URL,
    armUrl: data.GATEHOUSE_ARM_URL,
    subscriptionId: data.GATEHOUSE_SUBSCRIPTION_ID,
    administratorKey: data.GATEHOUSE_ADMINISTRATOR_KEY,
    webhook: url === undefined || secret === undefined ? undefined : { url, secret },
    clientId: data.AZURE_CLIENT_ID,
    authorityHost: data.AZURE_AUTHORITY_HOST,
    usualTimeDivisor: data.GATEHOUSE_USUAL_TIME_DIVISOR,
  });
}
