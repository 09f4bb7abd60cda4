/** What OpenVPN tells its management client about one VPN client. `cid` is OpenVPN's number of the connection. */
export interface ClientEvent {
  readonly kind: 'CONNECT' | 'REAUTH' | 'ESTABLISHED' | 'DISCONNECT';
  readonly cid: string;
  /** Number of the key negotiation; on CONNECT and REAUTH only. */
  readonly kid: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
}

const eventKinds: readonly string[] = [
  'CONNECT',
  'REAUTH',
  'ESTABLISHED',
  'DISCONNECT',
] satisfies ClientEvent['kind'][];

/**
 * Returns a function that takes the management interface's lines one by one and calls `onEvent` with each whole event.
 * An event is a header, lines of environment and `ENV,END`; other lines may come between events, not inside one.
 */
export function createClientEventReader(onEvent: (event: ClientEvent) => void): (line: string) => void {
  let header: Omit<ClientEvent, 'environment'> | undefined;
  let environment: Record<string, string> = {};

  return (line) => {
    if (!line.startsWith('>CLIENT:')) return;
    const [kind = '', ...rest] = line.slice('>CLIENT:'.length).split(',');
    if (isEventKind(kind)) {
      header = { kind, cid: rest[0] ?? '', kid: rest[1] };
      environment = {};
    } else if (kind === 'ENV' && header !== undefined) {
      const text = rest.join(',');
      if (text === 'END') {
        onEvent({ ...header, environment });
        header = undefined;
      } else {
        const equals = text.indexOf('=');
        environment[text.slice(0, equals)] = text.slice(equals + 1);
      }
    }
  };
}

/** The SHA-1 digests of a client's verified chain, leaf first, as OpenVPN writes them (lower-case hex with colons). */
export function chainDigests(environment: Readonly<Record<string, string>>): string[] {
  const digests: string[] = [];
  for (let depth = 0; ; depth += 1) {
    const digest = environment[`tls_digest_${depth}`];
    if (digest === undefined) return digests;
    digests.push(digest);
  }
}

/** Whether the client's certificate is for clients before all else; needs `x509-track extendedKeyUsage`. */
export function isClientAuthFirst(environment: Readonly<Record<string, string>>): boolean {
  const [first] = (environment['X509_0_extendedKeyUsage'] ?? '').split(',');
  return first?.trim() === 'TLS Web Client Authentication';
}

function isEventKind(kind: string): kind is ClientEvent['kind'] {
  return eventKinds.includes(kind);
}
