import { z } from 'zod';
import {
  cloudNamePattern,
  fqdnPattern,
  sha256Pattern,
  sharePattern,
  sqlServerPattern,
} from '../../domain/on-premises-names.ts';
import { remoteStep } from './remote-step.ts';

const fqdn = z.string().regex(fqdnPattern);
const computer = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/);
const thumbprint = z.string().regex(/^[0-9A-F]{40}$/);
const sha256 = z.string().regex(sha256Pattern);
const cloudName = z.string().regex(cloudNamePattern);
const folder = z.string().regex(/^[A-Za-z]:(\\[A-Za-z0-9._-]+)+$/);
const share = z.string().regex(sharePattern);
const fileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,100}\.txt$/);
const endpoint = z.url({ protocol: /^https$/ });
const packageUri = z.url({ protocol: /^https$/ });
const sqlServer = z.string().regex(sqlServerPattern);
const noParameters = z.strictObject({});
const noFacts = z.object({});

/** What was seen of one address from one machine. `issue` is a code: see `endpointIssues`. */
const endpointIssues = [
  '',
  'notResolved',
  'noRoute',
  'portClosed',
  'untrusted',
  'expired',
  'nameMismatch',
  'selfSigned',
] as const;
const endpointResult = z.object({
  host: z.string(),
  port: z.int(),
  resolved: z.boolean(),
  connected: z.boolean(),
  trusted: z.boolean().optional(),
  notAfter: z.string().optional(),
  issue: z.enum(endpointIssues),
});

const authentication = z.enum(['Credssp', 'Default']);

/** The steps of connecting Windows Azure Pack clouds to Azure Stack, in the procedure's order. */
export const connectorSteps = {
  /** On portal, api, SPF and VMM machines: `Precondition` where a product is missing or older than `minimum`. */
  checkVersions: remoteStep({
    id: 'W2',
    title: 'Check the installed versions',
    modes: ['probe'],
    parameters: z.strictObject({
      products: z.array(
        z.strictObject({ name: z.enum(['wap', 'spf', 'vmm']), minimum: z.string().regex(/^\d+(\.\d+){1,3}$/) }),
      ),
    }),
    facts: z.object({ products: z.array(z.object({ name: z.string(), version: z.string() })) }).partial(),
    timeoutSeconds: 120,
    usualSeconds: 6,
    tries: 3,
  }),
  /** On the host and on a cloud's machine: which user principal names are not in the directory of its domain. */
  findUsers: remoteStep({
    id: 'W3',
    title: 'Look for the users',
    modes: ['probe'],
    parameters: z.strictObject({ userPrincipalNames: z.array(z.email()).max(200) }),
    secrets: { credential: 'account' },
    facts: z.object({ missing: z.array(z.string()) }).partial(),
    timeoutSeconds: 120,
    usualSeconds: 6,
    tries: 3,
  }),
  /**
   * On the wasp machine, or any other: names resolve, ports open. Never `Precondition`: the facts say what was seen.
   */
  checkNetwork: remoteStep({
    id: 'W6',
    title: 'Check the network',
    modes: ['probe'],
    parameters: z.strictObject({ endpoints: z.array(z.strictObject({ host: z.string(), port: z.int() })).max(50) }),
    facts: z.object({ results: z.array(endpointResult) }).partial(),
    timeoutSeconds: 120,
    usualSeconds: 6,
    tries: 3,
  }),
  /**
   * On a portal machine: the certificate that the tenant portal's binding uses, or the given one. Chain as base64 DER,
   * leaf left out.
   */
  checkCertificate: remoteStep({
    id: 'W7',
    title: 'Check the TLS certificate',
    modes: ['probe'],
    parameters: z.strictObject({ tenantPortalFqdn: fqdn, thumbprint: thumbprint.optional() }),
    facts: z
      .object({
        thumbprint,
        subject: z.string(),
        issuer: z.string(),
        notAfter: z.iso.datetime(),
        issuers: z.array(z.object({ thumbprint, store: z.enum(['CA', 'Root']), certificate: z.base64() })),
      })
      .partial(),
    timeoutSeconds: 120,
    usualSeconds: 6,
    tries: 3,
  }),
  /** On the wasp machine. */
  trustIssuer: remoteStep({
    id: 'W8',
    title: 'Trust the issuer on the portal of Azure Stack',
    parameters: z.strictObject({ thumbprint, store: z.enum(['CA', 'Root']), certificate: z.base64().max(8192) }),
    facts: noFacts,
    timeoutSeconds: 120,
    usualSeconds: 10,
    tries: 2,
  }),
  /**
   * On a portal machine. Without an installer a missing extension is a `Precondition`, and so is an installer whose
   * Authenticode signature the machine finds wrong. `signature`: the status of the installer's, as PowerShell names it.
   */
  installUrlRewrite: remoteStep({
    id: 'W10',
    title: 'Install URL Rewrite',
    parameters: z.strictObject({ installerUri: packageUri.optional(), installerSha256: sha256.optional() }),
    facts: z.object({ version: z.string(), signature: z.string() }).partial(),
    timeoutSeconds: 600,
    usualSeconds: 60,
    tries: 2,
  }),
  /** On the host: credentials may be delegated to this one computer. */
  allowCredssp: remoteStep({
    id: 'W11',
    title: 'Allow CredSSP to the privileged endpoint',
    parameters: z.strictObject({ computerName: computer }),
    facts: noFacts,
    timeoutSeconds: 60,
    usualSeconds: 5,
    tries: 2,
  }),
  /** On the host: the endpoint opens and knows Add-AzurePackConnector. */
  openPrivilegedEndpoint: remoteStep({
    id: 'W12',
    title: 'Open the privileged endpoint',
    modes: ['probe'],
    parameters: z.strictObject({ computerName: computer, authentication }),
    secrets: { credential: 'account' },
    facts: z.object({ hasCommand: z.boolean() }).partial(),
    timeoutSeconds: 120,
    usualSeconds: 20,
  }),
  /**
   * On the host. Probe and verify: the share holds, for every endpoint, a data file that names it (written after
   * `since`, where given). Apply ends at the attested Success line and stops the lingering loop. Undo disables
   * multi-cloud mode. `statusLines`: the last of what the endpoint said.
   */
  enableMultiCloud: remoteStep({
    id: 'W13',
    title: 'Enable multi-cloud mode',
    parameters: z.strictObject({
      computerName: computer,
      authentication,
      azureStackCloudName: cloudName,
      clouds: z
        .array(z.strictObject({ name: cloudName, endpoint }))
        .min(1)
        .max(50),
      share,
      since: z.iso.datetime().optional(),
    }),
    secrets: { credential: 'account', shareCredential: 'account' },
    facts: z.object({ statusLines: z.array(z.string()), missing: z.array(z.string()) }).partial(),
    timeoutSeconds: 3600,
    usualSeconds: 900,
  }),
  /** On the host. */
  listDataFiles: remoteStep({
    id: 'W15',
    title: 'List the data files',
    modes: ['probe'],
    parameters: z.strictObject({ share }),
    secrets: { shareCredential: 'account' },
    facts: z
      .object({
        files: z.array(z.object({ name: z.string(), sizeBytes: z.int(), sha256, writtenAt: z.iso.datetime() })),
      })
      .partial(),
    timeoutSeconds: 120,
    usualSeconds: 6,
    tries: 5,
  }),
  /** On the host. `content` is base64 of the file's bytes; larger than 18,000 bytes is a `Precondition`. */
  collectDataFile: remoteStep({
    id: 'W16',
    title: 'Collect a data file',
    modes: ['probe'],
    parameters: z.strictObject({ share, fileName, sha256 }),
    secrets: { shareCredential: 'account' },
    facts: z.object({ content: z.base64(), sha256, sizeBytes: z.int() }).partial(),
    secretFacts: ['content'],
    timeoutSeconds: 120,
    usualSeconds: 6,
    tries: 5,
  }),
  /**
   * W18 and W25, on portal and api machines: the package is unpacked in `folder` and its hash is noted in it. `signed`,
   * `notSigned` and `doubtful` count its programs and scripts by their Authenticode signatures; one that is wrong is a
   * `Precondition`.
   */
  stagePackage: remoteStep({
    id: 'W18',
    title: 'Stage the package',
    parameters: z.strictObject({ uri: packageUri, sha256, folder }),
    facts: z.object({ sha256, signed: z.int(), notSigned: z.int(), doubtful: z.int() }).partial(),
    timeoutSeconds: 900,
    usualSeconds: 90,
    tries: 3,
  }),
  /** Done when the three products are installed. Undo uninstalls those that apply added. */
  installConnector: remoteStep({
    id: 'W19',
    title: 'Install the connector',
    parameters: z.strictObject({ folder }),
    facts: z.object({ products: z.array(z.string()) }).partial(),
    timeoutSeconds: 1200,
    usualSeconds: 300,
  }),
  checkSites: remoteStep({
    id: 'W20',
    title: 'Check the sites',
    modes: ['probe'],
    parameters: noParameters,
    facts: z.object({ sites: z.array(z.object({ name: z.string(), state: z.string() })) }).partial(),
    timeoutSeconds: 120,
    usualSeconds: 5,
    tries: 3,
  }),
  /** Undo binds the certificate from before again (noted on the machine by apply). */
  bindCertificate: remoteStep({
    id: 'W21',
    title: 'Bind the certificate',
    parameters: z.strictObject({ folder, thumbprint }),
    facts: z.object({ thumbprint }).partial(),
    timeoutSeconds: 180,
    usualSeconds: 30,
    tries: 2,
  }),
  /** Undo restores the three Web.config files from before. */
  configureConnector: remoteStep({
    id: 'W22',
    title: 'Configure the connector',
    parameters: z.strictObject({ folder, tenantPortalFqdn: fqdn, tenantApiFqdn: fqdn, azureStackPortalFqdn: fqdn }),
    facts: noFacts,
    timeoutSeconds: 180,
    usualSeconds: 30,
    tries: 2,
  }),
  /** On the wasp machine, or any other: TLS with a chain that this machine trusts. The facts say what was seen. */
  checkTlsEndpoints: remoteStep({
    id: 'W23',
    title: 'Check the TLS endpoints',
    modes: ['probe'],
    parameters: z.strictObject({ endpoints: z.array(z.strictObject({ host: z.string(), port: z.int() })).max(50) }),
    facts: z.object({ results: z.array(endpointResult) }).partial(),
    timeoutSeconds: 120,
    usualSeconds: 6,
    tries: 3,
  }),
  /** On an api machine: the data file, byte by byte. Undo deletes it. `content` is base64. */
  copyDataFile: remoteStep({
    id: 'W26',
    title: 'Copy the data file',
    parameters: z.strictObject({ folder, fileName, sha256 }),
    secrets: { content: 'dataFile' },
    facts: z.object({ sha256 }).partial(),
    timeoutSeconds: 900,
    usualSeconds: 5,
    tries: 3,
  }),
  /** Undo installs the version from before again. */
  updateTenantApi: remoteStep({
    id: 'W27',
    title: 'Update the tenant API',
    parameters: z.strictObject({ folder }),
    facts: z.object({ version: z.string() }).partial(),
    timeoutSeconds: 1200,
    usualSeconds: 300,
  }),
  checkTenantApi: remoteStep({
    id: 'W28',
    title: 'Check the tenant API',
    modes: ['probe'],
    parameters: noParameters,
    facts: z.object({ sites: z.array(z.object({ name: z.string(), state: z.string() })), errors: z.int() }).partial(),
    timeoutSeconds: 180,
    usualSeconds: 65,
    tries: 3,
  }),
  /**
   * Probe: `ok` when the file is protected and the server is not wanted. Apply reads the server and protects the file
   * again, whatever happens. Verify: the file is protected.
   */
  findSqlServer: remoteStep({
    id: 'W30',
    title: 'Find the SQL server',
    modes: ['probe', 'apply', 'verify'],
    parameters: z.strictObject({ isServerKnown: z.boolean() }),
    facts: z.object({ sqlServer, isProtected: z.boolean() }).partial(),
    timeoutSeconds: 120,
    usualSeconds: 15,
  }),
  /** As the SQL administrator. Probe is W32's look. Apply makes a copy-only backup first; undo restores from it. */
  trustAzureStack: remoteStep({
    id: 'W31',
    title: 'Trust Azure Stack',
    parameters: z.strictObject({ folder, fileName, sha256, sqlServer, realm: z.string().max(512), thumbprint }),
    runsAs: true,
    facts: z.object({ isTrusted: z.boolean(), backup: z.string() }).partial(),
    timeoutSeconds: 300,
    usualSeconds: 60,
  }),
} as const;
