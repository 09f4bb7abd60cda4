import { z } from 'zod';

const httpsUrl = z.url({ protocol: /^https$/ }).transform((url) => url.replace(/\/$/, ''));

/** Whole days, at most a hundred years. */
function daysFrom(least: number): z.ZodCoercedNumber {
  return z.coerce.number().int().min(least).max(36_500);
}

const settingsSchema = z.object({
  GATEHOUSE_TABLE_URL: httpsUrl,
  GATEHOUSE_BLOB_URL: httpsUrl,
  GATEHOUSE_VAULT_URL: httpsUrl,
  GATEHOUSE_APP_VAULT_URL: httpsUrl,
  GATEHOUSE_ARM_URL: httpsUrl.default('https://management.azure.com'),
  GATEHOUSE_SUBSCRIPTION_ID: z.guid(),
  GATEHOUSE_WEBHOOK_ALLOWED_HOSTS: z
    .string()
    .default('')
    .transform((text) => text.split(',').map((host) => host.trim().toLowerCase()))
    .transform((hosts) => hosts.filter((host) => host !== '')),
  AZURE_CLIENT_ID: z.string().optional(),
  AZURE_AUTHORITY_HOST: httpsUrl.optional(),
  // Not judged here: nobody is kept out because spans cannot be sent.
  OTEL_EXPORTER_OTLP_ENDPOINT: z.string().optional(),
  GATEHOUSE_USUAL_TIME_DIVISOR: z.coerce.number().min(1).max(1_000_000).default(1),
  // A key is replayed for seven days. A question waits for a week, and what fails is tried again for days: meanwhile
  // its events are known.
  GATEHOUSE_KEEP_IDEMPOTENCY_DAYS: daysFrom(7).default(7),
  GATEHOUSE_KEEP_EVENTS_DAYS: daysFrom(30).default(90),
  GATEHOUSE_KEEP_OPERATIONS_DAYS: daysFrom(30).default(365),
  GATEHOUSE_KEEP_PROFILES_DAYS: daysFrom(1).default(30),
  GATEHOUSE_ALLOW_ELLIPTIC_CURVES: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true'),
});

export interface Settings {
  readonly tableUrl: string;
  readonly blobUrl: string;
  /** The vault of the roots' keys and of the secrets that requests may name. */
  readonly vaultUrl: string;
  /** The vault of the application's own secrets, out of reach of every request. */
  readonly appVaultUrl: string;
  readonly armUrl: string;
  /** Where gateways are built when a plan names no subscription. */
  readonly subscriptionId: string;
  /** Hosts of webhooks that may have a private address, in lower case. */
  readonly webhookAllowedHosts: readonly string[];
  /** The application's own id: changes that it made itself are not drift. */
  readonly clientId: string | undefined;
  readonly authorityHost: string | undefined;
  /** Where spans are sent to; the exporter reads it, and more beside it, by itself. Undefined: none are exported. */
  readonly otlpEndpoint: string | undefined;
  /** How many times faster than Azure's the surroundings are: what operations say of usual times is divided by it. */
  readonly usualTimeDivisor: number;
  /** Lets requests with keys on P-256 and P-384 in, though no page of Azure's says that gateways take them. */
  readonly allowEllipticCurve: boolean;
  /** How long what is over is kept before it is removed. */
  readonly keptDays: {
    /** Of a request under an idempotency key, from its begin. */
    readonly idempotency: number;
    /** Of a delivered event, from its delivery. */
    readonly events: number;
    /** Of an operation, from its end. */
    readonly operations: number;
    /** Of a profile package, from its making. The newest of a gateway stays. */
    readonly profiles: number;
  };
}

/** A setting that cannot be used. The value is nowhere in it: settings may hold secrets. */
export interface SettingFault {
  readonly name: string;
  readonly message: string;
}

export interface SettingsReading {
  /** What cannot be used has an address that leads nowhere (RFC 6761, section 6.4). */
  readonly settings: Settings;
  /** Empty when all is well. */
  readonly faults: readonly SettingFault[];
}

const nowhere = 'https://setting-missing.invalid';
const placeholders = {
  GATEHOUSE_TABLE_URL: nowhere,
  GATEHOUSE_BLOB_URL: nowhere,
  GATEHOUSE_VAULT_URL: nowhere,
  GATEHOUSE_APP_VAULT_URL: nowhere,
  GATEHOUSE_SUBSCRIPTION_ID: '00000000-0000-0000-0000-000000000000',
};

/**
 * Reads the application settings. Functions have to be registered when the application is loaded, so nothing is thrown:
 * what is missing or malformed is named, and whoever answers requests says so until it is there.
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>> = process.env): SettingsReading {
  const present = Object.entries(environment).filter(([, value]) => value !== undefined && value !== '');
  const unresolved = present
    .filter(([name, value = '']) => isUnresolvedReference(value) && !name.startsWith('OTEL_'))
    .map(([name]) => name);
  const resolved = Object.fromEntries(present.filter(([name]) => !unresolved.includes(name)));
  const issues = settingsSchema.safeParse(resolved).error?.issues ?? [];
  const faults: SettingFault[] = [
    ...unresolved.map((name) => ({ name, message: 'a reference to Key Vault that was not resolved' })),
    ...issues
      .map(({ path, message }) => ({ name: path.join('.'), message }))
      .filter(({ name }) => !unresolved.includes(name)),
  ];
  const faulty = new Set(faults.map(({ name }) => name));
  const usable = Object.fromEntries(Object.entries(resolved).filter(([name]) => !faulty.has(name)));
  const settings = toSettings(settingsSchema.parse({ ...placeholders, ...usable }));
  if (faults.length === 0 && new URL(settings.appVaultUrl).host === new URL(settings.vaultUrl).host) {
    faults.push({ name: 'GATEHOUSE_APP_VAULT_URL', message: 'the vault whose secrets requests may name' });
  }
  return { settings, faults };
}

/** The text that the platform gives instead of a secret that it could not read. It is never a value. */
export function isUnresolvedReference(value: string): boolean {
  return /^\s*@Microsoft\.KeyVault\(/i.test(value);
}

function toSettings(data: z.output<typeof settingsSchema>): Settings {
  return Object.freeze({
    tableUrl: data.GATEHOUSE_TABLE_URL,
    blobUrl: data.GATEHOUSE_BLOB_URL,
    vaultUrl: data.GATEHOUSE_VAULT_URL,
    appVaultUrl: data.GATEHOUSE_APP_VAULT_URL,
    armUrl: data.GATEHOUSE_ARM_URL,
    subscriptionId: data.GATEHOUSE_SUBSCRIPTION_ID,
    webhookAllowedHosts: data.GATEHOUSE_WEBHOOK_ALLOWED_HOSTS,
    clientId: data.AZURE_CLIENT_ID,
    authorityHost: data.AZURE_AUTHORITY_HOST,
    otlpEndpoint: data.OTEL_EXPORTER_OTLP_ENDPOINT,
    usualTimeDivisor: data.GATEHOUSE_USUAL_TIME_DIVISOR,
    allowEllipticCurve: data.GATEHOUSE_ALLOW_ELLIPTIC_CURVES,
    keptDays: {
      idempotency: data.GATEHOUSE_KEEP_IDEMPOTENCY_DAYS,
      events: data.GATEHOUSE_KEEP_EVENTS_DAYS,
      operations: data.GATEHOUSE_KEEP_OPERATIONS_DAYS,
      profiles: data.GATEHOUSE_KEEP_PROFILES_DAYS,
    },
  });
}
