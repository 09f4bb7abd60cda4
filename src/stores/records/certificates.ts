import { z } from 'zod';
import { lintedBase64 } from '../../domain/linted-base64.ts';
import { problemItemSchema } from '../../domain/problem-item.ts';
import { rootPolicySchema } from '../../domain/root-policy.ts';
import type { RecordKind } from '../store.ts';

const keyIdsSchema = z.object({ name: z.string(), signingKeyId: z.string(), versions: z.array(z.string()) });

/** `created`: made here, with its key; `imported`: of an authority that others run, and with `key` here too. */
export const rootKinds = ['created', 'imported'] as const;

/** `removing`: nobody finds it any more, and it goes unless something depends on it after all. */
export const rootStates = ['creating', 'staged', 'active', 'retiring', 'retired', 'removing'] as const;

const rootRecordSchema = z.object({
  id: z.string(),
  commonName: z.string(),
  subject: z.object({
    commonName: z.string(),
    organization: z.string().optional(),
    organizationalUnit: z.string().optional(),
    country: z.string().optional(),
  }),
  /** Of one whose name others have made: the whole of it, as RFC 4514 writes it. */
  distinguishedName: z.string().optional(),
  kind: z.enum(rootKinds),
  /** Of an intermediate: the authority that signed it. */
  issuerRootId: z.string().optional(),
  state: z.enum(rootStates),
  /** Such as `RSA-3072`; what others have made may be on a curve. */
  keyType: z.string(),
  hsm: z.boolean(),
  serialNumber: z.string(),
  notBefore: z.string(),
  notAfter: z.string(),
  /** The exact bytes to be signed, kept before they are: a second signature over them gives the same certificate. */
  tbs: z.string().optional(),
  /**
   * The certificate while the root may not be used yet: of one made here, until Key Vault holds it (the key's first
   * version, which signed it, is then disabled).
   */
  draft: z.string().optional(),
  /** Base64 of the DER on one line, present once the root may be used. */
  certificate: z.string().optional(),
  thumbprint: z.string().optional(),
  key: keyIdsSchema.optional(),
  /** Of one whose key was imported: name and version of the secret that held it. */
  keySource: z.string().optional(),
  /** What may be issued under it, to whom. */
  policy: rootPolicySchema.optional(),
  /** Of one that was imported: the id that the import was given, from which those of its intermediates are made. */
  importId: z.string().optional(),
  /** What to look at before relying on a certificate that others have made. */
  warnings: z.array(problemItemSchema).optional(),
  createdAt: z.string(),
});
export type RootRecord = z.infer<typeof rootRecordSchema>;

export const rootPartition = 'root';

export const rootKind: RecordKind<RootRecord> = {
  table: 'Roots',
  schema: rootRecordSchema,
  keys: ({ id }) => rootKeys(id),
};

export function rootKeys(id: string): { partitionKey: string; rowKey: string } {
  return { partitionKey: rootPartition, rowKey: id };
}

const rootThumbprintSchema = z.object({ thumbprint: z.string(), rootId: z.string() });
export type RootThumbprint = z.infer<typeof rootThumbprintSchema>;

/** Under which id an imported certificate stays: of several imports the one that has written this first. */
export const rootThumbprintKind: RecordKind<RootThumbprint> = {
  table: 'RootsByThumbprint',
  schema: rootThumbprintSchema,
  keys: ({ thumbprint }) => ({ partitionKey: thumbprint.slice(0, 2), rowKey: thumbprint }),
};

/**
 * Stands where the root of a registered certificate is not known: it may open any gateway, so each has to refuse it
 * when it is revoked. No root has such an id.
 */
export const unknownRootId = '@unknown';

/** The end of what has none that is known (RFC 5280, section 4.1.2.5). */
export const noKnownEnd = '9999-12-31T23:59:59.000Z';

export const certificateStates = ['issuing', 'issued', 'superseded', 'revoked', 'expired'] as const;

/** In whose place a certificate is issued. */
export const renewsSchema = z.object({
  serialNumber: z.string(),
  thumbprint: z.string(),
  graceDays: z.int(),
  /** The same whenever the request is repeated. */
  requestId: z.string(),
});

const certificateRecordSchema = z.object({
  /**
   * Of one that was issued elsewhere: its thumbprint in lower case, since authorities of others number as they like.
   */
  serialNumber: z.string(),
  /** `unknownRootId` where that of a registered one is not known here. */
  rootId: z.string(),
  owner: z.string(),
  /** Address and principal by which the owner was known when it was ordered, as they are compared. */
  ownerContacts: z.array(z.string()).optional(),
  /** Empty where only a thumbprint is known, and so is the hash of the key. */
  commonName: z.string(),
  publicKeyHash: z.string(),
  /** Present if it was issued elsewhere and registered here, with what is known of it. */
  registered: z
    .object({
      /** Base64 of the DER, as its authority signed it. */
      certificate: z.string().optional(),
      serialNumber: z.string().optional(),
      issuer: z.string().optional(),
      operationId: z.string(),
      /**
       * Present once what had been said of it was completed by the certificate: the root that had been named until
       * then.
       */
      formerRootId: z.string().optional(),
    })
    .optional(),
  /** Present if Gatehouse made the key: then the file that holds it was kept before the certificate was released. */
  isKeyMadeHere: z.literal(true).optional(),
  /** Kits that were made with that key: what each is for, as its download is named. */
  kits: z.array(z.string()).optional(),
  /** Present if the order let the name be that of another live certificate. */
  allowSharedName: z.literal(true).optional(),
  /** Names of other live certificates that this one's name could be taken for when it was issued. */
  looksLike: z.array(z.string()).optional(),
  notBefore: z.string(),
  /** `noKnownEnd` where that of a registered one is not known. */
  notAfter: z.string(),
  /**
   * Base64 of the exact bytes signed. Made and kept before signing; the signature is deterministic. Empty of a
   * registered one.
   */
  tbs: z.string(),
  state: z.enum(certificateStates),
  /** Present once it is released: only what the lint has passed can be put here. */
  certificate: lintedBase64.optional(),
  thumbprint: z.string().optional(),
  requestedBy: z.string(),
  /** Present if the root's policy had people approve it: who did, and the operation that asked them. */
  approval: z.object({ operationId: z.string(), approvedBy: z.string() }).optional(),
  createdAt: z.string(),
  issuedAt: z.string().optional(),
  /** Present if it is to take the place of another. */
  renews: renewsSchema.optional(),
  /**
   * Which one is to take its place, from before that is signed, so that of several one alone does; void where that was
   * withheld.
   */
  renewal: z.object({ by: z.string(), requestId: z.string() }).optional(),
  /** Present once another has taken its place: until `revokeAt` it opens gateways all the same. */
  superseded: z.object({ at: z.string(), by: z.string(), thumbprint: z.string(), revokeAt: z.string() }).optional(),
  revokedAt: z.string().optional(),
  revocationReason: z.string().optional(),
});
export type CertificateRecord = z.infer<typeof certificateRecordSchema>;

/** 256 shards by the serial number's last byte, which is random like the rest of it. */
export function certificateKeys(serialNumber: string): { partitionKey: string; rowKey: string } {
  return { partitionKey: serialNumber.slice(-2), rowKey: serialNumber };
}

export const certificateKind: RecordKind<CertificateRecord> = {
  table: 'ClientCertificates',
  schema: certificateRecordSchema,
  keys: ({ serialNumber }) => certificateKeys(serialNumber),
};

/** States in which a certificate opens gateways until it ends. */
export function isInUse({ state }: Pick<CertificateRecord, 'state'>): boolean {
  return state === 'issued' || state === 'superseded';
}

const supersessionSchema = z.object({
  /** Of the certificate whose place was taken. */
  serialNumber: z.string(),
  thumbprint: z.string(),
  rootId: z.string(),
  revokeAt: z.string(),
  requestedBy: z.string(),
});
export type Supersession = z.infer<typeof supersessionSchema>;

export const supersessionPartition = 'waiting';

/** Certificates that are revoked when their time of grace is over, or the one that took their place is in use. */
export const supersessionKind: RecordKind<Supersession> = {
  table: 'Supersessions',
  schema: supersessionSchema,
  keys: ({ serialNumber }) => ({ partitionKey: supersessionPartition, rowKey: serialNumber }),
};

const indexSchema = z.object({ group: z.string(), key: z.string(), serialNumber: z.string() });
export type CertificateIndexRow = z.infer<typeof indexSchema>;

function indexKind(table: string): RecordKind<CertificateIndexRow> {
  return { table, schema: indexSchema, keys: ({ group, key }) => ({ partitionKey: group, rowKey: key }) };
}

/** Group: the thumbprint's first two digits; key: the thumbprint. */
export const byThumbprintKind = indexKind('CertificatesByThumbprint');
/** Group: owner; key: serial number. */
export const byOwnerKind = indexKind('CertificatesByOwner');
/** Group: root id; key: serial number. */
export const byRootKind = indexKind('CertificatesByRoot');
/** Group: SHA-256 of the common name in the form in which names are compared, or of its look; key: serial number. */
export const byCommonNameKind = indexKind('CertificatesByCn');
/** Group: number that an authority of others gave, lower-case hexadecimal; key: serial number. */
export const bySerialNumberKind = indexKind('CertificatesBySerial');
/** Group: SHA-256 of the public key; key: serial number. */
export const byPublicKeyKind = indexKind('CertificatesByKey');

const blockedKeySchema = z.object({
  /** SHA-256 of the SubjectPublicKeyInfo, lower-case hexadecimal. */
  publicKeyHash: z.string(),
  reason: z.enum(['compromised', 'lost']),
  blockedAt: z.string(),
  /** The certificate with which the key was first reported, and by which operation. */
  thumbprint: z.string(),
  operationId: z.string(),
});
export type BlockedKey = z.infer<typeof blockedKeySchema>;

export function blockedKeyKeys(publicKeyHash: string): { partitionKey: string; rowKey: string } {
  return { partitionKey: publicKeyHash.slice(0, 2), rowKey: publicKeyHash };
}

/** Keys that somebody else may have. A row is never removed. */
export const blockedKeyKind: RecordKind<BlockedKey> = {
  table: 'BlockedKeys',
  schema: blockedKeySchema,
  keys: ({ publicKeyHash }) => blockedKeyKeys(publicKeyHash),
};

const revocationSchema = z.object({
  rootId: z.string(),
  thumbprint: z.string(),
  serialNumber: z.string(),
  /** Empty where nobody knows it: then its sessions cannot be told from others. */
  commonName: z.string(),
  /** What the entries on gateways are called; made of the common name if not given. */
  entryName: z.string().optional(),
  notAfter: z.string(),
  /** False after a reinstatement: the row stays, so that the entry on the gateways is known as Gatehouse's own. */
  wanted: z.boolean(),
  reason: z.string(),
  urgency: z.enum(['immediate', 'window']),
  operationId: z.string(),
  recordedAt: z.string(),
});
export type RevocationRecord = z.infer<typeof revocationSchema>;

/**
 * Under this, in the place of a root, stands what only one gateway is to refuse: thumbprints of certificates that
 * nobody registered.
 */
export function revocationsOfGateway(gatewayId: string): string {
  return `@gateway-${gatewayId}`;
}

/** What every gateway that trusts the root has to refuse: partition root id, row thumbprint. */
export const revocationKind: RecordKind<RevocationRecord> = {
  table: 'Revocations',
  schema: revocationSchema,
  keys: ({ rootId, thumbprint }) => ({ partitionKey: rootId, rowKey: thumbprint }),
};
