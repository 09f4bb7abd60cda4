import { openStateFile } from '../platform/state-file.ts';

/** One notice that the app delivered to the stack's receiver. */
export interface WebhookDelivery {
  readonly at: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

export interface WebhookInbox {
  add(delivery: WebhookDelivery): void;
  list(): readonly WebhookDelivery[];
  clear(): void;
  flush(): void;
}

/** Opens the receiver's memory, kept in the file at `path`. */
export function openWebhookInbox(path: string): WebhookInbox {
  const file = openStateFile<{ deliveries: WebhookDelivery[] }>(path, () => ({ deliveries: [] }));
  return {
    add: (delivery) => {
      file.value.deliveries.push(delivery);
      file.save();
    },
    list: () => file.value.deliveries,
    clear: () => {
      file.value.deliveries = [];
      file.save();
    },
    flush: () => {
      file.flush();
    },
  };
}
