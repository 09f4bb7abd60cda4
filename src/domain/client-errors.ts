import type { Finding } from './finding.ts';

interface KnownError extends Finding {
  /** How clients write it: a number by itself, or words of its text. */
  readonly said: RegExp;
}

/**
 * What clients say when they do not connect, with the cause: from Azure's pages on troubleshooting point-to-site and
 * the numbers of Windows' RAS and IKE. The order counts: the first that fits is meant.
 */
const knownErrors: readonly KnownError[] = [
  {
    said: /\b798\b|certificate could not be found/i,
    code: 'clientCertificateNotFound',
    message:
      'The client found no certificate that it can sign in with: none with its private key in the store of the person who connects, or none that leads to the root.',
    fix: 'Install the kit again as the person who connects (Current User, Personal), with the whole chain and without strong private key protection.',
  },
  {
    said: /\b809\b|\b138\b.*timed out|did not respond|TLS key negotiation failed/i,
    code: 'gatewayNotReached',
    message:
      'Nothing came back from the gateway: something on the way drops UDP 500 and 4500 (IKEv2) or TCP 443 (OpenVPN).',
    fix: 'Try another network, such as that of a phone; where that works, have the firewall of the first let these ports out. Where IKEv2 stays blocked, take a kit for OpenVPN.',
  },
  {
    said: /\b13801\b|credentials are unacceptable/i,
    code: 'credentialsRefused',
    message:
      'Client and gateway did not accept each other in IKE: the machine does not trust the root of the gateway, the client certificate is not for client authentication, or the kit is older than the certificate of the gateway.',
    fix: 'Run the check script of the kit; then make a new kit from the gateway’s current profile and install it. On Windows the root of the gateway belongs into the store of the machine.',
  },
  {
    said: /\b13806\b/,
    code: 'machineCertificateMissing',
    message: 'The connection is set to sign in with a certificate of the machine, and the machine has none.',
    fix: 'Install the connection from a kit again: it signs in with the certificate of the person.',
  },
  {
    said: /\b13868\b|policy match error/i,
    code: 'policyMismatch',
    message: 'Client and gateway have no IPsec settings in common: one of the two has settings of its own.',
    fix: 'Remove settings of its own from the connection by installing the kit again, or have the gateway offer what the client has.',
  },
  {
    said: /0x80090326|message received was unexpected or badly formatted/i,
    code: 'certificateNotAccepted',
    message:
      'The gateway does not accept the certificate: its root is missing on the gateway, is damaged there or has expired, or the certificate itself expired or was revoked.',
    fix: 'Send the certificate to this route: it says which. Then have the gateway trust the root, or issue another certificate.',
  },
  {
    said: /0x800b0109|terminated in a root certificate/i,
    code: 'chainUntrusted',
    message:
      'The machine does not trust the root that a certificate leads to: that of the gateway, or that of the client.',
    fix: 'Install the kit again: it brings both roots. Answer Yes when Windows asks whether to trust the root.',
  },
  {
    said: /target uri (is )?not specified|target uri/i,
    code: 'gatewayTypeWrong',
    message: 'The package cannot be made, because the gateway is not of the type VPN, or not route-based.',
    fix: 'Point-to-site needs a route-based VPN gateway: build one, since the type of a gateway cannot be changed.',
  },
  {
    said: /\b503\b|service unavailable/i,
    code: 'packageUnavailable',
    message: 'Azure could not make or hand out the package at that moment.',
    fix: 'Ask for the package again in a few minutes.',
  },
  {
    said: /\b868\b|cannot be resolved|no such host/i,
    code: 'nameNotResolved',
    message: 'The name of the gateway cannot be resolved where the client is.',
    fix: 'Look whether other names of the Internet are resolved there, and whether the kit is of the gateway that is there now.',
  },
  {
    said: /\b691\b|access was denied/i,
    code: 'certificateNotAccepted',
    message: 'The gateway refused the sign-in.',
    fix: 'Send the certificate to this route: it says whether it is revoked, expired or of a root that the gateway does not trust.',
  },
  {
    said: /data for certificate .* is invalid/i,
    code: 'rootDataInvalid',
    message: 'A root was put on the gateway in another form than base64 of its DER on one line.',
    fix: 'Put it there through Gatehouse, or take it from GET /api/roots/{id}/cer?format=azure.',
  },
  {
    said: /resource name .* is invalid/i,
    code: 'nameRefused',
    message: 'An entry on the gateway was given a name with a space or another character that Azure does not take.',
    fix: 'Take letters, digits, ".", "_" and "-".',
  },
];

/** What is known of an error, as a client has told it; says so where nothing is. */
export function explainClientError(text: string): Finding {
  const known = knownErrors.find(({ said }) => said.test(text));
  if (known === undefined) return unknownError;
  const { said: _how, ...finding } = known;
  return finding;
}

const unknownError: Finding = {
  code: 'errorUnknown',
  message: 'The error is not one that is known here, so nothing follows from it.',
  fix: 'Send the number that the client shows, or its words; and its addresses and certificate, which are looked at by themselves.',
};
