import { lookup as systemLookup, type LookupAddress, type LookupAllOptions } from 'node:dns';
import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { AppError } from '../domain/app-error.ts';
import { hostOf, isPublicAddress, webhookUrlProblem } from '../domain/webhook-address.ts';
import type { SendWebhook } from '../ports/webhooks.ts';

type LookupAll = (
  host: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses?: LookupAddress[]) => void,
) => void;

export interface SendWebhookOptions {
  /** Hosts that may have a private address, in lower case. */
  readonly allowedHosts: readonly string[];
  /** The system's unless told. */
  readonly lookup?: LookupAll;
}

/**
 * Posts one delivery. The name is resolved once, and the connection goes to the addresses that were judged then: a name
 * that is answered otherwise a moment later changes nothing. Redirects are not followed: they would carry a signed body
 * to an address nobody configured.
 */
export function createSendWebhook({ allowedHosts, lookup = systemLookup }: SendWebhookOptions): SendWebhook {
  return async ({ url, headers, body, timeoutMs }) => {
    const problem = webhookUrlProblem(url, allowedHosts);
    if (problem !== undefined) throw new AppError('ERR_REQUEST_INVALID', problem);
    const target = new URL(url);
    const signal = AbortSignal.timeout(timeoutMs);
    const send = target.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send(target, {
      method: 'POST',
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      // A connection of its own: none is kept that was judged at another time.
      agent: false,
      lookup: judgingLookup(lookup, allowedHosts.includes(hostOf(target))),
      signal,
    });
    request.end(body);
    try {
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      const retryAfter = response.headers['retry-after'];
      return { status: response.statusCode ?? 0, ...(retryAfter === undefined ? {} : { retryAfter }) };
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      // The body of the answer is nobody's concern.
      request.on('error', () => undefined).destroy();
    }
  };
}

/**
 * Resolves a name and refuses it when any of its addresses is not on the Internet, unless the host is allowed by name.
 */
function judgingLookup(lookup: LookupAll, isAllowed: boolean): LookupFunction {
  return (host, options, callback) => {
    // Where the name does not resolve there is an error and nothing else.
    lookup(host, { ...options, all: true }, (error, addresses = []) => {
      const [first] = addresses;
      if (error !== null || first === undefined) {
        callback(error ?? new Error('The name has no address.'), []);
      } else if (!isAllowed && addresses.some(({ address }) => !isPublicAddress(address))) {
        callback(new AppError('ERR_REQUEST_INVALID', 'The name resolves to a private address.'), []);
      } else if (options.all === true) {
        callback(null, addresses);
      } else {
        callback(null, first.address, first.family);
      }
    });
  };
}
