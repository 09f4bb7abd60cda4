import {
  deleteCertificate,
  getCertificate,
  getDeletedCertificate,
  listCertificates,
  listCertificateVersions,
  listDeletedCertificates,
  purgeCertificate,
  recoverCertificate,
  updateCertificate,
} from './certificates.ts';
import { importCertificate } from './import-certificate.ts';
import {
  createKey,
  deleteKey,
  getDeletedKey,
  getKey,
  listDeletedKeys,
  listKeys,
  listKeyVersions,
  purgeKey,
  recoverKey,
  updateKey,
} from './keys.ts';
import { createCertificate, deletePending, getPending, mergePending, updatePending } from './pending-certificates.ts';
import {
  deleteSecret,
  getDeletedSecret,
  getSecret,
  listDeletedSecrets,
  listSecrets,
  listSecretVersions,
  purgeSecret,
  recoverSecret,
  setSecret,
  updateSecret,
} from './secrets.ts';
import { sign } from './sign.ts';
import type { VaultOperation } from './vault.ts';

export interface VaultRoute {
  readonly operation: VaultOperation;
  readonly name: string;
  readonly version: string;
  /** What the request makes, if anything: making has limits of its own. */
  readonly makes: 'key' | 'secret' | undefined;
}

/** `{n}` stands for a name, `{v}` for a version, which may be left empty; more exact patterns come first. */
const routes: readonly (readonly [string, VaultOperation])[] = [
  ['POST /keys/{n}/create', createKey],
  ['GET /keys/{n}/versions', listKeyVersions],
  ['GET /keys/{n}/{v}', getKey],
  ['PATCH /keys/{n}/{v}', updateKey],
  ['POST /keys/{n}/{v}/sign', sign],
  ['GET /keys', listKeys],
  ['DELETE /keys/{n}', deleteKey],
  ['GET /deletedkeys', listDeletedKeys],
  ['GET /deletedkeys/{n}', getDeletedKey],
  ['DELETE /deletedkeys/{n}', purgeKey],
  ['POST /deletedkeys/{n}/recover', recoverKey],
  ['POST /certificates/{n}/create', createCertificate],
  ['POST /certificates/{n}/import', importCertificate],
  ['GET /certificates/{n}/pending', getPending],
  ['PATCH /certificates/{n}/pending', updatePending],
  ['DELETE /certificates/{n}/pending', deletePending],
  ['POST /certificates/{n}/pending/merge', mergePending],
  ['GET /certificates/{n}/versions', listCertificateVersions],
  ['GET /certificates/{n}/{v}', getCertificate],
  ['PATCH /certificates/{n}/{v}', updateCertificate],
  ['GET /certificates', listCertificates],
  ['DELETE /certificates/{n}', deleteCertificate],
  ['GET /deletedcertificates', listDeletedCertificates],
  ['GET /deletedcertificates/{n}', getDeletedCertificate],
  ['DELETE /deletedcertificates/{n}', purgeCertificate],
  ['POST /deletedcertificates/{n}/recover', recoverCertificate],
  ['PUT /secrets/{n}', setSecret],
  ['GET /secrets/{n}/versions', listSecretVersions],
  ['GET /secrets/{n}/{v}', getSecret],
  ['PATCH /secrets/{n}/{v}', updateSecret],
  ['GET /secrets', listSecrets],
  ['DELETE /secrets/{n}', deleteSecret],
  ['GET /deletedsecrets', listDeletedSecrets],
  ['GET /deletedsecrets/{n}', getDeletedSecret],
  ['DELETE /deletedsecrets/{n}', purgeSecret],
  ['POST /deletedsecrets/{n}/recover', recoverSecret],
];

const makingKeys: readonly VaultOperation[] = [createKey, createCertificate, importCertificate];

/** Operations of Key Vault that have a form of one of the patterns above, and that this vault does not have. */
const otherSegments = ['policy', 'contacts', 'issuers', 'rotationpolicy', 'attestation', 'backup', 'restore'];

const patterns = routes.map(([pattern, operation]) => {
  const source = pattern.replaceAll('{n}', '(?<name>[^/]+)').replaceAll('{v}', '(?<version>[^/]*)');
  return { expression: new RegExp(`^${source}$`), operation };
});

/** The operation of this request, or undefined when the vault does not have it. */
export function findRoute(method: string, pathname: string): VaultRoute | undefined {
  // "Latest" is an empty version after a slash; a bare name means the same.
  const hasVersion = method === 'GET' || method === 'PATCH';
  const path = hasVersion && /^\/(keys|certificates|secrets)\/[^/]+$/.test(pathname) ? `${pathname}/` : pathname;
  const route = `${method} ${path.length > 1 && !isVersionPath(path) ? path.replace(/\/$/, '') : path}`;
  if (path.split('/').some((segment) => otherSegments.includes(segment))) return undefined;
  for (const { expression, operation } of patterns) {
    const match = expression.exec(route);
    if (match !== null) {
      const { name = '', version = '' } = match.groups ?? {};
      return { operation, name, version, makes: madeBy(operation) };
    }
  }
  return undefined;
}

function madeBy(operation: VaultOperation): VaultRoute['makes'] {
  if (makingKeys.includes(operation)) return 'key';
  return operation === setSecret ? 'secret' : undefined;
}

function isVersionPath(path: string): boolean {
  return /^\/(keys|certificates|secrets)\/[^/]+\/[^/]*$/.test(path);
}
