import { gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { unzipSync } from 'fflate';

/** Base64 of either alphabet with what JSON, URLs and PEM put between; shorter runs hold nothing that is looked for. */
const base64Runs = /(?:[A-Za-z0-9+/_-]|%2[BbFf]|\\\/|\\?\r?\n(?=[A-Za-z0-9+/_-])|\\[rn]){32,}(?:=|%3[Dd]){0,2}/g;
/** Each layer is smaller than the one around it, so that this is never the end of anything real. */
const depthMax = 6;

/**
 * Something that was stored or said, and all that is packed in it, layer by layer: base64, gzip, deflate and ZIP in any
 * order.
 */
export function layersOf(content: Buffer, depth = 0): readonly Buffer[] {
  if (depth === depthMax) return [content];
  const text = content.toString('latin1');
  const inner = [...unpacked(content), ...[...text.matchAll(base64Runs)].map(([run]) => decoded(run))];
  return [content, ...inner.filter(({ length }) => length >= 16).flatMap((layer) => layersOf(layer, depth + 1))];
}

/**
 * What kind of private key or container of one begins somewhere in these bytes, by its DER (RFC 5208, 5915, 7292,
 * 8017).
 */
export function keysIn(content: Buffer): readonly string[] {
  const bytes = content.toString('hex');
  return Object.entries(derOfKeys)
    .filter(([, pattern]) => pattern.test(bytes))
    .map(([what]) => what);
}

/** In hex. */
const derOfKeys: Readonly<Record<string, RegExp>> = {
  // version 3, then ContentInfo of the type data.
  'PKCS #12': /30(?:8[0-4])(?:..){1,4}02010330(?:8[0-4])(?:..){0,4}06092a864886f70d010701/,
  // version 0, rsaEncryption or ecPublicKey, then an octet string.
  'PKCS #8 of RSA': /020100300d06092a864886f70d010101050004/,
  'PKCS #8 of EC': /02010030(?:1.|20)06072a8648ce3d0201/,
  // PBES2 in front of an octet string.
  'encrypted PKCS #8': /30(?:..){1,3}30(?:..){1,3}06092a864886f70d01050d/,
  // version 0, then a modulus of 2048 bits or more.
  'PKCS #1': /3082....020100028(?:201|202|203)0[01]00[89a-f]/,
  'key of EC': /307.0201010420/,
};

function decoded(run: string): Buffer {
  const plain = run
    .replaceAll(/%2[Bb]/g, '+')
    .replaceAll(/%2[Ff]|\\\//g, '/')
    .replaceAll(/%3[Dd]/g, '=')
    .replaceAll(/\\[rn]|[\\\r\n]/g, '');
  return Buffer.from(plain, 'base64');
}

function unpacked(content: Buffer): readonly Buffer[] {
  if (content.subarray(0, 2).equals(Buffer.of(0x1f, 0x8b))) return attempt(() => [gunzipSync(content)]);
  if (content.subarray(0, 4).toString('latin1') === 'PK\u0003\u0004') {
    return attempt(() => Object.values(unzipSync(content)).map((file) => Buffer.from(file)));
  }
  if (content[0] === 0x78) return attempt(() => [inflateSync(content)]);
  return content.length < 64 ? [] : attempt(() => [inflateRawSync(content)]);
}

/** What only looks packed holds nothing. */
function attempt(unpack: () => readonly Buffer[]): readonly Buffer[] {
  try {
    return unpack();
  } catch {
    return [];
  }
}
