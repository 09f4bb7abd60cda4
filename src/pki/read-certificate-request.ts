import type { KeyObject } from 'node:crypto';
import { createHash, verify } from 'node:crypto';
import type { ProblemCode } from '../domain/problem-codes.ts';
import { readArmour } from './armour.ts';
import { listRequestAsks } from './certificate-request-asks.ts';
import type { PublicKeyDescription } from './check-public-key.ts';
import { checkPublicKey } from './check-public-key.ts';
import type { DerValue } from './der.ts';
import { derTag, readDer, readInteger, readObjectIdentifier, readOctetsOfBitString } from './der.ts';
import { textOfName } from './name.ts';
import type { PkiProblem } from './problem.ts';
import { describeRefusedAlgorithm, type SignatureAlgorithm, signatureAlgorithms } from './signature-algorithms.ts';

export interface CertificateRequest {
  /** DER of the key, byte for byte as it was sent; it is also the key's only encoding. */
  readonly subjectPublicKeyInfo: Uint8Array;
  /** SHA-256 of subjectPublicKeyInfo in lower-case hex: tells whether a key has been seen before. */
  readonly publicKeyHash: string;
  readonly keyDescription: PublicKeyDescription;
  /** The subject that was asked for, as safe text. It has no part in the certificate. */
  readonly requestedSubject?: string;
  /** Names of what was asked for beyond the key and is left out. */
  readonly ignored: readonly string[];
}

export type CertificateRequestReading =
  | { readonly ok: true; readonly request: CertificateRequest }
  | { readonly ok: false; readonly problems: readonly PkiProblem[] };

export interface CertificateRequestOptions {
  /** Lets P-256 and P-384 keys in; Azure documents RSA only. Default false. */
  readonly allowEllipticCurve?: boolean;
}

const charactersMax = 16 * 1024;
const subjectCharactersMax = 512;
const labels = ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'];

interface RequestParts {
  readonly signed: Uint8Array;
  readonly version: bigint;
  readonly subject: DerValue;
  readonly subjectPublicKeyInfo: DerValue;
  readonly attributes: readonly DerValue[];
  readonly algorithm: DerValue;
  readonly signature: Uint8Array;
}

/**
 * Reads a PKCS#10 certificate request: PEM, or base64 of DER or of PEM, up to 16 KB. Accepts DER only, a key that
 * passes the key policy, and a signature by that very key (proof of possession). Whatever else the request says has no
 * part in the certificate: it is named in `ignored` and refuses nothing. Returns every problem that can be told at
 * once. Never throws, whatever the text is.
 */
export function readCertificateRequest(
  text: string,
  options: CertificateRequestOptions = {},
): CertificateRequestReading {
  const armour = readArmour(text, { labels, charactersMax });
  if (!armour.ok) return refuse([armour.problem]);
  const reading = readDer(armour.der);
  if (!reading.ok) return refuse([problem('notDer', `${reading.message} (byte ${reading.offset})`)]);
  const parts = takeApart(reading.value);
  if (parts === undefined) {
    return refuse([problem('notARequest', 'This is DER, but not a PKCS#10 certificate request.')]);
  }
  return judge(parts, options);
}

function judge(parts: RequestParts, options: CertificateRequestOptions): CertificateRequestReading {
  const key = checkPublicKey(parts.subjectPublicKeyInfo, { allowEllipticCurve: options.allowEllipticCurve ?? false });
  const problems = [...(key.ok ? [] : key.problems), ...findSignatureProblems(parts, key.ok ? key.key : undefined)];
  if (!key.ok || problems.length > 0) return refuse(problems);
  const asked = [...(parts.version === 0n ? [] : ['version']), ...listRequestAsks(parts.attributes)];
  return { ok: true, request: describe(parts, key.description, asked) };
}

function describe(
  parts: RequestParts,
  keyDescription: PublicKeyDescription,
  asked: readonly string[],
): CertificateRequest {
  const subjectText = Array.from(textOfName(parts.subject)).slice(0, subjectCharactersMax).join('');
  const subjectPublicKeyInfo = Uint8Array.from(parts.subjectPublicKeyInfo.encoding);
  const publicKeyHash = createHash('sha256').update(subjectPublicKeyInfo).digest('hex');
  const common = { subjectPublicKeyInfo, publicKeyHash, keyDescription };
  if (subjectText === '') return { ...common, ignored: asked };
  return { ...common, requestedSubject: subjectText, ignored: ['subject', ...asked] };
}

function takeApart(request: DerValue): RequestParts | undefined {
  const [information, algorithm, signatureBits, extra] = request.children;
  const [version, subject, subjectPublicKeyInfo, attributes, surplus] = information?.children ?? [];
  const signature = signatureBits === undefined ? undefined : readOctetsOfBitString(signatureBits);
  const hasShape =
    [request, information, algorithm, subject, subjectPublicKeyInfo].every((value) => value?.tag === derTag.sequence) &&
    version?.tag === derTag.integer &&
    extra === undefined &&
    surplus === undefined &&
    // Some tools leave empty attributes out, others write them empty; RFC 2986 can be read either way.
    (attributes === undefined || attributes.tag === 0xa0);
  if (!hasShape || !information || !algorithm || !signature || !subject || !subjectPublicKeyInfo) return undefined;
  return {
    signed: information.encoding,
    version: readInteger(version),
    subject,
    subjectPublicKeyInfo,
    attributes: attributes?.children ?? [],
    algorithm,
    signature,
  };
}

function findSignatureProblems(parts: RequestParts, key: KeyObject | undefined): readonly PkiProblem[] {
  const [identifier, parameters] = parts.algorithm.children;
  const id = identifier?.tag === derTag.objectIdentifier ? readObjectIdentifier(identifier) : '?';
  const algorithm = signatureAlgorithms.get(id);
  if (algorithm === undefined) {
    const { name, fix } = describeRefusedAlgorithm(id);
    const message = `The request is signed with ${name}; RSA (PKCS #1 v1.5) with SHA-256, SHA-384 or SHA-512 is accepted.`;
    return [{ code: 'signatureAlgorithm', message, fix }];
  }
  const hasParameters = algorithm.keyType === 'rsa' ? parameters?.tag === derTag.null : parameters === undefined;
  if (!hasParameters) return [problem('signatureAlgorithm', 'The signature algorithm has the wrong parameters.')];
  // Without an acceptable key there is nothing to verify with; its own problems say so.
  if (key === undefined || isProven(parts, algorithm, key)) return [];
  const message = 'The signature of the request was not made with the key that it carries.';
  return [
    { code: 'proofOfPossession', message, fix: 'Make the request again with the private key that belongs to it.' },
  ];
}

function isProven(parts: RequestParts, algorithm: SignatureAlgorithm, key: KeyObject): boolean {
  if (key.asymmetricKeyType !== algorithm.keyType) return false;
  try {
    return verify(algorithm.hash, parts.signed, key, parts.signature);
  } catch {
    // OpenSSL fails, rather than saying no, on signatures that are malformed.
    return false;
  }
}

function problem(code: ProblemCode, message: string): PkiProblem {
  return { code, message, fix: 'Make the request again with a current tool, for example: openssl req -new -sha256.' };
}

function refuse(problems: readonly PkiProblem[]): CertificateRequestReading {
  return { ok: false, problems };
}
