import { toPem } from '../../pki/read-certificate.ts';

/** PEM of a certificate as it is recorded: base64 of its DER form on one line. */
export function certificatePem(recorded: string): string {
  return toPem(Buffer.from(recorded, 'base64'));
}
