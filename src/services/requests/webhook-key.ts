/** An HMAC key that is shorter can be guessed. */
const keyBytesMin = 16;
const prefix = 'whsec_';

/**
 * The key that signs deliveries: with the prefix `whsec_` the rest is its base64, as Standard Webhooks writes secrets;
 * without it, the text itself. Undefined for base64 that is not exact, of which every reader could make another key,
 * and for short keys.
 */
export function webhookKey(secret: string): Buffer | undefined {
  const text = secret.startsWith(prefix) ? secret.slice(prefix.length) : undefined;
  const key = text === undefined ? Buffer.from(secret, 'utf8') : Buffer.from(text, 'base64');
  if (text !== undefined && key.toString('base64') !== text) return undefined;
  return key.byteLength < keyBytesMin ? undefined : key;
}
