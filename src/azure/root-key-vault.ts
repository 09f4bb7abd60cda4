import { setTimeout as wait } from 'node:timers/promises';
import {
  CertificateClient,
  type CertificatePolicy,
  type KeyVaultCertificate,
  type KeyVaultCertificateWithPolicy,
} from '@azure/keyvault-certificates';
import { CryptographyClient } from '@azure/keyvault-keys';
import type { TokenCredential } from '@azure/core-auth';
import { isRestError } from '@azure/core-rest-pipeline';
import type { KeyAnswer, RootKeyPolicy, RootKeys, RootKeyVersion } from '../ports/root-keys.ts';
import { secondsOf } from './retry-after.ts';
import { isMissing, patiently, usualWaitSeconds, vaultClientOptions, wordsOf } from './vault-calls.ts';

export interface RootKeyVaultOptions {
  readonly vaultUrl: string;
  readonly credential: TokenCredential;
}

const selfPollMs = 1000;
/** Key Vault makes a self-signed certificate in seconds; past this the caller is told to come back. */
const selfWaitMs = 20_000;

/** Root keys in an Azure Key Vault. Throttling is retried by the client a few times and then answered as busy. */
export function createRootKeyVault({ vaultUrl, credential }: RootKeyVaultOptions): RootKeys {
  const options = vaultClientOptions(vaultUrl);
  const certificates = new CertificateClient(vaultUrl, credential, options);
  // What makes something is not sent again when its answer is lost: it may have been done, and would be done twice.
  const makers = new CertificateClient(vaultUrl, credential, { ...options, retryOptions: { maxRetries: 0 } });
  const signers = new Map<string, CryptographyClient>();

  function signerFor(keyId: string): CryptographyClient {
    const signer = signers.get(keyId) ?? new CryptographyClient(keyId, credential, options);
    signers.set(keyId, signer);
    return signer;
  }

  /** The oldest version of a certificate, or undefined. Key Vault has few versions of a root: two. */
  async function firstVersion(name: string): Promise<KeyVaultCertificate | undefined> {
    const versions = [];
    try {
      for await (const version of certificates.listPropertiesOfCertificateVersions(name)) versions.push(version);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
    const [oldest] = versions.toSorted((a, b) => (a.createdOn?.getTime() ?? 0) - (b.createdOn?.getTime() ?? 0));
    return oldest?.version === undefined ? undefined : certificates.getCertificateVersion(name, oldest.version);
  }

  async function newest(name: string): Promise<KeyVaultCertificateWithPolicy | undefined> {
    try {
      return await certificates.getCertificate(name);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** The issuer of a certificate that is being made, or undefined. */
  async function pendingIssuer(name: string): Promise<string | undefined> {
    try {
      const poller = await certificates.getCertificateOperation(name);
      const operation = poller.getOperationState().certificateOperation;
      return operation?.status === 'inProgress' ? operation.issuerName : undefined;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Key Vault makes it in seconds. One that an earlier call began is waited for, since a second is refused meanwhile. */
  async function makeSelfSigned(name: string, policy: RootKeyPolicy): Promise<RootKeyVersion> {
    await patiently(async () => {
      if ((await pendingIssuer(name)) !== undefined || (await firstVersion(name)) !== undefined) return;
      await makers.beginCreateCertificate(name, toPolicy(policy, 'Self'));
    });
    for (let waitedMs = 0; waitedMs < selfWaitMs; waitedMs += selfPollMs) {
      const made = await firstVersion(name);
      if (made !== undefined) return toVersion(made);
      await wait(selfPollMs);
    }
    throw new StillWorking('Key Vault is still at work.');
  }

  return {
    ensureSelfSigned: (name, policy) =>
      answer(async () => {
        const existing = await firstVersion(name);
        return existing === undefined ? makeSelfSigned(name, policy) : toVersion(existing);
      }),

    install: (name, policy, certificateDer) =>
      answer(async () => {
        const current = await newest(name);
        if (current?.cer !== undefined && Buffer.from(certificateDer).equals(Buffer.from(current.cer)))
          return toVersion(current);
        // Not polled to its end: an Unknown issuer waits for the merge.
        await patiently(async () => {
          if ((await pendingIssuer(name)) !== 'Unknown') {
            await makers.beginCreateCertificate(name, toPolicy(policy, 'Unknown'));
          }
        });
        return toVersion(await patiently(() => makers.mergeCertificate(name, [certificateDer])));
      }),

    disableVersion: (certificateId) =>
      answer(async () => {
        const [name = '', version = ''] = new URL(certificateId).pathname.split('/').slice(2);
        await certificates.updateCertificateProperties(name, version, { enabled: false });
        return undefined;
      }),

    sign: (keyId, sha256Digest) => answer(async () => (await signerFor(keyId).sign('RS256', sha256Digest)).result),
  };
}

function toPolicy(policy: RootKeyPolicy, issuerName: 'Self' | 'Unknown'): CertificatePolicy {
  return {
    issuerName,
    subject: `CN=${policy.commonName}`,
    keyType: policy.hsm ? 'RSA-HSM' : 'RSA',
    keySize: policy.keySizeBits,
    reuseKey: true,
    exportable: false,
    contentType: 'application/x-pkcs12',
    keyUsage: ['digitalSignature', 'keyCertSign'],
    validityInMonths: policy.validityMonths,
    // A root is rotated by Gatehouse, in the open; Key Vault must not renew it by itself.
    lifetimeActions: [{ action: 'EmailContacts', lifetimePercentage: 80 }],
  };
}

function toVersion({ name, keyId, cer, properties }: KeyVaultCertificate): RootKeyVersion {
  // The client leaves the certificate's own `id` unset and puts it among the properties.
  if (keyId === undefined || properties.id === undefined || cer === undefined) {
    throw new Error(`Key Vault answered certificate ${name} without its key or its content.`);
  }
  return { keyId, certificateId: properties.id, certificateDer: cer };
}

async function answer<T>(call: () => Promise<T>): Promise<KeyAnswer<T>> {
  try {
    return { outcome: 'done', value: await call() };
  } catch (error) {
    if (error instanceof StillWorking) return { outcome: 'busy', retryAfterSeconds: usualWaitSeconds };
    if (!isRestError(error)) throw error;
    const { statusCode } = error;
    // No answer: it may have been done. The next call looks first.
    if (statusCode === undefined) return { outcome: 'busy', retryAfterSeconds: usualWaitSeconds };
    if (statusCode === 429 || statusCode >= 500) {
      return {
        outcome: 'busy',
        retryAfterSeconds: secondsOf(error.response?.headers.get('retry-after')) ?? usualWaitSeconds,
      };
    }
    const { code, message } = wordsOf(error);
    return { outcome: 'refused', code: code || `Http${statusCode}`, message };
  }
}

class StillWorking extends Error {}
