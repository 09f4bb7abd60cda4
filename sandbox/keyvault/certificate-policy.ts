import 'reflect-metadata';
import { Name } from '@peculiar/x509';
import { z } from 'zod';
import { readKeySize, readKeyType } from './key-kind.ts';
import { attributesSchema, readBody, tagsSchema } from './request-body.ts';
import { badParameter, VaultError } from './vault-error.ts';

export const keyUsages = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;
export type KeyUsage = (typeof keyUsages)[number];

/** What the key of a certificate may do, by what the certificate is for. */
const operationsOf: Readonly<Record<KeyUsage, readonly string[]>> = {
  digitalSignature: ['sign', 'verify'],
  nonRepudiation: ['sign', 'verify'],
  keyCertSign: ['sign', 'verify'],
  cRLSign: ['sign', 'verify'],
  keyEncipherment: ['wrapKey', 'unwrapKey'],
  dataEncipherment: ['encrypt', 'decrypt'],
  encipherOnly: ['encrypt'],
  decipherOnly: ['decrypt'],
  keyAgreement: [],
};

/** The one lifetime action that Key Vault takes when it is told none. */
const usualLifetimeActions = [{ trigger: { lifetime_percentage: 80 }, action: { action_type: 'EmailContacts' } }];

const serverAuth = '1.3.6.1.5.5.7.3.1';
const clientAuth = '1.3.6.1.5.5.7.3.2';

const sansSchema = z.strictObject({
  emails: z.array(z.string()).nullish(),
  dns_names: z.array(z.string()).nullish(),
  upns: z.array(z.string()).nullish(),
  uris: z.array(z.string()).nullish(),
  ipAddresses: z.array(z.string()).nullish(),
});

const policySchema = z.strictObject({
  id: z.string().nullish(),
  key_props: z
    .strictObject({
      exportable: z.boolean().nullish(),
      kty: z.string().nullish(),
      key_size: z.int().nullish(),
      reuse_key: z.boolean().nullish(),
      crv: z.string().nullish(),
    })
    .nullish(),
  secret_props: z.strictObject({ contentType: z.string().nullish() }).nullish(),
  x509_props: z
    .strictObject({
      subject: z.string().nullish(),
      sans: sansSchema.nullish(),
      ekus: z.array(z.string()).nullish(),
      key_usage: z.array(z.enum(keyUsages)).nullish(),
      validity_months: z.int().min(1).max(1200).nullish(),
      basic_constraints: z.strictObject({ ca: z.boolean().nullish() }).nullish(),
    })
    .nullish(),
  lifetime_actions: z.array(z.unknown()).nullish(),
  issuer: z
    .strictObject({ name: z.string().nullish(), cty: z.string().nullish(), cert_transparency: z.boolean().nullish() })
    .nullish(),
  attributes: attributesSchema.nullish(),
});

const createSchema = z.strictObject({
  policy: policySchema,
  attributes: attributesSchema.nullish(),
  tags: tagsSchema.nullish(),
  preserveCertOrder: z.boolean().nullish(),
});

const importSchema = z.strictObject({
  value: z.string(),
  pwd: z.string().nullish(),
  policy: policySchema.nullish(),
  attributes: attributesSchema.nullish(),
  tags: tagsSchema.nullish(),
  preserveCertOrder: z.boolean().nullish(),
});

/** A policy with Key Vault's defaults filled in. */
export interface CertificatePolicy {
  readonly issuer: 'Self' | 'Unknown';
  readonly kty: 'RSA' | 'RSA-HSM';
  readonly keySize: number;
  readonly reuseKey: boolean;
  readonly exportable: boolean;
  readonly contentType: string;
  readonly subject: string;
  readonly sans: z.infer<typeof sansSchema> | undefined;
  readonly ekus: readonly string[];
  readonly keyUsage: readonly KeyUsage[];
  readonly validityMonths: number;
  readonly lifetimeActions: readonly unknown[];
}

export interface CertificateCreation {
  readonly policy: CertificatePolicy;
  readonly enabled: boolean;
  readonly tags: Record<string, string> | undefined;
}

/** Reads the body of a create call; throws Key Vault's refusal of the first thing that is wrong. */
export function readCertificateCreation(body: unknown): CertificateCreation {
  const input = readBody(createSchema, body);
  return {
    policy: completePolicy(input.policy),
    enabled: input.attributes?.enabled ?? true,
    tags: input.tags ?? undefined,
  };
}

/** What an import says of the key; the rest is the certificate's own. */
export interface CertificateImport {
  readonly file: Buffer;
  readonly password: string;
  readonly policy: Pick<CertificatePolicy, 'kty' | 'reuseKey' | 'exportable' | 'lifetimeActions'> & {
    readonly keySize: number | undefined;
  };
  readonly enabled: boolean;
  readonly tags: Record<string, string> | undefined;
}

/** Reads the body of an import; throws Key Vault's refusal of the first thing that is wrong. PKCS #12 only. */
export function readCertificateImport(body: unknown): CertificateImport {
  const input = readBody(importSchema, body);
  const contentType = input.policy?.secret_props?.contentType ?? 'application/x-pkcs12';
  if (contentType !== 'application/x-pkcs12') {
    throw new VaultError(501, 'NotImplemented', `The local vault imports no certificate as ${contentType}.`);
  }
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(input.value)) throw badParameter('Property value has invalid value');
  const key = input.policy?.key_props;
  return {
    file: Buffer.from(input.value, 'base64'),
    password: input.pwd ?? '',
    policy: {
      kty: readKeyType(key?.kty ?? 'RSA'),
      keySize: key?.key_size ?? undefined,
      reuseKey: key?.reuse_key ?? false,
      exportable: key?.exportable ?? true,
      lifetimeActions: input.policy?.lifetime_actions ?? usualLifetimeActions,
    },
    enabled: input.attributes?.enabled ?? true,
    tags: input.tags ?? undefined,
  };
}

function completePolicy(policy: z.infer<typeof policySchema>): CertificatePolicy {
  const { key_props: key, x509_props: x509 } = policy;
  return {
    issuer: readIssuer(policy.issuer?.name ?? undefined),
    kty: readKeyType(key?.kty ?? 'RSA'),
    keySize: readKeySize(key?.key_size ?? 2048),
    reuseKey: key?.reuse_key ?? false,
    exportable: key?.exportable ?? true,
    contentType: policy.secret_props?.contentType ?? 'application/x-pkcs12',
    subject: readSubject(x509?.subject ?? undefined, hasSans(x509?.sans)),
    sans: x509?.sans ?? undefined,
    ekus: x509?.ekus ?? [serverAuth, clientAuth],
    keyUsage: x509?.key_usage ?? ['digitalSignature', 'keyEncipherment'],
    validityMonths: x509?.validity_months ?? 12,
    lifetimeActions: policy.lifetime_actions ?? usualLifetimeActions,
  };
}

/** `key_ops` of the key that a policy makes: those that follow its key usages, and no other. */
export function keyOperationsOf({ keyUsage }: CertificatePolicy): string[] {
  return [...new Set(keyUsage.flatMap((usage) => operationsOf[usage]))];
}

/** As Key Vault writes it, under the certificate's own id. */
export function policyToWire(policy: CertificatePolicy, id: string): Record<string, unknown> {
  return {
    id,
    key_props: {
      exportable: policy.exportable,
      kty: policy.kty,
      key_size: policy.keySize,
      reuse_key: policy.reuseKey,
    },
    secret_props: { contentType: policy.contentType },
    x509_props: {
      subject: policy.subject,
      ...(policy.sans === undefined ? {} : { sans: withoutNulls(policy.sans) }),
      ekus: policy.ekus,
      key_usage: policy.keyUsage,
      validity_months: policy.validityMonths,
      basic_constraints: { ca: false },
    },
    lifetime_actions: policy.lifetimeActions,
    issuer: { name: policy.issuer },
  };
}

function readIssuer(name: string | undefined): 'Self' | 'Unknown' {
  const issuer = (['Self', 'Unknown'] as const).find((known) => known.toLowerCase() === name?.toLowerCase());
  if (issuer !== undefined) return issuer;
  if (name === undefined) throw badParameter('Property policy.issuer has invalid value: issuer is required.');
  throw new VaultError(404, 'CertificateIssuerNotFound', `Certificate issuer not found: ${name}`);
}

function readSubject(subject: string | undefined, mayBeEmpty: boolean): string {
  if (subject === undefined || subject === '') {
    if (mayBeEmpty) return '';
    throw badParameter('Property policy has invalid value: subject or subject alternative names are required.');
  }
  if (!isDistinguishedName(subject)) {
    throw badParameter(`Property policy has invalid value: X509 subject ${subject} is not a valid X500 name.`);
  }
  return subject;
}

function isDistinguishedName(subject: string): boolean {
  try {
    return new Name(subject).toJSON().length > 0;
  } catch {
    return false;
  }
}

function hasSans(sans: z.infer<typeof sansSchema> | null | undefined): boolean {
  return Object.values(sans ?? {}).some((names) => (names?.length ?? 0) > 0);
}

function withoutNulls(sans: z.infer<typeof sansSchema>): Record<string, readonly string[]> {
  return Object.fromEntries(Object.entries(sans).flatMap(([kind, names]) => (names ? [[kind, names]] : [])));
}
