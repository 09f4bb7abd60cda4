/** Plans of a connector, and what the machines that it names answer when all is well. */
import type { CloudDataFile, ConnectorCloud, ConnectorPlan } from '../../src/contracts/on-premises/connectors.ts';

const sha256 = 'a'.repeat(64);
const thumbprint = 'C'.repeat(40);

export interface ConnectorSize {
  readonly clouds?: number;
  readonly portals?: number;
  readonly apis?: number;
}

function aCloud(index: number, { portals = 1, apis = 1 }: ConnectorSize = {}): ConnectorCloud {
  const number = index + 1;
  const apiMachines = Array.from({ length: apis }, (_, at) => `api${number}-${at + 1}`);
  return {
    name: `Cloud_${number}`,
    endpoint: `https://portal${number}.contoso.com:40005`,
    tenantPortalFqdn: `portal${number}.contoso.com`,
    tenantApiFqdn: `api${number}.contoso.com`,
    portalMachines: Array.from({ length: portals }, (_, at) => `portal${number}-${at + 1}`),
    apiMachines,
    trustMachine: apiMachines[0] ?? '',
    sqlRunAsSecret: `run-as-sql-admin-${number}`,
  };
}

export function aConnectorPlan(size: ConnectorSize = {}, change: Partial<ConnectorPlan> = {}): ConnectorPlan {
  const { clouds = 1 } = size;
  return {
    connectorId: 'wap',
    hostMachine: 'host',
    waspMachine: 'wasp',
    identity: 'adfs',
    azureStackCloudName: 'AzureStack',
    azureStackPortalFqdn: 'portal.azurestack.local',
    package: { uri: 'https://files.contoso.com/connector.zip', sha256 },
    privilegedEndpoint: {
      computerName: 'azs-ercs01',
      credentialSecret: 'account-cloud-admin',
      authentication: 'Credssp',
    },
    dataFiles: { share: '\\\\server\\share', credentialSecret: 'account-share-reader' },
    checkMachines: ['client'],
    userPrincipalNames: ['tenant@contoso.com'],
    minimumVersions: { wap: '3.32', spf: '7.2', vmm: '3.2' },
    clouds: Array.from({ length: clouds }, (_, index) => aCloud(index, size)),
    changedClouds: Array.from({ length: clouds }, (_, index) => aCloud(index).name),
    trustAttemptedClouds: [],
    trustedClouds: [],
    thumbprints: {},
    issuers: [],
    approvalDays: 7,
    ...change,
  };
}

export function dataFileOf({ name }: ConnectorCloud): CloudDataFile {
  return {
    cloud: name,
    fileName: `${name}.txt`,
    sha256,
    secretName: `gatehouse-data-file-wap-${name.replaceAll('_', '-')}`,
    realm: 'https://adfs.azurestack.local/adfs',
    signingThumbprint: 'D'.repeat(40),
    notAfter: '2030-01-01T00:00:00.000Z',
  };
}

/** What a step answers of its facts when all is well. */
export function wellFacts(stepId: string): Readonly<Record<string, unknown>> {
  switch (stepId) {
    case 'W7':
      return { thumbprint, issuers: [{ thumbprint: 'E'.repeat(40), store: 'CA', certificate: 'AAAA' }] };
    case 'W6':
    case 'W23':
      return { results: [{ host: 'portal1.contoso.com', port: 30_081, resolved: true, connected: true, issue: '' }] };
    case 'W15':
      return {
        files: [
          { name: 'old.txt', sizeBytes: 100, sha256: '1'.repeat(64), writtenAt: '2026-11-01T00:00:00.000Z' },
          { name: 'new.txt', sizeBytes: 100, sha256: '2'.repeat(64), writtenAt: '2026-11-20T00:00:00.000Z' },
        ],
      };
    case 'W30':
      return { sqlServer: 'SQL1', isProtected: true };
    default:
      return {};
  }
}
