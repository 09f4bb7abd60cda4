import { AppError } from '../../domain/app-error.ts';
import type { Caller } from '../../domain/caller.ts';
import type { ApiKey, ApiKeys } from '../../services/requests/api-keys.ts';
import { couldBeKey } from '../../services/requests/guessable-keys.ts';

/** Says who asks, or throws ERR_CALLER_UNKNOWN. */
export type ReadCaller = (headers: Pick<Headers, 'get'>) => Promise<Caller>;

/**
 * The one place that knows callers. A key that is missing, malformed, unknown or withdrawn gets one and the same
 * answer. The `x-ms-client-principal` headers count for nothing: from outside, anybody can send them.
 */
export function createReadCaller({ apiKeys }: { readonly apiKeys: Pick<ApiKeys, 'find'> }): ReadCaller {
  return async (headers) => {
    const key = headers.get('x-api-key');
    if (key === null && headers.get('authorization') !== null) return readBearer();
    const known = key === null || !couldBeKey(key) ? undefined : await apiKeys.find(key);
    if (known === undefined) {
      throw new AppError('ERR_CALLER_UNKNOWN', 'Send a valid API key in the header x-api-key.');
    }
    return fromApiKey(known);
  };
}

/** Where sign-in with Entra ID will join: its roles claim maps to the same four roles. */
function readBearer(): never {
  const detail = 'Sign-in with Microsoft Entra ID is not configured yet. Send an API key in the header x-api-key.';
  throw new AppError('ERR_CALLER_UNKNOWN', detail);
}

function fromApiKey({ id, name, role }: ApiKey): Caller {
  return { id, name, role, via: 'apiKey' };
}
