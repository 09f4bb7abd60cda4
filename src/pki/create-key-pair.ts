import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';

const generate = promisify(generateKeyPair);

/**
 * A fresh RSA key, exponent 65537: SubjectPublicKeyInfo, and PKCS #8 in clear, both DER. Made beside the event loop.
 */
export function createKeyPair(
  modulusBits: number,
): Promise<{ readonly publicKey: Uint8Array; readonly privateKey: Uint8Array }> {
  return generate('rsa', {
    modulusLength: modulusBits,
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  });
}
