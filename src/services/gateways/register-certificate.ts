import type { Problem } from '../../domain/app-error.ts';
import { parseThumbprint, type Thumbprint } from '../../domain/thumbprint.ts';
import { isIssuedBy } from '../../pki/read-authority.ts';
import { type ClientCertificate, readClientCertificate } from '../../pki/read-client-certificate.ts';
import { sha256Hex } from '../../stores/digest.ts';
import {
  certificateKeys,
  type CertificateRecord,
  noKnownEnd,
  rootKeys,
  rootPartition,
  type RootRecord,
  unknownRootId,
} from '../../stores/records/certificates.ts';
import type { Stores } from '../../stores/stores.ts';
import { findBlock } from '../certificates/blocked-keys.ts';
import { type CertificateLookup, lookGroups, thumbprintGroup } from '../certificates/certificate-lookup.ts';
import { type OrderOwner, readOwnerText } from '../certificates/check-order.ts';
import { findDeparture, leftReason } from '../certificates/departures.ts';
import { commonNameGroup, comparableSerial } from '../certificates/list-certificates.ts';
import type { Owners } from '../certificates/owners.ts';
import type { Expiries } from '../operations/expiries.ts';
import type { IntentRequest } from '../operations/intent-request.ts';
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
  readonly expiries: Pick<Expiries, 'put'>;
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
    const root = await readRoot(asked.rootId, reading.certificate);
    if (typeof root !== 'string') return { problems: [root] };
    const known = await lookup.byThumbprint(reading.thumbprint);
    if (known !== undefined && known.owner !== owner.value.id) return { problems: [knownOf(known)] };
    return { ...reading, rootId: root, owner: owner.value, known };
  }

  /** The id of the root whose key has signed it; of a bare thumbprint the one that was named. */
  async function readRoot(
    rootId: string | undefined,
    certificate: ClientCertificate | undefined,
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
    const roots = (await stores.roots.list(rootPartition)).map(({ record }) => record);
    return roots.find(isIssuer)?.id ?? unknownRootId;
  }

  /** Found in every way before it is there: whoever takes out what is of a person or a key finds it, or it sees that they did. */
  async function write(
    { thumbprint, certificate, rootId, owner }: Reading,
    asked: CertificateToRegister,
    { operationId, requestedBy }: IntentRequest,
  ): Promise<CertificateRecord> {
    const serialNumber = thumbprint.toLowerCase();
    const publicKeyHash = certificate === undefined ? '' : sha256Hex(certificate.publicKey);
    const commonName = certificate?.commonName ?? asked.commonName ?? '';
    const at = now().toISOString();
    const record: CertificateRecord = {
      serialNumber,
      thumbprint,
      rootId,
      owner: owner.id,
      commonName,
      publicKeyHash,
      registered: {
        operationId,
        ...(certificate === undefined
          ? {}
          : {
              certificate: Buffer.from(certificate.der).toString('base64'),
              serialNumber: certificate.serialNumber,
              issuer: certificate.issuer,
            }),
      },
      notBefore: certificate?.notBefore.toISOString() ?? at,
      notAfter: certificate?.notAfter.toISOString() ?? asked.notAfter ?? noKnownEnd,
      tbs: '',
      state: 'issued',
      requestedBy,
      createdAt: at,
    };
    if (owner.isNew && owner.email !== undefined) {
      await options.owners.register({ id: owner.id, email: owner.email }, requestedBy);
    }
    const names = commonName === '' ? [] : [commonNameGroup(commonName), ...lookGroups(commonName)];
    await Promise.all([
      ...(publicKeyHash === ''
        ? []
        : [stores.byPublicKey.upsert({ group: publicKeyHash, key: serialNumber, serialNumber })]),
      ...names.map((group) => stores.byCommonName.upsert({ group, key: serialNumber, serialNumber })),
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
      ...(record.notAfter === noKnownEnd
        ? []
        : [
            options.expiries.put({
              kind: 'certificate',
              id: thumbprint,
              notAfter: record.notAfter,
              subject: commonName === '' ? thumbprint : commonName,
              owner: owner.id,
            }),
          ]),
    ]);
    if (await stores.certificates.insert(record)) return record;
    return (await stores.certificates.get(certificateKeys(serialNumber)))?.record ?? record;
  }

  /** Somebody may have left, or reported a key, since it was looked at: what is theirs was looked for then, and this not found. */
  async function takeOut(
    { thumbprint = '', state, owner, publicKeyHash }: CertificateRecord,
    request: IntentRequest,
  ): Promise<string | undefined> {
    const block = await findBlock(stores, publicKeyHash);
    const hasLeft = (await findDeparture(stores, owner)) !== undefined;
    const reason = block?.reason ?? (hasLeft ? leftReason : undefined);
    if (reason === undefined || state === 'revoked') return undefined;
    const operationId = `op-${sha256Hex(`${request.operationId}/${thumbprint}`).slice(0, 32)}`;
    return (await options.revocations.revoke(thumbprint, { reason }, { ...request, operationId })).id;
  }

  async function register(asked: CertificateToRegister, request: IntentRequest): Promise<Registration> {
    const reading = await read(asked);
    if ('problems' in reading) return { outcome: 'refused', problems: reading.problems };
    const { thumbprint } = reading;
    const record = reading.known ?? (await write(reading, asked, request));
    if (record.owner !== reading.owner.id) return { outcome: 'refused', problems: [knownOf(record)] };
    if (record.registered?.operationId !== request.operationId) return { outcome: 'unchanged', thumbprint };
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
