import { z } from 'zod';

const trustSchema = z.strictObject({ realm: z.string(), thumbprint: z.string() });
export type Trust = z.infer<typeof trustSchema>;

/** A SQL server that holds Microsoft.MgmtSvc.Store. */
export const sqlServerSchema = z.strictObject({
  /** Machine that it runs on. */
  machineId: z.string(),
  /** Windows accounts that may sign in, and those of them that are sysadmin. */
  logins: z.array(z.string()).default([]),
  sysadmins: z.array(z.string()).default([]),
  hasStore: z.boolean().default(true),
  trusts: z.array(trustSchema).default([]),
  /** Whether the tenant side's settings show what is trusted besides the first token service: nobody documents it. */
  showsTrusts: z.boolean().default(true),
  backups: z.array(z.strictObject({ name: z.string(), trusts: z.array(trustSchema) })).default([]),
  /** How often the trust script ran to its end, by the realm that it trusted. */
  trustRuns: z.record(z.string(), z.int()).default({}),
  /** When work on the store ended last. */
  lastWorkEndedMs: z.number().default(0),
  /** Two worked on the store at once: what it trusts cannot be relied on. */
  isCorrupt: z.boolean().default(false),
});
export type SqlServer = z.infer<typeof sqlServerSchema>;

interface SqlServers {
  readonly sqlServers: Readonly<Record<string, SqlServer>>;
}

/** A server by the name of a connection string, whatever its case. */
export function sqlServerNamed({ sqlServers }: SqlServers, name: string): SqlServer | undefined {
  return Object.entries(sqlServers).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
}

/** What a look at the settings tells. */
export function showsTrust(server: SqlServer, trust: Trust): boolean {
  return server.showsTrusts && trusts(server, trust);
}

export function trusts({ trusts }: SqlServer, { realm, thumbprint }: Trust): boolean {
  return trusts.some((trust) => withoutSlash(trust.realm) === withoutSlash(realm) && trust.thumbprint === thumbprint);
}

/** Whether `account` (`DOMAIN\name`, whatever its case) is in the list. */
export function isListed(accounts: readonly string[], account: string): boolean {
  return accounts.some((listed) => listed.toLowerCase() === account.toLowerCase());
}

function withoutSlash(realm: string): string {
  return realm.endsWith('/') ? realm.slice(0, -1) : realm;
}
