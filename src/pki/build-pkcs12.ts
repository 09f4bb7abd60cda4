import { createCipheriv, createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import * as asn1js from 'asn1js';
import { derivePkcs12Key, pkcs12Purpose } from './pkcs12-key.ts';

/** `modern`: AES-256 and a SHA-256 MAC. `legacy`: 3DES and a SHA-1 MAC, for readers that know nothing else. */
export type Pkcs12Encryption = 'modern' | 'legacy';

export interface Pkcs12Contents {
  /** PKCS #8, DER, in clear. */
  readonly privateKey: Uint8Array;
  /** DER, of that key. */
  readonly certificate: Uint8Array;
  /** DER: the issuers, the root last. */
  readonly chain: readonly Uint8Array[];
  /** What certificate stores list it as. */
  readonly friendlyName: string;
  /** As `checkPkcs12Password` lets it pass. */
  readonly password: string;
  readonly encryption: Pkcs12Encryption;
}

const oids = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  shroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  certificateBag: '1.2.840.113549.1.12.10.1.3',
  x509Certificate: '1.2.840.113549.1.9.22.1',
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  hmacWithSha256: '1.2.840.113549.2.9',
  aes256Cbc: '2.16.840.1.101.3.4.1.42',
  sha1And3Des: '1.2.840.113549.1.12.1.3',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha1: '1.3.14.3.2.26',
} as const;

/** What OpenSSL and Windows count to; a higher count is refused by none, but waited for on old phones. */
const iterations = 2048;
/** Not 16: macOS was seen refusing the longer salt of a SHA-256 MAC. */
const macSaltBytes = 8;

type Encrypt = (content: Uint8Array) => {
  readonly algorithm: asn1js.Sequence;
  readonly ciphertext: Uint8Array;
};

/**
 * One file with key, certificate and issuers (RFC 7292): all of it encrypted, the whole under a MAC. Blocks for about 5
 * ms.
 */
export function buildPkcs12(contents: Pkcs12Contents): Uint8Array {
  const { password, encryption } = contents;
  const encrypt: Encrypt = (content) =>
    encryption === 'modern' ? encryptPbes2(content, password) : encrypt3Des(content, password);

  const own = ownAttributes(contents);
  const certificates = sequence(
    certificateBag(contents.certificate, own),
    ...contents.chain.map((der) => certificateBag(der, [])),
  );
  const authenticated = sequence(
    encryptedContent(encrypt(toBytes(certificates))),
    dataContent(toBytes(sequence(keyBag(encrypt(contents.privateKey), own)))),
  );
  const bytes = toBytes(authenticated);
  return toBytes(sequence(integer(3), dataContent(bytes), macData(bytes, password, encryption)));
}

/** Ties key and certificate to one another, and names both. */
function ownAttributes({ certificate, friendlyName }: Pkcs12Contents): readonly asn1js.Sequence[] {
  const keyId = createHash('sha1').update(certificate).digest();
  return [
    attribute(oids.localKeyId, octets(keyId)),
    attribute(oids.friendlyName, new asn1js.BmpString({ value: friendlyName })),
  ];
}

function attribute(type: string, value: asn1js.BaseBlock): asn1js.Sequence {
  return sequence(identifier(type), new asn1js.Set({ value: [value] }));
}

function bag(type: string, value: asn1js.BaseBlock, attributes: readonly asn1js.Sequence[]): asn1js.Sequence {
  const tail = attributes.length === 0 ? [] : [new asn1js.Set({ value: [...attributes] })];
  return sequence(identifier(type), explicit0(value), ...tail);
}

function certificateBag(der: Uint8Array, attributes: readonly asn1js.Sequence[]): asn1js.Sequence {
  const value = sequence(identifier(oids.x509Certificate), explicit0(octets(der)));
  return bag(oids.certificateBag, value, attributes);
}

function keyBag({ algorithm, ciphertext }: ReturnType<Encrypt>, own: readonly asn1js.Sequence[]): asn1js.Sequence {
  return bag(oids.shroudedKeyBag, sequence(algorithm, octets(ciphertext)), own);
}

function dataContent(content: Uint8Array): asn1js.Sequence {
  return sequence(identifier(oids.data), explicit0(octets(content)));
}

function encryptedContent({ algorithm, ciphertext }: ReturnType<Encrypt>): asn1js.Sequence {
  // encryptedContent is [0] IMPLICIT OCTET STRING.
  const content = new asn1js.Primitive({ idBlock: { tagClass: 3, tagNumber: 0 }, valueHex: ciphertext });
  const info = sequence(identifier(oids.data), algorithm, content);
  return sequence(identifier(oids.encryptedData), explicit0(sequence(integer(0), info)));
}

function encryptPbes2(content: Uint8Array, password: string): ReturnType<Encrypt> {
  const salt = randomBytes(16);
  const iv = randomBytes(16);
  const key = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  const derivation = sequence(
    identifier(oids.pbkdf2),
    sequence(octets(salt), integer(iterations), sequence(identifier(oids.hmacWithSha256), new asn1js.Null())),
  );
  const scheme = sequence(identifier(oids.aes256Cbc), octets(iv));
  return {
    algorithm: sequence(identifier(oids.pbes2), sequence(derivation, scheme)),
    ciphertext: Buffer.concat([cipher.update(content), cipher.final()]),
  };
}

function encrypt3Des(content: Uint8Array, password: string): ReturnType<Encrypt> {
  const salt = randomBytes(8);
  const from = { password, salt, iterations, hash: 'sha1' } as const;
  const key = derivePkcs12Key({ ...from, purpose: pkcs12Purpose.key, bytes: 24 });
  const iv = derivePkcs12Key({ ...from, purpose: pkcs12Purpose.iv, bytes: 8 });
  const cipher = createCipheriv('des-ede3-cbc', key, iv);
  return {
    algorithm: sequence(identifier(oids.sha1And3Des), sequence(octets(salt), integer(iterations))),
    ciphertext: Buffer.concat([cipher.update(content), cipher.final()]),
  };
}

function macData(content: Uint8Array, password: string, encryption: Pkcs12Encryption): asn1js.Sequence {
  const hash = encryption === 'modern' ? 'sha256' : 'sha1';
  const salt = randomBytes(macSaltBytes);
  const bytes = hash === 'sha256' ? 32 : 20;
  const key = derivePkcs12Key({ password, salt, iterations, hash, purpose: pkcs12Purpose.mac, bytes });
  const digest = createHmac(hash, key).update(content).digest();
  const algorithm = sequence(identifier(oids[hash]), new asn1js.Null());
  return sequence(sequence(algorithm, octets(digest)), octets(salt), integer(iterations));
}

function sequence(...value: readonly asn1js.BaseBlock[]): asn1js.Sequence {
  return new asn1js.Sequence({ value: [...value] });
}

function explicit0(value: asn1js.BaseBlock): asn1js.Constructed {
  return new asn1js.Constructed({ idBlock: { tagClass: 3, tagNumber: 0 }, value: [value] });
}

function identifier(value: string): asn1js.ObjectIdentifier {
  return new asn1js.ObjectIdentifier({ value });
}

function integer(value: number): asn1js.Integer {
  return new asn1js.Integer({ value });
}

function octets(valueHex: Uint8Array): asn1js.OctetString {
  return new asn1js.OctetString({ valueHex });
}

function toBytes(value: asn1js.BaseBlock): Uint8Array {
  return new Uint8Array(value.toBER());
}
