import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { type BaseBlock, Constructed, fromBER, Integer, ObjectIdentifier, OctetString } from 'asn1js';
import { badParameter, VaultError } from './vault-error.ts';

export interface CertificateWithKey {
  readonly certificate: X509Certificate;
  readonly privateKey: KeyObject;
}

/** What OpenSSL keeps of a file that it has opened: the certificate whose key is in the file. */
interface OpenedContext {
  getCertificate(): Buffer | null;
}

/** Key Vault is done in seconds; a file that asks for more rounds than this would hold everybody up. */
const iterationsMax = 1_000_000;
const nestedMax = 32;
const keyBag = '1.2.840.113549.1.12.10.1.1';
const shroudedKeyBag = '1.2.840.113549.1.12.10.1.2';

/**
 * The end-entity certificate of a PKCS #12 file and its private key. OpenSSL opens the file and checks its MAC and that
 * the two belong together; the key is then taken from its bag. Throws the vault's 400.
 */
export function readPkcs12(file: Buffer, password: string): CertificateWithKey {
  const bags = findKeyBags(file);
  const certificate = openCertificate(file, password);
  const privateKey = bags.map((bag) => openKey(bag, password)).find((key) => certificate.checkPrivateKey(key));
  if (privateKey === undefined) throw badParameter(unreadable);
  return { certificate, privateKey };
}

function openCertificate(file: Buffer, password: string): X509Certificate {
  try {
    const opened = createSecureContext({ pfx: file, passphrase: password });
    const der = (opened.context as OpenedContext).getCertificate();
    if (der !== null) return new X509Certificate(der);
  } catch (error) {
    if (error instanceof Error && error.message === 'mac verify failure') throw badParameter(wrongPassword);
    if (error instanceof Error && error.message === 'Unsupported PKCS12 PFX data') {
      throw new VaultError(501, 'NotImplemented', 'The local vault opens no PKCS #12 file that is encrypted with RC2.');
    }
  }
  throw badParameter(unreadable);
}

function openKey({ der, isShrouded }: KeyBag, password: string): KeyObject {
  try {
    const key = { key: Buffer.from(der), format: 'der', type: 'pkcs8' } as const;
    return createPrivateKey(isShrouded ? { ...key, passphrase: password } : key);
  } catch {
    throw badParameter(unreadable);
  }
}

interface KeyBag {
  /** PKCS #8, as it is or encrypted. */
  readonly der: ArrayBuffer;
  readonly isShrouded: boolean;
}

/** The keys' bags, wherever they are outside of encrypted parts. Counts of rounds are bounded before any is run. */
function findKeyBags(file: Buffer): readonly KeyBag[] {
  const bags: KeyBag[] = [];
  const visit = (block: BaseBlock, depth: number): void => {
    if (depth > nestedMax) throw badParameter(unreadable);
    if (block instanceof OctetString) {
      const inner = parse(block.getValue());
      if (inner !== undefined) visit(inner, depth + 1);
      return;
    }
    if (!(block instanceof Constructed)) return;
    const { value } = block.valueBlock;
    for (const [at, child] of value.entries()) {
      const next = value[at + 1];
      // PBE parameters and MacData have it alike: the salt, then how often.
      if (child instanceof OctetString && next instanceof Integer) requireBounded(next);
      const kind = child instanceof ObjectIdentifier ? child.getValue() : '';
      if ((kind === keyBag || kind === shroudedKeyBag) && next instanceof Constructed) {
        const key = next.valueBlock.value[0];
        if (key !== undefined) bags.push({ der: key.toBER(), isShrouded: kind === shroudedKeyBag });
      }
      visit(child, depth + 1);
    }
  };
  const outer = parse(Uint8Array.from(file).buffer);
  if (outer === undefined) throw badParameter(unreadable);
  visit(outer, 0);
  return bags;
}

function parse(bytes: ArrayBuffer): BaseBlock | undefined {
  try {
    const { offset, result } = fromBER(bytes);
    return offset === bytes.byteLength ? result : undefined;
  } catch {
    // Nested so deeply that the parser gave up.
    return undefined;
  }
}

function requireBounded(count: Integer): void {
  const iterations = count.toBigInt();
  if (iterations < 1n || iterations > BigInt(iterationsMax)) throw badParameter(unreadable);
}

const unreadable =
  'The specified PKCS#12 X.509 certificate content can not be read. Please check if certificate is in valid PKCS#12 format.';
const wrongPassword = 'The specified PKCS#12 X.509 certificate content can not be read. The password is not correct.';
