/** What connecting Windows Azure Pack to Azure Stack is asked with, step by step, in the default world. */
import { createHash, X509Certificate } from 'node:crypto';
import { renderDataFile } from '../../../../sandbox/windows/connector/data-file.ts';
import type { WorldDefinition } from '../../../../sandbox/windows/world/records.ts';
import { packageFiles, packageOf } from '../connector-package.ts';
import type { Line, Scenario, StepRequest } from './scenario.ts';

export const folder = 'C:\\temp\\WAPConnector';
export const uri = 'https://packages.contoso.com/WAPConnector.zip';
const share = '\\\\su1fileserver\\SU1_Infrastructure_1\\AzurePackConnectorOutput';
export const domainAdmin = { username: 'AZURESTACK\\azurestackadmin', password: 'Stack-Simulated-1' };
export const cloudAdmin = { username: 'cloudadmin@azurestack.local', password: 'Cloud-Simulated-1' };
export const clouds = [
  { name: 'AzurePack_1', endpoint: 'https://wapcomputer1.contoso.com:40005' },
  { name: 'AzurePack_2', endpoint: 'https://wapcomputer2.contoso.com:40005' },
];
const names = {
  tenantPortalFqdn: 'wapcomputer1.contoso.com',
  tenantApiFqdn: 'wapcomputer2.contoso.com',
  azureStackPortalFqdn: 'portal.local.azurestack.external',
};

export const connectorPackage = packageOf(packageFiles('3.40.8500.1'));
export const otherPackage = packageOf(packageFiles('3.41.0.0'));
const rewriteUri = 'https://packages.contoso.com/rewrite_amd64.msi';
const rewriteBytes = Buffer.from('an installer');
export const rewriteInstaller = {
  bytes: rewriteBytes,
  sha256: createHash('sha256').update(rewriteBytes).digest('hex'),
};
/** What can be had from the world's download site. */
export const connectorPackages = [connectorPackage, otherPackage, rewriteInstaller];

export function thumbprintOf(certificate = ''): string {
  return new X509Certificate(Buffer.from(certificate, 'base64')).fingerprint.replaceAll(':', '');
}

/** Parameters and secrets of the connector's steps. */
function requests(definition: WorldDefinition): Readonly<Record<string, StepRequest>> {
  const azureStack = definition.connector?.azureStack;
  const { realm = '', signingCertificate = '' } = azureStack ?? {};
  const data = Buffer.from(renderDataFile({ endpoint: clouds[0]?.endpoint ?? '', realm, signingCertificate }, 'json'));
  const file = { folder, fileName: 'AzurePack-1.txt', sha256: createHash('sha256').update(data).digest('hex') };
  const own = definition.machines
    .find(({ id }) => id === 'wapcomputer1')
    ?.certificates?.find(({ store }) => store === 'My');
  return {
    W2: { parameters: { products: [{ name: 'wap', minimum: '3.33' }] } },
    W3: {
      parameters: { userPrincipalNames: ['azurestackadmin@azurestack.local', 'nobody@azurestack.local'] },
      secrets: { credential: domainAdmin },
    },
    W7: { parameters: { tenantPortalFqdn: names.tenantPortalFqdn } },
    W8: { parameters: issuerOf(definition) },
    W10: { parameters: { installerUri: rewriteUri, installerSha256: rewriteInstaller.sha256 } },
    W11: { parameters: { computerName: 'azs-ercs01' } },
    W12: { parameters: { computerName: 'azs-ercs01', authentication: 'Credssp' }, secrets: { credential: cloudAdmin } },
    W13: {
      parameters: {
        computerName: 'azs-ercs01',
        authentication: 'Default',
        azureStackCloudName: 'AzureStack_1',
        clouds,
        share,
      },
      secrets: { credential: cloudAdmin, shareCredential: domainAdmin },
    },
    W15: { parameters: { share }, secrets: { shareCredential: domainAdmin } },
    W16: {
      parameters: { share, fileName: 'AzurePack-1.txt', sha256: file.sha256 },
      secrets: { shareCredential: domainAdmin },
    },
    W18: { parameters: { uri, sha256: connectorPackage.sha256, folder } },
    W19: { parameters: { folder } },
    W21: { parameters: { folder, thumbprint: thumbprintOf(own?.certificate) } },
    W22: { parameters: { folder, ...names } },
    W26: { parameters: file, secrets: { content: data.toString('base64') } },
    W30: { parameters: { isServerKnown: false } },
    W31: {
      parameters: { ...file, sqlServer: 'wapcomputer1', realm, thumbprint: thumbprintOf(signingCertificate) },
      runAs: 'CONTOSO\\sqladmin',
    },
  };
}

/** The issuer of the certificate of WAP's computers. */
function issuerOf({ machines }: WorldDefinition): Readonly<Record<string, unknown>> {
  const known = machines.find(({ id }) => id === 'wapcomputer1')?.certificates ?? [];
  const certificate = known.find(({ store }) => store === 'CA')?.certificate ?? '';
  return { thumbprint: thumbprintOf(certificate), store: 'CA', certificate };
}

/** What is asked on one machine. */
export const on = (machine: string, ...lines: readonly Line[]): Scenario => ({ machine, requests, lines });
