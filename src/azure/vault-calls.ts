import { setTimeout as wait } from 'node:timers/promises';
import { isRestError, type PipelinePolicy, type RestError } from '@azure/core-rest-pipeline';
import type { AzureWords } from '../domain/azure-words.ts';
import { cutText } from '../domain/cut-text.ts';
import { asObject, asText } from '../domain/gateway-entries.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Log } from '../ports/log.ts';
import { secondsOf } from './retry-after.ts';
import { toldCalls } from './told-calls.ts';
import { tracedCalls, vaultTemplate } from './traced-calls.ts';

/** How long to wait when Key Vault says "later" without saying when, as it does. */
export const usualWaitSeconds = 2;
const triesMax = 4;
/** A caller is told of a longer wait than this one. */
const waitMaxSeconds = 10;

interface AdditionalPolicies {
  readonly additionalPolicies?: { policy: PipelinePolicy; position: 'perCall' | 'perRetry' }[];
}

interface VaultClientOptions extends Required<AdditionalPolicies> {
  readonly disableChallengeResourceVerification: boolean;
  readonly retryOptions: { readonly maxRetries: 0 };
}

/**
 * Vaults under Azure's own names are checked against the token's audience; a vault elsewhere (a private cloud) cannot
 * be. The clients' own retries are off: they know nothing of a 429 without a time, which is Key Vault's, and would
 * multiply ours.
 */
export function vaultClientOptions(
  vaultUrl: string,
  log: Log,
  { additionalPolicies = [] }: AdditionalPolicies = {},
): VaultClientOptions {
  return {
    additionalPolicies: [
      ...additionalPolicies,
      { policy: toldCalls(log), position: 'perRetry' },
      { policy: tracedCalls(vaultTemplate), position: 'perRetry' },
    ],
    disableChallengeResourceVerification: !new URL(vaultUrl).hostname.endsWith('.vault.azure.net'),
    retryOptions: { maxRetries: 0 },
  };
}

/**
 * The one place where a call of Key Vault is tried again: while it throttles, is at fault itself, or its answer is
 * lost. So what makes something looks first at what is there, inside `call`.
 */
export async function retryWhileThrottled<T>(call: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await call();
    } catch (error) {
      const waitSeconds = retryAfterOf(error) ?? 2 ** (tries - 1);
      if (!isPassing(error) || tries >= triesMax || waitSeconds > waitMaxSeconds) throw error;
      await wait(waitSeconds * 1000);
    }
  }
}

/** What another try may get past: no answer, a time-out, throttling, Azure's own fault, a name that is being freed. */
export function isPassing(error: unknown): boolean {
  if (!isRestError(error)) return false;
  const { statusCode } = error;
  if (statusCode === undefined || statusCode === 408 || statusCode === 429) return true;
  if (statusCode >= 500) return statusCode !== 501;
  return ['ObjectIsBeingDeleted', 'ObjectIsBeingRecovered'].includes(wordsOf(error).innerCode);
}

/** The seconds after which Key Vault wants to be asked again, where it says so. */
export function retryAfterOf(error: unknown): number | undefined {
  return isRestError(error) ? secondsOf(error.response?.headers.get('retry-after')) : undefined;
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

/** A refusal as callers get it; of one without words, the status. Azure's support finds the request by its id. */
export function azureWordsOf(error: RestError): AzureWords {
  const { code, message } = wordsOf(error);
  const correlationId = error.response?.headers.get('x-ms-request-id');
  return {
    code: code || `Http${error.statusCode ?? 0}`,
    message,
    ...(correlationId === undefined ? {} : { correlationId }),
  };
}
