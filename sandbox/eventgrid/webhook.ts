import { randomUUID } from 'node:crypto';
import type { EventGridEvent } from '../platform/event-grid-event.ts';

/** Event Grid waits this long for an answer, in real time. */
const answerTimeoutMs = 30_000;

export interface WebhookAnswer {
  /** 0 when nothing answered. */
  readonly status: number;
  readonly text: string;
}

/** Posts events as Event Grid does. Never throws: no answer is an answer of its own. */
export async function postEvents(
  url: string,
  events: readonly EventGridEvent[],
  headers: Readonly<Record<string, string>>,
): Promise<WebhookAnswer> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8', 'aeg-subscription-name': 'GATEWAYS', ...headers },
      body: JSON.stringify(events),
      signal: AbortSignal.timeout(answerTimeoutMs),
    });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    return { status: 0, text: error instanceof Error ? error.message : String(error) };
  }
}

/** The handshake: true when the endpoint sends the code back, as every endpoint must before it gets events. */
export async function validateEndpoint(url: string, topic: string, now: Date): Promise<boolean> {
  const validationCode = randomUUID();
  const event: EventGridEvent = {
    id: randomUUID(),
    topic,
    subject: '',
    eventType: 'Microsoft.EventGrid.SubscriptionValidationEvent',
    eventTime: now.toISOString(),
    dataVersion: '2',
    metadataVersion: '1',
    data: { validationCode },
  };
  const answer = await postEvents(url, [event], { 'aeg-event-type': 'SubscriptionValidation' });
  return answer.status === 200 && readValidationResponse(answer.text) === validationCode;
}

function readValidationResponse(text: string): string | undefined {
  try {
    const { validationResponse } = JSON.parse(text) as { validationResponse?: string };
    return validationResponse;
  } catch {
    return undefined;
  }
}
