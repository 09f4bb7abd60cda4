import type { WebhookAnswer, WebhookRequest } from '../ports/webhooks.ts';

/** Posts one delivery. Redirects are not followed: they would carry a signed body to an address nobody configured. */
export async function sendWebhook({ url, headers, body, timeoutMs }: WebhookRequest): Promise<WebhookAnswer> {
  const response = await fetch(url, {
    method: 'POST',
    headers,
    body,
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  });
  await response.body?.cancel();
  const retryAfter = response.headers.get('retry-after');
  return retryAfter === null ? { status: response.status } : { status: response.status, retryAfter };
}
