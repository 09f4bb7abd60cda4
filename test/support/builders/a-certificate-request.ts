import type { KeyObject } from 'node:crypto';
import { sign } from 'node:crypto';
import { anRsaKeyPair } from './a-key-pair.ts';
import { algorithm, bits, commonName, der, integer, objectIdentifier, sequence, set, toPemBlock } from './der.ts';

export interface CertificateRequestParts {
  readonly version: bigint;
  readonly subject: Uint8Array;
  readonly spki: Uint8Array;
  /** Contents of the attributes field; undefined leaves the field out. */
  readonly attributes: readonly Uint8Array[] | undefined;
  readonly signWith: KeyObject;
  readonly hash: string;
  readonly algorithm: Uint8Array;
  readonly signature: Uint8Array;
}

/** DER of a PKCS#10 request, valid unless told otherwise. */
export function aCertificateRequest(parts: Partial<CertificateRequestParts> = {}): Buffer {
  const { spki = anRsaKeyPair().spki, signWith = anRsaKeyPair().privateKey, hash = 'sha256' } = parts;
  const attributes = 'attributes' in parts ? parts.attributes : [];
  const information = sequence(
    integer(parts.version ?? 0n),
    parts.subject ?? commonName('alice'),
    spki,
    ...(attributes === undefined ? [] : [der(0xa0, ...attributes)]),
  );
  const signature = parts.signature ?? sign(hash, information, signWith);
  return sequence(information, parts.algorithm ?? algorithm('1.2.840.113549.1.1.11'), bits(signature));
}

/** The attribute by which a request asks for extensions. */
export function anExtensionRequest(...extensions: readonly Uint8Array[]): Buffer {
  return sequence(objectIdentifier('1.2.840.113549.1.9.14'), set(sequence(...extensions)));
}

export function toRequestPem(request: Uint8Array): string {
  return toPemBlock('CERTIFICATE REQUEST', request);
}
