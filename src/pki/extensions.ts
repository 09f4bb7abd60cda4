import type { DerValue } from './der.ts';
import { derTag, readDer, readInteger, readObjectIdentifier } from './der.ts';
import { oid } from './object-identifiers.ts';

export interface CertificateExtension {
  readonly id: string;
  readonly isCritical: boolean;
  /** DER leaves a DEFAULT value out; `critical FALSE` written down is the commonest breach of that. */
  readonly saysDefault: boolean;
  /** The parsed value; undefined if what the OCTET STRING holds is not DER. */
  readonly value: DerValue | undefined;
}

/** Reads the elements of Extensions (or of an extension request). Returns undefined where one is no Extension. */
export function readExtensions(sequence: DerValue): readonly CertificateExtension[] | undefined {
  if (sequence.tag !== derTag.sequence) return undefined;
  const extensions = sequence.children.map(readExtension);
  return extensions.every((extension) => extension !== undefined) ? extensions : undefined;
}

function readExtension(value: DerValue): CertificateExtension | undefined {
  const [identifier, ...rest] = value.children;
  const flag = rest[0]?.tag === derTag.boolean ? rest[0] : undefined;
  const [octets, extra] = flag === undefined ? rest : rest.slice(1);
  const isExtension =
    value.tag === derTag.sequence && identifier?.tag === derTag.objectIdentifier && octets?.tag === derTag.octetString;
  if (!isExtension || extra !== undefined) return undefined;
  const inner = readDer(octets.contents);
  const isCritical = flag?.contents[0] === 0xff;
  return {
    id: readObjectIdentifier(identifier),
    isCritical,
    saysDefault: flag !== undefined && !isCritical,
    value: inner.ok ? inner.value : undefined,
  };
}

/** Identifiers that occur more than once, each once. */
export function findDuplicates(extensions: readonly CertificateExtension[]): readonly string[] {
  const ids = extensions.map(({ id }) => id);
  return [...new Set(ids.filter((id, index) => ids.indexOf(id) !== index))];
}

export interface BasicConstraintsValue {
  readonly isCertificateAuthority: boolean;
  readonly pathLength: number | undefined;
}

export function readBasicConstraints(value: DerValue): BasicConstraintsValue {
  const flag = value.children.find(({ tag }) => tag === derTag.boolean);
  const path = value.children.find(({ tag }) => tag === derTag.integer);
  const pathLength = path === undefined ? undefined : Number(readInteger(path));
  return { isCertificateAuthority: flag?.contents[0] === 0xff, pathLength };
}

export const keyUsageBit = { digitalSignature: 0, keyEncipherment: 2, keyCertSign: 5, cRLSign: 6 } as const;

/** The numbers of the bits that are set in a KeyUsage (RFC 5280 section 4.2.1.3), ascending. */
export function readKeyUsage(value: DerValue): readonly number[] {
  if (value.tag !== derTag.bitString) return [];
  const bytes = value.contents.subarray(1);
  return Array.from({ length: bytes.length * 8 }, (_, bit) => bit).filter(
    (bit) => ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0,
  );
}

/** The purposes named by an ExtendedKeyUsage, in order. */
export function readExtendedKeyUsage(value: DerValue): readonly string[] {
  return value.children.filter(({ tag }) => tag === derTag.objectIdentifier).map(readObjectIdentifier);
}

/** The key identifier of a SubjectKeyIdentifier, or of an AuthorityKeyIdentifier that has nothing else. */
export function readKeyIdentifier(extension: CertificateExtension): Uint8Array | undefined {
  const { id, value } = extension;
  if (id === oid.subjectKeyIdentifier && value?.tag === derTag.octetString) return value.contents;
  const [first, ...others] = value?.tag === derTag.sequence ? value.children : [];
  return first?.tag === 0x80 && others.length === 0 ? first.contents : undefined;
}
