import { X509Certificate } from 'node:crypto';
import type { DataFileFault, DataFileFormat } from './state.ts';

/** What the output of Add-AzurePackConnector says, whatever its format. */
export interface DataFileContent {
  readonly endpoint: string;
  readonly realm: string;
  /** DER in base64. */
  readonly signingCertificate: string;
}

const hugeBytes = 2 * 1024 * 1024;

/** The text of an output file. Only the two names are published; what stands around them is one guess among several. */
export function renderDataFile(content: DataFileContent, format: DataFileFormat): string {
  const { endpoint, realm, signingCertificate } = content;
  switch (format) {
    case 'json':
    case 'utf16':
      return JSON.stringify(
        {
          AzurePackConnectorEndpoint: endpoint,
          AuthenticationIdentityProviderPartner: { Realm: realm, Certificate: signingCertificate },
        },
        null,
        2,
      ).replaceAll('\n', '\r\n');
    case 'xml':
      return [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<AzurePackConnectorOutput>',
        `  <AzurePackConnectorEndpoint>${endpoint}</AzurePackConnectorEndpoint>`,
        '  <AuthenticationIdentityProviderPartner>',
        `    <Realm>${realm}</Realm>`,
        `    <Certificate>${signingCertificate}</Certificate>`,
        '  </AuthenticationIdentityProviderPartner>',
        '</AzurePackConnectorOutput>',
        '',
      ].join('\r\n');
    case 'text':
      return [
        `AzurePackConnectorEndpoint : ${endpoint}`,
        'AuthenticationIdentityProviderPartner :',
        `    Realm : ${realm}`,
        `    Certificate : ${signingCertificate}`,
        '',
      ].join('\r\n');
  }
}

const utf16Mark = Buffer.from([0xff, 0xfe]);

/** A file's bytes, as they lie in the share. */
export function encodeDataFile({ text, isUtf16 }: { readonly text: string; readonly isUtf16: boolean }): Buffer {
  return isUtf16 ? Buffer.concat([utf16Mark, Buffer.from(text, 'utf16le')]) : Buffer.from(text);
}

/** The text of such bytes, as .NET reads it: by its mark. */
export function decodeDataFile(bytes: Buffer): string {
  return bytes.subarray(0, 2).equals(utf16Mark) ? bytes.subarray(2).toString('utf16le') : bytes.toString('utf8');
}

/** The file as a broken or careless world would have it. */
export function spoilDataFile(text: string, endpoint: string, fault: DataFileFault): string {
  switch (fault) {
    case 'empty':
      return '';
    case 'huge':
      return text.padEnd(hugeBytes, ' ');
    case 'otherCloud':
      return text.replace(endpoint, 'https://wap.elsewhere.example:40005');
    case 'html':
      return '<!DOCTYPE html><html><head><title>Sign in</title></head><body>Session expired</body></html>';
  }
}

/**
 * What Configure-TrustAzureStack.ps1 takes from a file: undefined where the two names, a realm or a certificate are
 * missing.
 */
export function readDataFile(text: string): DataFileContent | undefined {
  if (!text.includes('AuthenticationIdentityProviderPartner')) return undefined;
  const endpoint = valueAfter(text, 'AzurePackConnectorEndpoint');
  const realm = valueAfter(text, 'Realm');
  const signingCertificate = valueAfter(text, 'Certificate');
  if (endpoint === undefined || realm === undefined || signingCertificate === undefined) return undefined;
  return thumbprintOf(signingCertificate) === undefined ? undefined : { endpoint, realm, signingCertificate };
}

/** SHA-1 of a certificate (DER in base64) in upper-case hex, or undefined where it is no certificate. */
export function thumbprintOf(certificate: string): string | undefined {
  try {
    return new X509Certificate(Buffer.from(certificate, 'base64')).fingerprint.replaceAll(':', '');
  } catch {
    // Anything that does not parse is no certificate: that is the answer.
    return undefined;
  }
}

function valueAfter(text: string, name: string): string | undefined {
  return new RegExp(`(?:^|[\\s"<])${name}["\\s]*[:>]\\s*"?([^\\s"<]+)`).exec(text)?.[1];
}
