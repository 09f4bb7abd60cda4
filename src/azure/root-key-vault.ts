import { setTimeout as wait } from 'node:timers/promises';
import type { TokenCredential } from '@azure/core-auth';
import { isRestError } from '@azure/core-rest-pipeline';
import {
  CertificateClient,
  type CertificateClientOptions,
  type CertificatePolicy,
  type ImportCertificateOptions,
  type KeyVaultCertificate,
  type KeyVaultCertificateWithPolicy,
} from '@azure/keyvault-certificates';
import { CryptographyClient } from '@azure/keyvault-keys';
import { cutText } from '../domain/cut-text.ts';
import type { Log } from '../ports/log.ts';
import type { KeyAnswer, RootKeyPolicy, RootKeys, RootKeyVersion } from '../ports/root-keys.ts';
import { statusOf } from './status-of.ts';
import {
  azureWordsOf,
  isMissing,
  isPassing,
  retryAfterOf,
  retryWhileThrottled,
  usualWaitSeconds,
  vaultClientOptions,
  wordsOf,
} from './vault-calls.ts';

export interface RootKeyVaultOptions {
  readonly vaultUrl: string;
  readonly credential: TokenCredential;
  readonly log: Log;
  /** For tests: a CA to trust. */
  readonly clientOptions?: Pick<CertificateClientOptions, 'tlsOptions' | 'additionalPolicies'>;
}

const selfPollMs = 1000;
/** Key Vault makes a self-signed certificate in seconds; past this the caller is told to come back. */
const selfWaitMs = 20_000;

/**
 * Root keys in an Azure Key Vault. What may pass (throttling, a lost answer, somebody else at work on the same
 * certificate) is answered as busy, what will not as refused, also where the client itself refuses and Key Vault was
 * not asked.
 */
export function createRootKeyVault({ vaultUrl, credential, log, clientOptions }: RootKeyVaultOptions): RootKeys {
  const options = { ...clientOptions, ...vaultClientOptions(vaultUrl, log, clientOptions) };
  const certificates = new CertificateClient(vaultUrl, credential, options);
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
    if (oldest?.version === undefined) return undefined;
    const first = await certificates.getCertificateVersion(name, oldest.version);
    // One that is still to be issued has neither.
    return first.cer === undefined || first.keyId === undefined ? undefined : first;
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

  /**
   * Key Vault makes it in seconds. One that an earlier call began is waited for, since a second is refused meanwhile.
   */
  async function makeSelfSigned(name: string, policy: RootKeyPolicy): Promise<RootKeyVersion> {
    for (let waitedMs = 0; waitedMs < selfWaitMs; waitedMs += selfPollMs) {
      const made = await retryWhileThrottled(async () => {
        const first = await firstVersion(name);
        if (first !== undefined || (await pendingIssuer(name)) !== undefined) return first;
        await unlessRace(() => certificates.beginCreateCertificate(name, toPolicy(policy, 'Self')));
        return undefined;
      });
      if (made !== undefined) return toVersion(made);
      await wait(selfPollMs);
    }
    throw new StillWorking('Key Vault is still at work.');
  }

  /** Not polled to its end: an Unknown issuer waits for the merge. */
  async function mergeOnce(name: string, policy: RootKeyPolicy, certificateDer: Uint8Array): Promise<RootKeyVersion> {
    const current = await newest(name);
    if (current?.cer !== undefined && Buffer.from(certificateDer).equals(Buffer.from(current.cer))) {
      return toVersion(current);
    }
    if ((await pendingIssuer(name)) !== 'Unknown') {
      await certificates.beginCreateCertificate(name, toPolicy(policy, 'Unknown'));
    }
    return toVersion(await certificates.mergeCertificate(name, [certificateDer]));
  }

  /**
   * The name is that of one import, so what is there under it is what that has brought, also if it was deleted since.
   */
  async function importOnce(name: string, pfx: Uint8Array, password: string): Promise<RootKeyVersion> {
    for (let waitedMs = 0; waitedMs < selfWaitMs; waitedMs += selfPollMs) {
      const imported = await retryWhileThrottled(async () => {
        const current = await newest(name);
        if (current !== undefined) return current;
        return unlessDeleted(name, () => certificates.importCertificate(name, pfx, importOptions(password)));
      });
      if (imported !== undefined) return requireNotExportable(imported);
      await wait(selfPollMs);
    }
    throw new StillWorking('Key Vault is still recovering.');
  }

  /** What was deleted under the name is recovered: the next look finds it. */
  async function unlessDeleted<T>(name: string, make: () => Promise<T>): Promise<T | undefined> {
    try {
      return await make();
    } catch (error) {
      if (wordsOf(error).innerCode !== 'ObjectIsDeletedButRecoverable') throw error;
      await certificates.beginRecoverDeletedCertificate(name);
      return undefined;
    }
  }

  async function requireNotExportable(imported: KeyVaultCertificateWithPolicy): Promise<RootKeyVersion> {
    if (imported.policy?.exportable === false) return toVersion(imported);
    await removeOnce(imported.name);
    throw new KeyExportable('Key Vault took the key as one that can be exported; it was deleted again.');
  }

  async function removeOnce(name: string): Promise<void> {
    try {
      await retryWhileThrottled(() => certificates.beginDeleteCertificate(name));
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  /** The client holds what it knows of a key for good: one that it refuses is read anew the next time. */
  async function sign(keyId: string, sha256Digest: Uint8Array): Promise<Uint8Array> {
    try {
      return (await signerFor(keyId).sign('RS256', sha256Digest)).result;
    } catch (error) {
      if (ownRefusal(error) !== undefined) signers.delete(keyId);
      throw error;
    }
  }

  return {
    ensureSelfSigned: (name, policy) => answer(() => makeSelfSigned(name, policy)),

    install: (name, policy, certificateDer) =>
      answer(() => retryWhileThrottled(() => mergeOnce(name, policy, certificateDer))),

    importPfx: (name, pfx, password) => answer(() => importOnce(name, pfx, password)),

    remove: (name) =>
      answer(async () => {
        await removeOnce(name);
        return undefined;
      }),

    disableVersion: (certificateId) =>
      answer(async () => {
        const [name = '', version = ''] = new URL(certificateId).pathname.split('/').slice(2);
        await retryWhileThrottled(() => certificates.updateCertificateProperties(name, version, { enabled: false }));
        return undefined;
      }),

    sign: (keyId, sha256Digest) => answer(() => retryWhileThrottled(() => sign(keyId, sha256Digest))),
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

/**
 * The client takes a policy for an import, and sends none: it looks for it under the name that the wire's description
 * has. So it is given under that name, and the answer is looked at.
 */
function importOptions(password: string): ImportCertificateOptions {
  const certificatePolicy = {
    keyProperties: { exportable: false },
    secretProperties: { contentType: 'application/x-pkcs12' },
  };
  const options: ImportCertificateOptions & { readonly certificatePolicy: object } = { certificatePolicy };
  return password === '' ? options : { ...options, password };
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
    // Without an answer it may have been done: the next call looks first.
    if (error instanceof StillWorking || isPassing(error) || isRace(error)) {
      return { outcome: 'busy', retryAfterSeconds: retryAfterOf(error) ?? usualWaitSeconds };
    }
    const own = ownRefusal(error);
    if (own !== undefined) return { outcome: 'refused', ...own, isOurs: true };
    if (!isRestError(error)) throw error;
    return { outcome: 'refused', ...azureWordsOf(error) };
  }
}

/**
 * Somebody else has the certificate's pending version: began one, merged it or took it away between our look and our
 * act.
 */
function isRace(error: unknown): boolean {
  const { code } = wordsOf(error);
  return code === 'PendingCertificateNotFound' || (code === 'Forbidden' && statusOf(error) === 409);
}

/** Begins what somebody else may be beginning at this moment: the next look shows whose it is. */
async function unlessRace(begin: () => Promise<unknown>): Promise<void> {
  try {
    await begin();
  } catch (error) {
    if (!isRace(error)) throw error;
  }
}

/** What the client says when it does not even ask: plain errors without a status, told apart by their words. */
const ownRefusals: readonly (readonly [RegExp, string])[] = [
  [/can't be used before/, 'KeyNotYetValid'],
  [/ expired at /, 'KeyExpired'],
  [/^Operation \w+ is not supported on key /, 'KeyOperationNotSupported'],
  [/^Unable to support operation/, 'KeyOperationNotSupported'],
];

function ownRefusal(error: unknown): { readonly code: string; readonly message: string } | undefined {
  if (!(error instanceof Error) || isRestError(error)) return undefined;
  if (error instanceof KeyExportable) return { code: 'KeyExportable', message: error.message };
  const code = ownRefusals.find(([words]) => words.test(error.message))?.[1];
  return code === undefined ? undefined : { code, message: cutText(error.message) };
}

class StillWorking extends Error {}

class KeyExportable extends Error {}
