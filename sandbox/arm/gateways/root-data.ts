import { X509Certificate } from 'node:crypto';

const base64 = /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const pem = /^\s*-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*$/;

/**
 * A root certificate as Azure takes it: base64, on one line, of the DER bytes, or of the PEM text of one certificate,
 * which is kept as sent (recorded). Undefined for everything else, PEM itself included.
 */
export function parseRootData(publicCertData: string): X509Certificate | undefined {
  if (!base64.test(publicCertData)) return undefined;
  const bytes = Buffer.from(publicCertData, 'base64');
  try {
    const certificate = new X509Certificate(bytes);
    // Node skips bytes behind a certificate.
    return certificate.raw.equals(bytes) || pem.test(bytes.toString('latin1')) ? certificate : undefined;
  } catch {
    return undefined;
  }
}
