// States of the connector's machines that tests begin from, made by the steps themselves where a step makes them.
import { createHash } from 'node:crypto';
import { encodeDataFile, thumbprintOf } from '../../../sandbox/windows/connector/data-file.ts';
import type { StepMode, StepOutcome } from '../../../sandbox/windows/world/records.ts';
import {
  cloudAdmin,
  clouds,
  connectorPackage,
  type ConnectorWorld,
  domainAdmin,
  outputShare,
  packageFolder,
} from './connector-world.ts';
import { aServerCertificate } from './issued-certificates.ts';

const dayMs = 86_400_000;

/** Stages and installs the connector. */
export function installConnector(test: ConnectorWorld, machineId: string): void {
  test.run('W18', 'apply', machineId, connectorPackage);
  test.run('W19', 'apply', machineId, { folder: packageFolder });
}

export const multiCloudParameters = {
  computerName: 'azs-ercs01',
  authentication: 'Default',
  azureStackCloudName: 'AzureStack',
  clouds,
  share: outputShare,
};
export const endpointSecrets = { credential: cloudAdmin, shareCredential: domainAdmin };

/** W13 with everything as it should be, and what a test is about. */
export function runMultiCloud(test: ConnectorWorld, mode: StepMode, more: object = {}, lastedMs = 0): StepOutcome {
  return test.run('W13', mode, 'host', { ...multiCloudParameters, ...more }, { secrets: endpointSecrets, lastedMs });
}

/** Puts a certificate for the machine's own name into LocalMachine\My, with something wrong; returns its thumbprint. */
export async function addPersonalCertificate(
  test: ConnectorWorld,
  machineId: string,
  wrong: 'selfSigned' | 'expired' | 'keyless',
): Promise<string> {
  const past = { notBefore: new Date(Date.now() - 2 * dayMs), notAfter: new Date(Date.now() - dayMs) };
  const issuer = wrong === 'selfSigned' ? undefined : test.authority;
  const host = `${machineId}.contoso.com`;
  const certificate = await aServerCertificate(host, issuer, wrong === 'expired' ? past : {});
  test
    .machine(machineId)
    .certificates.push({ location: 'LocalMachine', store: 'My', certificate, hasPrivateKey: wrong !== 'keyless' });
  return thumbprintOf(certificate) ?? '';
}

/** What W26 takes for the data file of a cloud, once multi-cloud mode is on. */
export function dataFileOf(test: ConnectorWorld, cloudNumber: number) {
  const file = test.connector.outputFiles[cloudNumber - 1];
  const bytes = file === undefined ? Buffer.alloc(0) : encodeDataFile(file);
  return {
    parameters: {
      folder: packageFolder,
      fileName: file?.name ?? '',
      sha256: createHash('sha256').update(bytes).digest('hex'),
    },
    secrets: { content: bytes.toString('base64') },
  };
}
