export interface WebhookRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
}

export interface WebhookAnswer {
  readonly status: number;
  /** The Retry-After header as it was sent, if it was. */
  readonly retryAfter?: string;
}

/** Posts once, without following redirects. Throws when no answer came. */
export type SendWebhook = (request: WebhookRequest) => Promise<WebhookAnswer>;
