import { setTimeout as wait } from 'node:timers/promises';
import { isRestError } from '@azure/core-rest-pipeline';
import { cutText } from '../domain/cut-text.ts';
import { asObject, asText } from '../domain/gateway-entries.ts';
import type { JsonObject } from '../domain/json.ts';
import { secondsOf } from './retry-after.ts';

/** How long to wait when Key Vault says "later" without saying when, as it does. */
export const usualWaitSeconds = 2;
const throttledTriesMax = 4;

/** Vaults under Azure's own names are checked against the token's audience; a vault elsewhere (a private cloud) cannot be. */
export function vaultClientOptions(vaultUrl: string): { readonly disableChallengeResourceVerification: boolean } {
  return { disableChallengeResourceVerification: !new URL(vaultUrl).hostname.endsWith('.vault.azure.net') };
}

/**
 * Tries again while Key Vault throttles. The call looks first at what there is: beginning a certificate is two requests,
 * and the throttled one may be the second.
 */
export async function patiently<T>(call: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await call();
    } catch (error) {
      const isThrottled = isRestError(error) && (error.statusCode === 429 || error.statusCode === 503);
      if (!isThrottled || tries >= throttledTriesMax) throw error;
      await wait((secondsOf(error.response?.headers.get('retry-after')) ?? usualWaitSeconds) * 1000);
    }
  }
}

export function isMissing(error: unknown): boolean {
  return isRestError(error) && error.statusCode === 404;
}

/** Key Vault's own words in a refusal, empty where there are none. The client keeps the read body, not its text. */
export function wordsOf(error: unknown): {
  readonly code: string;
  readonly message: string;
  readonly innerCode: string;
} {
  const details = isRestError(error) ? (error.details as JsonObject | undefined) : undefined;
  const body = asObject(details?.['error']);
  return {
    code: asText(body['code']),
    message: cutText(asText(body['message'])),
    innerCode: asText(asObject(body['innerError'])['code']),
  };
}
