import type { Problem } from '../../domain/app-error.ts';
import { parseThumbprint, type Thumbprint } from '../../domain/thumbprint.ts';
import { isIssuedBy } from '../../pki/read-authority.ts';
import { type ClientCertificate, readClientCertificate } from '../../pki/read-client-certificate.ts';
import { sha256Hex } from '../../stores/digest.ts';
import {
  certificateKeys,
  type CertificateRecord,
  noKnownEnd,
  type RevocationRecord,
  rootKeys,
  rootPartition,
  type RootRecord,
  unknownRootId,
} from '../../stores/records/certificates.ts';
import { contactsOf, ownerKeys } from '../../stores/records/owners.ts';
import type { Stores } from '../../stores/stores.ts';
import { findBlock } from '../certificates/blocked-keys.ts';
import { type CertificateLookup, nameGroups, thumbprintGroup } from '../certificates/certificate-lookup.ts';
import { type OrderOwner, readOwnerText } from '../certificates/check-order.ts';
import { findDeparture, leftReason } from '../certificates/departures.ts';
import { comparableSerial } from '../certificates/list-certificates.ts';
import { changedReason, faultOfOwner, ownerChanging } from '../certificates/owner-faults.ts';
import type { Owners } from '../certificates/owners.ts';
import type { Expiries, Expiry } from '../operations/expiries.ts';
import type { IntentRequest } from '../operations/intent-request.ts';
import { type RevocationReason, revocationReasons } from './revocation-intents.ts';
import type { Revocations } from './revocations.ts';

/** A certificate that others have issued: itself, or its thumbprint with what is known beside it. */
export interface CertificateToRegister {
  readonly certificate?: string | undefined;
  readonly thumbprint?: string | undefined;
  /** Id, or an e-mail address: then the owner is registered under the address's slug. */
  readonly owner: string;
  readonly rootId?: string | undefined;
  readonly commonName?: string | undefined;
  /** ISO 8601. */
  readonly notAfter?: string | undefined;
}

export interface Registration {
  readonly outcome: 'registered' | 'unchanged' | 'refused';
  readonly thumbprint?: string;
  readonly problems?: readonly Problem[];
  /** The operation that takes it out at once: its owner has left, or its key is blocked. */
  readonly revokedBy?: string;
}

export interface RegisterOptions {
  readonly stores: Stores;
  readonly lookup: CertificateLookup;
  readonly owners: Owners;
  readonly expiries: Pick<Expiries, 'put' | 'remove'>;
  readonly revocations: Pick<Revocations, 'revoke'>;
  readonly now: () => Date;
}

export interface RegisterCertificate {
  (asked: CertificateToRegister, request: IntentRequest): Promise<Registration>;
  /** What keeps it from being registered; writes nothing. */
  problemsOf(asked: CertificateToRegister): Promise<readonly Problem[]>;
}

interface Reading {
  readonly thumbprint: Thumbprint;
  readonly certificate: ClientCertificate | undefined;
  readonly rootId: string;
  readonly owner: OrderOwner;
  readonly known: CertificateRecord | undefined;
}

export function createRegisterCertificate(options: RegisterOptions): RegisterCertificate {
  const { stores, lookup, now } = options;

  async function read(asked: CertificateToRegister): Promise<Reading | { readonly problems: readonly Problem[] }> {
    const reading = readContent(asked, now());
    const owner = await readOwnerText(options, asked.owner);
    const problems = [...('problems' in reading ? reading.problems : []), ...owner.problems];
    if ('problems' in reading || owner.value === undefined || problems.length > 0) return { problems };
    const known = await lookup.byThumbprint(reading.thumbprint);
    const root = await readRoot(asked.rootId, reading.certificate, known);
    if (typeof root !== 'string') return { problems: [root] };
    if (known !== undefined && known.owner !== owner.value.id) return { problems: [knownOf(known)] };
    return { ...reading, rootId: root, owner: owner.value, known };
  }

  /**
   * The id of the root whose key has signed it, the one that was named before if that is so; of a bare thumbprint the
   * one that is named.
   */
  async function readRoot(
    rootId: string | undefined,
    certificate: ClientCertificate | undefined,
    known: CertificateRecord | undefined,
  ): Promise<string | Problem> {
    const isIssuer = (root: RootRecord | undefined): boolean =>
      root?.certificate !== undefined &&
      (certificate === undefined || isIssuedBy(certificate.der, Buffer.from(root.certificate, 'base64')));
    if (rootId !== undefined) {
      const root = (await stores.roots.get(rootKeys(rootId)))?.record;
      if (root?.certificate === undefined) return rootUnknown(rootId);
      return isIssuer(root) ? rootId : notOfRoot(rootId);
    }
    if (certificate === undefined) return unknownRootId;
    const issuers = (await stores.roots.list(rootPartition)).map(({ record }) => record).filter(isIssuer);
    return (issuers.find(({ id }) => id === known?.rootId) ?? issuers[0])?.id ?? unknownRootId;
  }

  /** Whoever tries again reads whose it is by then. */
  async function requireUnchanged(owner: OrderOwner): Promise<void> {
    const stored = await stores.owners.get(ownerKeys(owner.id));
    const asked = { owner: owner.id, ownerContacts: [...contactsOf(owner)] };
    if (faultOfOwner(asked, stored?.record, now()) === changedReason) throw ownerChanging(owner.id);
  }

  /**
   * Found in every way before it is there: whoever takes out what is of a person or a key finds it, or it sees that
   * they did.
   */
  async function write(
    reading: Reading,
    asked: CertificateToRegister,
    { operationId, requestedBy }: IntentRequest,
  ): Promise<CertificateRecord> {
    const { thumbprint, certificate, owner, known } = reading;
    const at = now().toISOString();
    const content = contentOf(reading, asked, { operationId, at });
    const record: CertificateRecord = {
      serialNumber: thumbprint.toLowerCase(),
      thumbprint,
      owner: owner.id,
      ...content,
      tbs: '',
      state: 'issued',
      requestedBy,
      createdAt: at,
    };
    const { serialNumber, commonName, publicKeyHash, rootId } = record;
    if (owner.isNew && owner.email !== undefined) {
      await options.owners.register({ id: owner.id, email: owner.email }, requestedBy);
    }
    await Promise.all([
      ...(publicKeyHash === ''
        ? []
        : [stores.byPublicKey.upsert({ group: publicKeyHash, key: serialNumber, serialNumber })]),
      ...nameGroups(commonName).map((group) => stores.byCommonName.upsert({ group, key: serialNumber, serialNumber })),
      ...(certificate === undefined
        ? []
        : [
            stores.bySerialNumber.upsert({
              group: comparableSerial(certificate.serialNumber),
              key: serialNumber,
              serialNumber,
            }),
          ]),
      stores.byOwner.upsert({ group: owner.id, key: serialNumber, serialNumber }),
      stores.byRoot.upsert({ group: rootId, key: serialNumber, serialNumber }),
      stores.byThumbprint.upsert({ group: thumbprintGroup(thumbprint), key: thumbprint, serialNumber }),
    ]);
    await requireUnchanged(owner);
    if (known === undefined && (await stores.certificates.insert(record))) return record;
    if (known !== undefined && known.notAfter !== record.notAfter) await options.expiries.remove(expiryOf(known));
    const complete = (current: CertificateRecord): CertificateRecord | undefined =>
      isCompletedBy(current, reading) && current.owner === owner.id
        ? { ...current, ...content, registered: { ...content.registered, formerRootId: current.rootId } }
        : undefined;
    return (await stores.certificates.update(certificateKeys(serialNumber), complete)) ?? record;
  }

  /**
   * Somebody may have left, or reported a key, since it was looked at: what is theirs was looked for then, and this not
   * found. And what stands against a certificate that was completed stands under the root, the name and the end that
   * had been said of it.
   */
  async function takeOut(record: CertificateRecord, request: IntentRequest): Promise<string | undefined> {
    const { thumbprint = '', owner, publicKeyHash, registered } = record;
    const block = await findBlock(stores, publicKeyHash);
    const hasLeft = (await findDeparture(stores, owner)) !== undefined;
    const former = registered?.formerRootId === undefined ? undefined : await intentOf(registered.formerRootId, record);
    const standing = registered?.formerRootId === undefined ? undefined : standingReason(record, former);
    const reason = block?.reason ?? standing ?? (hasLeft ? leftReason : undefined);
    if (reason === undefined || (record.state === 'revoked' && standing === undefined)) return undefined;
    const operationId = `op-${sha256Hex(`${request.operationId}/${thumbprint}`).slice(0, 32)}`;
    const { id } = await options.revocations.revoke(thumbprint, { reason }, { ...request, operationId });
    // Gateways of that root alone take it off with their next write.
    if (former?.wanted === true && former.rootId !== record.rootId) await stores.revocations.remove(former);
    return id;
  }

  async function intentOf(
    rootId: string,
    { thumbprint = '' }: CertificateRecord,
  ): Promise<RevocationRecord | undefined> {
    return (await stores.revocations.get({ partitionKey: rootId, rowKey: thumbprint }))?.record;
  }

  async function register(asked: CertificateToRegister, request: IntentRequest): Promise<Registration> {
    const reading = await read(asked);
    if ('problems' in reading) return { outcome: 'refused', problems: reading.problems };
    const { thumbprint, known } = reading;
    const isToWrite = known === undefined || isCompletedBy(known, reading);
    const record = isToWrite ? await write(reading, asked, request) : known;
    if (record.owner !== reading.owner.id) return { outcome: 'refused', problems: [knownOf(record)] };
    if (record.registered?.operationId !== request.operationId) return { outcome: 'unchanged', thumbprint };
    if (record.notAfter !== noKnownEnd) await options.expiries.put(expiryOf(record));
    const revokedBy = await takeOut(record, request);
    return { outcome: 'registered', thumbprint, ...(revokedBy === undefined ? {} : { revokedBy }) };
  }

  return Object.assign(register, {
    problemsOf: async (asked: CertificateToRegister) => {
      const reading = await read(asked);
      return 'problems' in reading ? reading.problems : [];
    },
  });
}

/** What is said of a thumbprint, and of a root that is not known, holds until the certificate says it. */
function isCompletedBy({ registered, rootId }: CertificateRecord, reading: Reading): boolean {
  if (registered === undefined || reading.certificate === undefined) return false;
  return registered.certificate === undefined || (rootId === unknownRootId && reading.rootId !== unknownRootId);
}

function contentOf(
  { certificate, rootId }: Reading,
  asked: CertificateToRegister,
  { operationId, at }: { readonly operationId: string; readonly at: string },
) {
  if (certificate === undefined) {
    const { commonName = '', notAfter = noKnownEnd } = asked;
    return { rootId, commonName, publicKeyHash: '', registered: { operationId }, notBefore: at, notAfter };
  }
  const { der, serialNumber, issuer, commonName, publicKey, notBefore, notAfter } = certificate;
  return {
    rootId,
    commonName,
    publicKeyHash: sha256Hex(publicKey),
    registered: { operationId, certificate: Buffer.from(der).toString('base64'), serialNumber, issuer },
    notBefore: notBefore.toISOString(),
    notAfter: notAfter.toISOString(),
  };
}

function expiryOf({ thumbprint = '', notAfter, commonName, owner }: CertificateRecord): Expiry {
  return { kind: 'certificate', id: thumbprint, notAfter, subject: commonName === '' ? thumbprint : commonName, owner };
}

/** Recorded, or marked already. */
function standingReason(
  { state, revocationReason }: CertificateRecord,
  intent: RevocationRecord | undefined,
): RevocationReason | undefined {
  const reason = intent?.wanted === true ? intent.reason : state === 'revoked' ? revocationReason : undefined;
  return revocationReasons.find((one) => one === reason);
}

function readContent(
  asked: CertificateToRegister,
  now: Date,
): Pick<Reading, 'thumbprint' | 'certificate'> | { readonly problems: readonly Problem[] } {
  if (asked.certificate !== undefined) {
    const reading = readClientCertificate(asked.certificate, now);
    if (!reading.ok) return { problems: [{ path: '/certificate', ...reading.problem }] };
    const { certificate } = reading;
    const isMeant = asked.thumbprint === undefined || parseThumbprint(asked.thumbprint) === certificate.thumbprint;
    return isMeant ? { certificate, thumbprint: certificate.thumbprint } : { problems: [otherThumbprint] };
  }
  const thumbprint = parseThumbprint(asked.thumbprint ?? '');
  if (thumbprint === undefined) return { problems: [notAThumbprint] };
  if (asked.notAfter === undefined || Date.parse(asked.notAfter) > now.getTime()) {
    return { thumbprint, certificate: undefined };
  }
  const message = `It expired on ${asked.notAfter}: no gateway accepts it any more.`;
  return { problems: [{ path: '/notAfter', code: 'certificateExpired', message, fix: 'Leave it out.' }] };
}

const notAThumbprint: Problem = {
  path: '/thumbprint',
  code: 'wrongFormat',
  message: 'Not a thumbprint: send 40 hexadecimal digits.',
  fix: 'Send the 40 hexadecimal digits of the certificate’s SHA-1; spaces, colons and letter case do not count.',
};

const otherThumbprint: Problem = {
  path: '/thumbprint',
  code: 'thumbprintDiffers',
  message: 'The thumbprint is not that of the certificate beside it.',
  fix: 'Send one of the two.',
};

function rootUnknown(rootId: string): Problem {
  const fix = 'Import it with POST /api/roots, or leave rootId out.';
  return { path: '/rootId', code: 'rootUnknown', message: `Root ${rootId} does not exist.`, fix };
}

function notOfRoot(rootId: string): Problem {
  const message = `Root ${rootId} has not signed this certificate.`;
  return {
    path: '/rootId',
    code: 'rootDiffers',
    message,
    fix: 'Leave rootId out: the root is found by its signature.',
  };
}

function knownOf({ thumbprint = '', owner }: CertificateRecord): Problem {
  const message = `Certificate ${thumbprint} belongs to owner ${owner}.`;
  return { path: '/owner', code: 'certificateKnown', message, fix: `Send owner ${owner}, or leave the line out.` };
}
