import { z } from 'zod';

const siteSchema = z.strictObject({
  name: z.string(),
  state: z.enum(['Started', 'Stopped']).default('Started'),
  /** Of its HTTPS binding. */
  port: z.int(),
  /** Of the certificate of its HTTPS binding. */
  thumbprint: z.string().optional(),
  /** What Configure-WapConnector.ps1 writes into its Web.config. */
  settings: z.record(z.string(), z.string()).default({}),
});
export type Site = z.infer<typeof siteSchema>;

const stagedSchema = z.strictObject({
  sha256: z.string(),
  /** Of the Tenant API in the package. */
  version: z.string(),
  /** Unpacked there by somebody: no note of ours is in it. */
  isByHand: z.boolean().default(false),
});

const tenantApiSchema = z.strictObject({
  version: z.string(),
  /** What its connection string says. */
  sqlServer: z.string(),
  isWebConfigProtected: z.boolean().default(true),
  eventLogErrors: z.int().default(0),
  /** Of the version that an update replaced, for going back. */
  versionBefore: z.string().optional(),
});

/** What a machine has of Windows Azure Pack and of its connector. */
export const azurePackPartSchema = z.strictObject({
  sites: z.array(siteSchema).default([]),
  urlRewrite: z.strictObject({ version: z.string().optional(), isOurs: z.boolean().default(false) }).prefault({}),
  staged: z.record(z.string(), stagedSchema).default({}),
  /** What somebody had unpacked where a package was staged, by that folder: kept beside it. */
  keptAside: z.record(z.string(), stagedSchema).default({}),
  tenantApi: tenantApiSchema.optional(),
  freeDiskBytes: z.int().default(20_000_000_000),
  /** What scripts noted on the machine to undo themselves. */
  notes: z
    .strictObject({
      /** As `Root <thumbprint>`. */
      issuersAdded: z.array(z.string()).default([]),
      productsAdded: z.array(z.string()).default([]),
      thumbprintBefore: z.string().optional(),
      /** The names and the settings as they were when the names had been written; empty while that is under way. */
      settingsNoted: z.string().optional(),
      settingsBefore: z.record(z.string(), z.record(z.string(), z.string())).optional(),
    })
    .prefault({}),
});
export type AzurePackPart = z.infer<typeof azurePackPartSchema>;
