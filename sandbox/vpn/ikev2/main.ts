/**
 * Decides for one IKEv2 gateway who may come in: a RADIUS server on the loopback of the gateway's namespace, a process
 * of its own because of that. Its parent tells it the policy, and is told of who came and went. Ends with its parent.
 */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { z } from 'zod';
import { decideClient, policyOf, toThumbprint } from '../client-policy.ts';
import { vpnGatewayStateSchema } from '../gateway-state.ts';
import { type AuthenticatorEvent, authenticatorPorts } from './authenticator-events.ts';
import { type EapAnswer, EapTlsConversation } from './eap-tls.ts';
import {
  eapAttributes,
  keyAttributes,
  radiusAttribute,
  radiusCode,
  type RadiusPacket,
  readPacket,
  valueOf,
  writeReply,
} from './radius-packet.ts';

const stateSchema = vpnGatewayStateSchema.pick({
  roots: true,
  revokedThumbprints: true,
  serverCertificatePem: true,
  serverKeyPem: true,
});
/** Conversations that nobody went on with are given up for new ones. */
const conversationsMax = 200;
const started = 1;
const stopped = 2;

const { secret } = z.object({ secret: z.string().min(1) }).parse(process.env);
let state: z.infer<typeof stateSchema> | undefined;
const conversations = new Map<string, EapTlsConversation>();

function tell(event: AuthenticatorEvent): void {
  process.send?.(event);
}

function begin(): { readonly conversation: EapTlsConversation; readonly key: string } | undefined {
  if (state === undefined) return undefined;
  const server = {
    certificatePem: state.serverCertificatePem,
    keyPem: state.serverKeyPem,
    rootsPem: state.roots.map(({ certificatePem }) => certificatePem),
  };
  const conversation = new EapTlsConversation(server, ({ chain, ...client }) => {
    // By the policy of now and not of when the client began.
    const policy = policyOf(state ?? { roots: [], revokedThumbprints: [] });
    const decision = decideClient(policy, { ...client, chain: chain.map(toThumbprint) });
    return decision.outcome === 'refused' ? { reason: decision.reason } : {};
  });
  const key = randomBytes(16).toString('hex');
  conversations.set(key, conversation);
  const [oldest] = conversations.keys();
  if (conversations.size > conversationsMax && oldest !== undefined) end(oldest);
  return { conversation, key };
}

function end(key: string): void {
  conversations.get(key)?.close();
  conversations.delete(key);
}

async function answer(packet: RadiusPacket): Promise<Buffer | undefined> {
  const message = valueOf(packet, radiusAttribute.eapMessage);
  if (message === undefined) return undefined;
  const key = valueOf(packet, radiusAttribute.state)?.toString();
  const known = key === undefined ? undefined : conversations.get(key);
  if (known === undefined || key === undefined) {
    const begun = begin();
    return begun && challenge(packet, begun.conversation.start(), begun.key);
  }
  const next = await known.receive(message);
  if (next.outcome === 'continue') return challenge(packet, next.message, key);
  end(key);
  return conclude(packet, next);
}

function challenge(packet: RadiusPacket, message: Buffer, key: string): Buffer {
  const attributes = [...eapAttributes(message), { type: radiusAttribute.state, value: Buffer.from(key) }];
  return writeReply(radiusCode.challenge, packet, attributes, secret);
}

function conclude(packet: RadiusPacket, end: Exclude<EapAnswer, { readonly outcome: 'continue' }>): Buffer {
  const ikeId = valueOf(packet, radiusAttribute.nasPort)?.readUInt32BE() ?? 0;
  if (end.outcome === 'refused') {
    tell({ kind: 'refused', ikeId, reason: end.reason });
    return writeReply(radiusCode.reject, packet, eapAttributes(end.message), secret);
  }
  const { subject, fingerprint } = end.client;
  tell({ kind: 'accepted', ikeId, commonName: String(subject.CN), thumbprint: toThumbprint(fingerprint) });
  const attributes = [...eapAttributes(end.message), ...keyAttributes(end.key, packet, secret)];
  return writeReply(radiusCode.accept, packet, attributes, secret);
}

function account(packet: RadiusPacket): Buffer {
  const ikeId = valueOf(packet, radiusAttribute.nasPort)?.readUInt32BE() ?? 0;
  const status = valueOf(packet, radiusAttribute.accountingStatus)?.readUInt32BE();
  if (status === started) {
    const privateIp = [...(valueOf(packet, radiusAttribute.framedAddress) ?? [])].join('.');
    const from = valueOf(packet, radiusAttribute.callingStation)?.toString() ?? '';
    // As strongSwan writes it: address[port].
    tell({ kind: 'began', ikeId, privateIp, publicIp: from.replace(/\[(\d+)\]$/, ':$1') });
  }
  if (status === stopped) tell({ kind: 'ended', ikeId });
  return writeReply(radiusCode.accounted, packet, [], secret);
}

function listen(port: number, reply: (packet: RadiusPacket) => Promise<Buffer | undefined> | Buffer): Promise<void> {
  const socket = createSocket('udp4');
  socket.on('message', (bytes, { port: from, address }) => {
    const packet = readPacket(bytes, secret);
    if (packet === undefined) return;
    void Promise.resolve(reply(packet)).then((answered) => {
      if (answered !== undefined) socket.send(answered, from, address);
    });
  });
  return new Promise((resolve) => socket.bind(port, '127.0.0.1', resolve));
}

process.on('message', (message) => {
  state = stateSchema.parse(message);
  tell({ kind: 'policy' });
});
process.on('disconnect', () => process.exit(0));
await Promise.all([listen(authenticatorPorts.authentication, answer), listen(authenticatorPorts.accounting, account)]);
tell({ kind: 'ready' });
