/** Says of a client's log, oldest line first, in half a sentence why the client was refused or ended. */
export function endReason(lines: readonly string[]): string {
  for (const { pattern, reason } of reasons) {
    for (const line of lines) {
      const found = pattern.exec(line);
      if (found !== null) return found[1] ?? reason;
    }
  }
  return lines.at(-1) ?? 'OpenVPN ended without a word';
}

/**
 * In order of weight: the gateway's own words first, then what the client found wrong, then what may follow from both.
 */
const reasons: readonly { readonly pattern: RegExp; readonly reason: string }[] = [
  { pattern: /AUTH_FAILED,(.+)$/, reason: 'authentication failed' },
  { pattern: /AUTH_FAILED/, reason: 'authentication failed' },
  { pattern: /Halt command was pushed by server/, reason: 'disconnected by the gateway' },
  { pattern: /(VERIFY (?:X509NAME |EKU |KU )?ERROR.*)$/, reason: 'the gateway is not the expected one' },
  { pattern: /(Options error: .*)$/, reason: 'the profile cannot be used' },
  {
    pattern: /((?:Cannot|Error) .*(?:load|open|read|private key).*)$/i,
    reason: 'a file of the profile cannot be used',
  },
  { pattern: /Connection reset/, reason: 'connection closed by the gateway' },
  { pattern: /TLS key negotiation failed|TLS handshake failed/, reason: 'no TLS connection with the gateway' },
  { pattern: /(RESOLVE: Cannot resolve .*)$/, reason: 'the gateway has no address' },
];
