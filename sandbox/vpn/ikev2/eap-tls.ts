import { constants } from 'node:crypto';
import { Duplex } from 'node:stream';
import { createServer, type PeerCertificate, type TLSSocket } from 'node:tls';
import type { VerifiedClient } from '../client-policy.ts';
import { isWholeFlight } from './tls-flight.ts';

const eapCode = { request: 1, response: 2, success: 3, failure: 4 } as const;
const eapTls = 13;
const flag = { length: 0x80, more: 0x40, start: 0x20 } as const;
const fragmentBytes = 1000;
/** MSK of EAP-TLS (RFC 5216). */
const keyBytes = 64;
const flightDeadlineMs = 10_000;

export interface EapTlsServer {
  readonly certificatePem: string;
  readonly keyPem: string;
  /** What clients' chains have to lead to. */
  readonly rootsPem: readonly string[];
}

/** Says why a verified client may not come in; its thumbprints are SHA-1 with colons. */
export type Judge = (client: VerifiedClient) => { readonly reason?: string };

/** The purpose clientAuth (RFC 5280, 4.2.1.12). */
const clientAuth = '1.3.6.1.5.5.7.3.2';

export type EapAnswer =
  | { readonly outcome: 'continue'; readonly message: Buffer }
  | { readonly outcome: 'accepted'; readonly message: Buffer; readonly key: Buffer; readonly client: PeerCertificate }
  | { readonly outcome: 'refused'; readonly message: Buffer; readonly reason: string };

/** The wire between a TLS server and whoever carries its bytes. */
class Wire extends Duplex {
  readonly written: Buffer[] = [];
  onWritten: () => void = () => undefined;

  override _read(): void {
    return;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written.push(chunk);
    done();
    this.onWritten();
  }

  takeWritten(): Buffer {
    return Buffer.concat(this.written.splice(0));
  }
}

/**
 * One client's way in by EAP-TLS (RFC 5216, TLS 1.2): Node's TLS proves the chain, `judge` decides about what it
 * proved.
 */
export class EapTlsConversation {
  readonly #judge: Judge;
  readonly #wire = new Wire();
  #socket: TLSSocket | undefined;
  #fault: string | undefined;
  #received: Buffer[] = [];
  #outgoing: Buffer[] = [];
  #eapId = 0;

  constructor({ certificatePem, keyPem, rootsPem }: EapTlsServer, judge: Judge) {
    this.#judge = judge;
    const server = createServer({
      cert: certificatePem,
      key: keyPem,
      ca: [...rootsPem],
      requestCert: true,
      // The chain is judged after the handshake, so that the reason is known.
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.2',
      secureOptions: constants.SSL_OP_NO_TICKET,
    });
    server.on('secureConnection', (socket) => {
      this.#socket = socket;
      socket.on('error', () => undefined);
      this.#wire.onWritten();
    });
    server.on('tlsClientError', (error) => {
      this.#fault = error.message;
      this.#wire.onWritten();
    });
    server.emit('connection', this.#wire);
  }

  start(): Buffer {
    return this.#request(Buffer.from([flag.start]));
  }

  /** Takes the client's message and answers what to send. */
  async receive(message: Buffer): Promise<EapAnswer> {
    const [code, , , , type, flags = 0] = message;
    if (code !== eapCode.response || type !== eapTls) return this.#refuse('the client does not speak EAP-TLS');
    const data = message.subarray((flags & flag.length) === 0 ? 6 : 10);
    if (data.length === 0) return this.#outgoing.length > 0 ? this.#nextFragment() : this.#decide();
    this.#received.push(data);
    if ((flags & flag.more) !== 0) return { outcome: 'continue', message: this.#request(Buffer.from([0])) };
    const flight = this.#waitForFlight();
    this.#wire.push(Buffer.concat(this.#received.splice(0)));
    const answer = await flight;
    if (answer.length === 0) return this.#refuse(this.#fault ?? 'the TLS handshake does not go on');
    for (let at = 0; at < answer.length; at += fragmentBytes) {
      this.#outgoing.push(answer.subarray(at, at + fragmentBytes));
    }
    return this.#nextFragment(answer.length);
  }

  close(): void {
    this.#socket?.destroy();
    this.#wire.destroy();
  }

  /**
   * What the server says to what it was given: all that it says before the client's turn, or less where it gives up.
   */
  #waitForFlight(): Promise<Buffer> {
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.#wire.onWritten = () => undefined;
        resolve(this.#wire.takeWritten());
      };
      const timer = setTimeout(finish, flightDeadlineMs);
      this.#wire.onWritten = () => {
        if (this.#fault !== undefined || isWholeFlight(Buffer.concat(this.#wire.written))) finish();
      };
    });
  }

  #nextFragment(total?: number): EapAnswer {
    const data = this.#outgoing.shift() ?? Buffer.alloc(0);
    const isLast = this.#outgoing.length === 0;
    const isFirstOfMany = total !== undefined && !isLast;
    const length = Buffer.alloc(isFirstOfMany ? 4 : 0);
    if (isFirstOfMany) length.writeUInt32BE(total);
    const flags = (isFirstOfMany ? flag.length : 0) | (isLast ? 0 : flag.more);
    return { outcome: 'continue', message: this.#request(Buffer.concat([Buffer.from([flags]), length, data])) };
  }

  /** The client has nothing more to say: it is in or out. */
  #decide(): EapAnswer {
    const socket = this.#socket;
    if (socket === undefined) return this.#refuse(this.#fault ?? 'the TLS handshake was not finished');
    // The types have an Error here; it is the verification's code, as text.
    if (!socket.authorized) return this.#refuse(String(socket.authorizationError));
    const client = socket.getPeerCertificate(true);
    const [firstUsage] = client.ext_key_usage ?? [];
    const { reason } = this.#judge({ chain: chainOf(client), isClientAuthFirst: firstUsage === clientAuth });
    if (reason !== undefined) return this.#refuse(reason);
    const key = socket.exportKeyingMaterial(keyBytes, 'client EAP encryption', undefined as unknown as Buffer);
    return { outcome: 'accepted', message: Buffer.from([eapCode.success, this.#eapId, 0, 4]), key, client };
  }

  #refuse(reason: string): EapAnswer {
    return { outcome: 'refused', message: Buffer.from([eapCode.failure, this.#eapId, 0, 4]), reason };
  }

  #request(data: Buffer): Buffer {
    this.#eapId = (this.#eapId + 1) % 256;
    const message = Buffer.concat([Buffer.from([eapCode.request, this.#eapId, 0, 0, eapTls]), data]);
    message.writeUInt16BE(message.length, 2);
    return message;
  }
}

function chainOf(client: PeerCertificate & { readonly issuerCertificate?: PeerCertificate }): readonly string[] {
  const chain: string[] = [];
  // A root is its own issuer.
  for (let one: typeof client | undefined = client; one !== undefined && !chain.includes(one.fingerprint);) {
    chain.push(one.fingerprint);
    one = one.issuerCertificate;
  }
  return chain;
}
