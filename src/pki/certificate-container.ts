import { empty, holdsPrivateKey, notBase64, privateKeySent, toPlainText } from './armour.ts';
import { describeWrapping } from './armour-wrapping.ts';
import { type ContainedObject, nameContained } from './contained-object.ts';
import { derTag, type DerValue, readLooseDer } from './der.ts';
import type { PkiProblem } from './problem.ts';

/** Certificates that were found in what people sent, in its order, byte for byte as their authority has signed them. */
export type ContainerReading =
  | { readonly ok: true; readonly certificates: readonly Uint8Array[]; readonly warnings: readonly PkiProblem[] }
  | { readonly ok: false; readonly problem: PkiProblem };

/** As many as a gateway has places for. */
const certificatesMax = 20;
/** Nothing that was seen has more than three layers: base64 of base64 of PEM. */
const layersMax = 4;

const pemBlock = /-----BEGIN ([A-Z0-9 #]{1,40})-----([^-]*)-----END \1-----/gi;
const certificateLabels = ['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE'];
const signedDataLabels = ['PKCS7', 'CMS', 'PKCS #7 SIGNED DATA'];
/**
 * What editors, mail programs and web pages put between lines: none of it occurs in base64, so nothing is lost without
 * it.
 */
const blanks = /[\s\u200b-\u200d\u2060\ufeff]+/g;

class Refusal extends Error {
  readonly problem: PkiProblem;

  constructor(problem: PkiProblem) {
    super(problem.message);
    this.problem = problem;
  }
}

/**
 * Takes certificates out of text: PEM, base64 of DER on one line or many, a PKCS #7 file (.p7b) in either form, or
 * base64 of any such file, in UTF-8 or UTF-16, with line breaks of every system and text around it. Whatever holds a
 * private key is refused whole, also a PKCS #12 file. Sizes, depth and counts are bounded before anything is taken
 * apart. Never throws.
 */
export function readCertificateContainer(text: string): ContainerReading {
  try {
    const warnings: PkiProblem[] = [];
    const certificates = fromText(toPlainText(text), warnings, 1);
    if (certificates.length > certificatesMax) throw new Refusal(tooMany(certificates.length));
    return { ok: true, certificates, warnings };
  } catch (error: unknown) {
    if (error instanceof Refusal) return { ok: false, problem: error.problem };
    throw error;
  }
}

function fromText(text: string, warnings: PkiProblem[], layer: number): readonly Uint8Array[] {
  if (text === '') throw new Refusal(empty);
  if (holdsPrivateKey(text)) throw new Refusal(privateKeySent);
  if (!text.includes('-----')) return fromBytes(decodeBase64(text, text), warnings, layer);
  const blocks = [...text.matchAll(pemBlock)].map(([, label = '', body = '']) => ({
    label: label.toUpperCase(),
    body,
  }));
  const welcome = blocks.filter(({ label }) => [...certificateLabels, ...signedDataLabels].includes(label));
  if (welcome.length === 0) throw new Refusal(describeWrapping(text) ?? noBlock(blocks.map(({ label }) => label)));
  if (welcome.length > certificatesMax) throw new Refusal(tooMany(welcome.length));
  return welcome.flatMap(({ label, body }) => {
    const bytes = decodeBase64(body, text);
    if (label === 'TRUSTED CERTIFICATE') return [withoutTrustSettings(bytes, warnings)];
    return fromDer(bytes);
  });
}

function fromBytes(bytes: Buffer, warnings: PkiProblem[], layer: number): readonly Uint8Array[] {
  if (isDer(bytes)) return fromDer(bytes);
  const text = toText(bytes).trim();
  const isReadable = !/[^\t\n\r\x20-\x7e\u00a0-\uffff]/.test(text);
  if (!isReadable || layer >= layersMax) throw new Refusal(notDer);
  return fromText(text, warnings, layer + 1);
}

/** One DER object after another, with nothing but blanks behind the last. */
function fromDer(bytes: Uint8Array): readonly Uint8Array[] {
  if (isIndefinitePfx(bytes)) throw new Refusal(pfxSent);
  const found: Uint8Array[] = [];
  for (let rest = bytes; rest.length > 0 && !isBlank(rest);) {
    const reading = readLooseDer(rest);
    if (!reading.ok) throw new Refusal({ ...notDer, message: `${notDer.message} ${reading.message}` });
    found.push(...certificatesIn(reading.value));
    if (found.length > certificatesMax) throw new Refusal(tooMany(found.length));
    rest = rest.subarray(reading.value.encoding.length);
  }
  return found;
}

function certificatesIn(value: DerValue): readonly Uint8Array[] {
  const kind = nameContained(value);
  if (kind === 'certificate') return [Uint8Array.from(value.encoding)];
  if (kind === 'signedData') return certificatesOfSignedData(value);
  throw new Refusal(refusals[kind]);
}

/**
 * ContentInfo { OID, [0] SignedData { version, digests, content, [0] certificates, [1] CRLs, signers } } (RFC 5652).
 */
function certificatesOfSignedData(contentInfo: DerValue): readonly Uint8Array[] {
  const signedData = contentInfo.children[1]?.children[0];
  const list = signedData?.children.find(({ tag }) => tag === 0xa0)?.children ?? [];
  const certificates = list.filter((value) => nameContained(value) === 'certificate');
  if (certificates.length === 0) throw new Refusal(noCertificates);
  return certificates.map(({ encoding }) => Uint8Array.from(encoding));
}

/** OpenSSL appends to such a certificate what it is to be trusted for; the certificate itself is unchanged. */
function withoutTrustSettings(bytes: Uint8Array, warnings: PkiProblem[]): Uint8Array {
  const reading = readLooseDer(bytes);
  if (!reading.ok || nameContained(reading.value) !== 'certificate') throw new Refusal(refusals.unknown);
  warnings.push(trustSettingsDropped);
  return Uint8Array.from(reading.value.encoding);
}

function decodeBase64(body: string, around: string): Buffer {
  const compact = body.replace(blanks, '');
  // Two at most, and before they are trimmed: trimming takes the square of the length where many stand before something
  // else.
  if (/^[A-Za-z0-9+/_-]+={0,2}$/.test(compact)) {
    const bare = compact.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '');
    const bytes = Buffer.from(bare, 'base64');
    // Buffer skips what it does not know; only text that encodes back to itself was base64.
    if (bytes.length > 0 && bytes.toString('base64').replace(/=+$/, '') === bare) return bytes;
  }
  throw new Refusal(describeWrapping(around) ?? notBase64);
}

/** DER begins with 30 and a length: of more than one byte, which is never text, or that of all that follows. */
function isDer(bytes: Uint8Array): boolean {
  const [first, second = 0] = bytes;
  return first === derTag.sequence && (second >= 0x80 || second === bytes.length - 2);
}

/**
 * Windows and Java write PKCS #12 in BER of indefinite length, which is not read here: it is known by how it begins.
 */
function isIndefinitePfx(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 5)).equals(Buffer.from('3080020103', 'hex'));
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0 || byte === 0x0a || byte === 0x0d || byte === 0x20 || byte === 0x1a);
}

/** UTF-16 is known by its mark, or by a NUL beside each character. */
function toText(bytes: Buffer): string {
  const even = Buffer.from(bytes.subarray(0, bytes.length & ~1));
  const isBig = (bytes[0] === 0xfe && bytes[1] === 0xff) || bytes[0] === 0;
  const isLittle = (bytes[0] === 0xff && bytes[1] === 0xfe) || bytes[1] === 0;
  if (!isBig && !isLittle) return toPlainText(bytes.toString('utf8'));
  return toPlainText((isBig ? even.swap16() : even).toString('utf16le'));
}

function tooMany(count: number): PkiProblem {
  const message = `There are ${count} certificates; a gateway has places for ${certificatesMax}.`;
  return { code: 'tooMany', message, fix: 'Send one root with its intermediates.' };
}

function noBlock(labels: readonly string[]): PkiProblem {
  const found = labels.length === 0 ? '' : ` There is "${labels.join('", "')}".`;
  const message = `There is no complete PEM block of a certificate or a PKCS #7 file.${found}`;
  return { code: 'wrongPem', message, fix: 'Send the certificate of the root, "-----BEGIN CERTIFICATE-----", whole.' };
}

const exportCertificate = 'Export the certificate alone, without its key: as .cer, .pem or .p7b.';

const notDer: PkiProblem = {
  code: 'notDer',
  message: 'What the base64 holds is neither a certificate nor a PKCS #7 file in DER.',
  fix: 'Send PEM; OpenSSL makes it of a .p7b: openssl pkcs7 -inform der -in file.p7b -print_certs.',
};

const pfxSent: PkiProblem = {
  code: 'privateKeySent',
  message: 'This is a PKCS #12 file (.pfx, .p12), which holds a private key. It was not kept.',
  fix: 'To trust the root, send its certificate alone: as .cer, .pem or .p7b. To issue here, create a root (subject in the place of import): its key is made in Key Vault.',
};

const noCertificates: PkiProblem = {
  code: 'notACertificate',
  message: 'The PKCS #7 file holds no certificates.',
  fix: exportCertificate,
};

const trustSettingsDropped: PkiProblem = {
  code: 'trustSettingsDropped',
  message: 'The settings that OpenSSL keeps beside a trusted certificate were left out.',
  fix: 'Nothing has to be done: gateways know no such settings.',
};

const refusals: Readonly<Record<Exclude<ContainedObject, 'certificate' | 'signedData'>, PkiProblem>> = {
  privateKey: privateKeySent,
  pfx: pfxSent,
  request: {
    code: 'notACertificate',
    message: 'This is a certificate request, not a certificate.',
    fix: 'Have it signed, and send what the authority answers; or send its own root.',
  },
  revocationList: {
    code: 'notACertificate',
    message: 'This is a list of revoked certificates, not a certificate.',
    fix: exportCertificate,
  },
  unknown: { code: 'notACertificate', message: 'This is DER, but not an X.509 certificate.', fix: exportCertificate },
};
