/**
 * Why the walk leaves the real VPN client out, in words for a person; undefined when it can take part. `notBefore` is
 * ISO 8601.
 */
export function whyNoRealClient(options: {
  readonly vpnRuns: boolean;
  readonly notBefore: string;
  readonly now: Date;
}): string | undefined {
  const { vpnRuns, notBefore, now } = options;
  if (!vpnRuns) return 'start as root, with openvpn installed, and --with vpn';
  return whyNotValidYet(new Date(notBefore), now);
}

/**
 * Why OpenVPN takes no certificate that is valid from `notBefore` on; undefined when it does. It goes by the machine's
 * clock, not the stack's: after `POST /clock` a new certificate is not valid yet for it, and it would say no more than
 * that the connection was closed.
 */
export function whyNotValidYet(notBefore: Date, now: Date): string | undefined {
  if (notBefore <= now) return undefined;
  return `the stack's clock was moved, and for OpenVPN, which goes by the machine's, the certificate is not valid before ${notBefore.toISOString()}`;
}
