import { z } from 'zod';
import { connectorPort } from './connector-ports.ts';
import { type ConnectorParts, connectorProblems } from './connector-rules.ts';
import { computerNameSchema } from './machine.ts';
import { cloudNamePattern, fqdnPattern, sha256Pattern, sharePattern, sqlServerPattern } from './on-premises-names.ts';
import { secretNameOf } from './secret-uses.ts';

const slug = z.string().regex(/^[a-z0-9-]{1,63}$/);
const cloudName = z
  .string()
  .regex(cloudNamePattern, { error: 'Letters, digits, "_" and "-"; no spaces.' })
  .meta({ examples: ['AzurePack_1'] });
const fqdn = z
  .string()
  .regex(fqdnPattern, {
    error: 'A fully qualified domain name; not an address, not a single label.',
  })
  .meta({ examples: ['wapcomputer1.contoso.com'] });
const thumbprint = z
  .string()
  .transform((text) => text.replaceAll(/[\s:\u200e]/g, '').toUpperCase())
  .pipe(z.string().regex(/^[0-9A-F]{40}$/, { error: 'A SHA-1 thumbprint: 40 hexadecimal digits.' }));
const sha256 = z.string().regex(sha256Pattern);

/**
 * Addresses that everybody may read: whatever opens only with a secret in it belongs into Key Vault, not into a
 * request.
 */
const openHttpsUrl = z
  .url({ protocol: /^https$/ })
  .max(2048)
  .refine((url) => isOpen(url), {
    error: 'No user name, password, query or fragment.',
    params: { fix: 'Put the file where its address alone opens it inside your network.' },
  });
const file = z.strictObject({ uri: openHttpsUrl, sha256 });

const hostNamePattern = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;
const endpoint = z
  .url({ protocol: /^https$/, error: 'An https address such as https://wapcomputer1.contoso.com:40005.' })
  .max(512)
  .refine((url) => isBare(url), { error: 'Only scheme, host and port.' })
  .refine((url) => hasName(url), {
    error: 'The name of a host, and a port that is not 0; not an address.',
    params: { fix: "Send the name that is in the portal's certificate." },
  })
  .transform(withPort);
const share = z.string().max(256).regex(sharePattern, { error: 'A UNC path such as \\\\server\\share\\folder.' });
const sqlServer = z.string().max(256).regex(sqlServerPattern, { error: 'A server, an instance, or both.' });

const cloudSchema = z.strictObject({
  name: cloudName,
  endpoint,
  tenantPortalFqdn: fqdn,
  tenantApiFqdn: fqdn,
  portalMachines: z.array(slug).min(1).max(20),
  apiMachines: z.array(slug).min(1).max(20),
  spfMachine: slug.optional(),
  vmmMachine: slug.optional(),
  certificateThumbprint: thumbprint.optional(),
  trustMachine: slug.meta({ description: 'The one API machine from which the trust is established.' }),
  sqlServer: sqlServer.optional().meta({ description: 'Found on the trust machine if not given.' }),
  sqlRunAsSecret: secretNameOf('runAsAccount').meta({
    description: "Secret with the Windows account that is sysadmin on the SQL server. Its name begins with 'run-as-'.",
  }),
  directoryCredentialSecret: secretNameOf('account').optional().meta({
    description:
      "Secret with an account that may read the directory of this cloud's domain. With it the userPrincipalNames are looked up there too, from the trust machine. Its name begins with 'account-'.",
  }),
  drain: z
    .union([z.strictObject({ approval: z.literal(true) }), z.strictObject({ hookSecret: secretNameOf('drainHook') })])
    .optional()
    .meta({
      description: 'How API machines leave their load balancer: by people, or by a POST to the address in a secret.',
    }),
});

const versionSchema = z.string().regex(/^\d+(\.\d+){1,3}$/);

/**
 * Versions below which a cloud is refused unless the request says otherwise. Virtual Machine Manager: Update Rollup 9
 * of System Center 2012 R2. Windows Azure Pack: the branch of Update Rollup 9.1, whose last numbers no source confirms.
 * Service Provider Foundation: 2012 R2 at all, since no source names the version of its Update Rollup 9.
 */
const defaultVersions = { wap: '3.32', spf: '7.2.1902.0', vmm: '3.2.8145.0' } as const;

const connectorBodySchema = z.strictObject({
  id: slug,
  stackId: slug,
  identity: z.enum(['adfs', 'entra']),
  azureStackCloudName: cloudName,
  azureStackPortalFqdn: fqdn,
  package: file.meta({ description: 'A .zip with the folder WAPConnector.' }),
  urlRewrite: file.optional().meta({ description: 'The installer of IIS URL Rewrite, for portals that lack it.' }),
  privilegedEndpoint: z.strictObject({
    computerName: computerNameSchema.default('azs-ercs01'),
    credentialSecret: secretNameOf('account'),
    authentication: z.enum(['Credssp', 'Default']).default('Credssp'),
  }),
  dataFiles: z.strictObject({
    share: share.default('\\\\su1fileserver\\SU1_Infrastructure_1\\AzurePackConnectorOutput'),
    credentialSecret: secretNameOf('account'),
  }),
  checkMachines: z.array(slug).max(20).default([]),
  userPrincipalNames: z.array(z.email().max(254)).max(200).default([]),
  minimumVersions: z
    .strictObject({ wap: versionSchema.optional(), spf: versionSchema.optional(), vmm: versionSchema.optional() })
    .optional(),
  approvalDays: z.int().min(1).max(30).default(7),
  clouds: z.array(cloudSchema).min(1).max(10),
});

/**
 * What `POST /connectors` takes. Rules that concern several fields are checked on whatever has the right shape, with
 * the shapes.
 */
export const connectorRequestSchema = connectorBodySchema
  .superRefine(
    (request, context) => {
      const faults = context.issues.flatMap(({ code, path }) =>
        code === 'unrecognized_keys' ? [] : [toPlace(path ?? [])],
      );
      const parts = (rightParts(request, new Set(faults)) ?? {}) as ConnectorParts;
      for (const { path, message, fix } of connectorProblems(parts)) {
        context.addIssue({ code: 'custom', path: [...path], message, params: { fix } });
      }
    },
    { when: ({ value }) => typeof value === 'object' && value !== null },
  )
  .meta({ id: 'ConnectorRequest' });
export type ConnectorRequest = z.output<typeof connectorRequestSchema>;

export function minimumVersionsOf({
  minimumVersions,
}: ConnectorRequest): Readonly<Record<'wap' | 'spf' | 'vmm', string>> {
  const { wap, spf, vmm } = defaultVersions;
  return { wap: minimumVersions?.wap ?? wap, spf: minimumVersions?.spf ?? spf, vmm: minimumVersions?.vmm ?? vmm };
}

function toPlace(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key)}`).join('');
}

/** Without what is wrong in it: what a field may not hold is not quoted in what is said of another. */
function rightParts(value: unknown, faults: ReadonlySet<string>, place = ''): unknown {
  if (faults.has(place)) return undefined;
  if (Array.isArray(value)) return value.map((item, index) => rightParts(item, faults, `${place}/${index}`));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, rightParts(item, faults, `${place}/${name}`)]),
  );
}
/** zod goes on to the rules about a URL with a text that is none; that was said already, and nothing is added to it. */
function isOpen(text: string): boolean {
  const url = URL.parse(text);
  return url === null || [url.username, url.password, url.search, url.hash].every((part) => part === '');
}

function isBare(text: string): boolean {
  const url = URL.parse(text);
  return url === null || (isOpen(text) && url.pathname === '/');
}

/** No certificate of a portal is for an address. A name's last label begins with a letter, an address's never does. */
function hasName(text: string): boolean {
  const url = URL.parse(text);
  return url === null || (hostNamePattern.test(url.hostname) && url.port !== '0');
}

/** The endpoint as the privileged endpoint is given it: always with its port, never with a slash at the end. */
function withPort(url: string): string {
  const { hostname, port } = new URL(url);
  const isStandardPort = port === '' && /:443\/?$/.test(url);
  return `https://${hostname}:${isStandardPort ? '443' : port === '' ? String(connectorPort) : port}`;
}
