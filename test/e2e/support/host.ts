/**
 * The Functions host's own routes, as an operator with the master key uses them, and what the app delivers to its
 * webhook.
 */
import { createHmac } from 'node:crypto';
import type { RunningTestStack } from '../../support/stack.ts';
import { readSecrets } from './azure.ts';
import { expectStatus, type JsonObject } from './line.ts';

/** Runs a function now; answers when the host has taken the order and everything has come to rest. */
export async function runFunction(stack: RunningTestStack, name: string): Promise<void> {
  const headers = { 'x-functions-key': stack.info.app.masterKey };
  expectStatus(await stack.api('POST', `/admin/functions/${name}`, { input: '' }, headers), 202);
  // The smallest move of the clock waits for everything that is under way.
  await stack.advance('PT1S');
}

export interface WebhookDelivery {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The CloudEvent in the body. */
  readonly event: JsonObject & { readonly type: string; readonly subject: string; readonly data: JsonObject };
}

export async function readDeliveries(stack: RunningTestStack, type?: string): Promise<readonly WebhookDelivery[]> {
  const answer = await stack.control('GET', '/webhook');
  const received = answer.body as readonly Omit<WebhookDelivery, 'event'>[];
  const deliveries = received.map((delivery) => ({
    ...delivery,
    event: JSON.parse(delivery.body) as WebhookDelivery['event'],
  }));
  return deliveries.filter(({ event }) => type === undefined || event.type === type);
}

/** The signature that Standard Webhooks asks for, made from the secret that both sides know. */
export function signatureOf(stack: RunningTestStack, { headers, body }: WebhookDelivery): string {
  const key = Buffer.from(readSecrets(stack).webhookSecret.replace(/^whsec_/, ''), 'base64');
  const content = `${headers['webhook-id'] ?? ''}.${headers['webhook-timestamp'] ?? ''}.${body}`;
  return `v1,${createHmac('sha256', key).update(content).digest('base64')}`;
}
