import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Codes of RFC 2865 and 2866. */
export const radiusCode = { request: 1, accept: 2, reject: 3, accounting: 4, accounted: 5, challenge: 11 } as const;

/** Types of attributes. */
export const radiusAttribute = {
  nasPort: 5,
  framedAddress: 8,
  state: 24,
  vendor: 26,
  callingStation: 31,
  accountingStatus: 40,
  eapMessage: 79,
  messageAuthenticator: 80,
} as const;

export interface RadiusAttribute {
  readonly type: number;
  readonly value: Buffer;
}

export interface RadiusPacket {
  readonly code: number;
  readonly id: number;
  readonly authenticator: Buffer;
  readonly attributes: readonly RadiusAttribute[];
}

const headerBytes = 20;
const valueMaxBytes = 253;
const microsoft = 311;
/** MS-MPPE-Send-Key and MS-MPPE-Recv-Key (RFC 2548). */
const sendKey = 16;
const receiveKey = 17;

/**
 * Undefined where it is none, or its Message-Authenticator does not prove the secret; accounting requests carry none.
 */
export function readPacket(bytes: Buffer, secret: string): RadiusPacket | undefined {
  if (bytes.length < headerBytes || bytes.readUInt16BE(2) !== bytes.length) return undefined;
  const attributes: RadiusAttribute[] = [];
  const unsigned = Buffer.from(bytes);
  for (let at = headerBytes; at < bytes.length;) {
    const length = bytes[at + 1] ?? 0;
    if (length < 2 || at + length > bytes.length) return undefined;
    const type = bytes[at] ?? 0;
    attributes.push({ type, value: bytes.subarray(at + 2, at + length) });
    if (type === radiusAttribute.messageAuthenticator) unsigned.fill(0, at + 2, at + length);
    at += length;
  }
  const packet = { code: bytes[0] ?? 0, id: bytes[1] ?? 0, authenticator: bytes.subarray(4, headerBytes), attributes };
  const proof = valueOf(packet, radiusAttribute.messageAuthenticator);
  const expected = createHmac('md5', secret).update(unsigned).digest();
  const isProven = proof?.length === expected.length && timingSafeEqual(proof, expected);
  return isProven || packet.code === radiusCode.accounting ? packet : undefined;
}

/** The value of an attribute, its parts joined where it comes in several. */
export function valueOf({ attributes }: RadiusPacket, type: number): Buffer | undefined {
  const parts = attributes.filter((attribute) => attribute.type === type).map(({ value }) => value);
  return parts.length === 0 ? undefined : Buffer.concat(parts);
}

/** The answer to a request, signed both ways. */
export function writeReply(
  code: number,
  { id, authenticator }: RadiusPacket,
  attributes: readonly RadiusAttribute[],
  secret: string,
): Buffer {
  const isSigned = code !== radiusCode.accounted;
  const proof = { type: radiusAttribute.messageAuthenticator, value: Buffer.alloc(16) };
  const body = Buffer.concat([...attributes, ...(isSigned ? [proof] : [])].map(writeAttribute));
  const packet = Buffer.alloc(headerBytes + body.length);
  packet[0] = code;
  packet[1] = id;
  packet.writeUInt16BE(packet.length, 2);
  authenticator.copy(packet, 4);
  body.copy(packet, headerBytes);
  if (isSigned) {
    createHmac('md5', secret)
      .update(packet)
      .digest()
      .copy(packet, packet.length - 16);
  }
  createHash('md5').update(packet).update(secret).digest().copy(packet, 4);
  return packet;
}

export function eapAttributes(message: Buffer): readonly RadiusAttribute[] {
  const parts: RadiusAttribute[] = [];
  for (let at = 0; at < message.length; at += valueMaxBytes) {
    parts.push({ type: radiusAttribute.eapMessage, value: message.subarray(at, at + valueMaxBytes) });
  }
  return parts;
}

/** The 64 bytes that both ends have derived, as the gateway's software takes them (RFC 2548, 3079). */
export function keyAttributes(
  key: Buffer,
  { authenticator }: RadiusPacket,
  secret: string,
): readonly RadiusAttribute[] {
  return [
    encryptedKey(receiveKey, key.subarray(0, 32), authenticator, secret),
    encryptedKey(sendKey, key.subarray(32, 64), authenticator, secret),
  ];
}

function encryptedKey(type: number, key: Buffer, authenticator: Buffer, secret: string): RadiusAttribute {
  const salt = randomBytes(2);
  salt[0] = (salt[0] ?? 0) | 0x80;
  const plain = Buffer.alloc(48);
  plain[0] = key.length;
  key.copy(plain, 1);
  const blocks: Buffer[] = [];
  let before = Buffer.concat([authenticator, salt]);
  for (let at = 0; at < plain.length; at += 16) {
    const mask = createHash('md5').update(secret).update(before).digest();
    before = Buffer.from(plain.subarray(at, at + 16).map((byte, index) => byte ^ (mask[index] ?? 0)));
    blocks.push(before);
  }
  const content = Buffer.concat([salt, ...blocks]);
  const value = Buffer.concat([Buffer.alloc(4), Buffer.from([type, content.length + 2]), content]);
  value.writeUInt32BE(microsoft);
  return { type: radiusAttribute.vendor, value };
}

function writeAttribute({ type, value }: RadiusAttribute): Buffer {
  return Buffer.concat([Buffer.from([type, value.length + 2]), value]);
}
