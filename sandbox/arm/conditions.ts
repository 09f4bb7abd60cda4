import type { ArmCall } from './arm-call.ts';
import { ArmRefusal } from './arm-refusal.ts';
import { asText, type JsonObject } from './json-object.ts';

/**
 * Honours If-Match and If-None-Match. Whether the Network provider does is not known (facts/cloud.md 3.2); a caller that
 * sends one wants it honoured.
 */
export function checkConditions(call: ArmCall, body: JsonObject | undefined): void {
  const etag = asText(body?.['etag']);
  const ifMatch = call.headers['if-match'];
  if (ifMatch !== undefined && !matches(ifMatch, etag)) {
    const message = `Etag provided in if-match header ${ifMatch} does not match etag ${etag ?? '(none)'} of resource.`;
    throw new ArmRefusal(412, 'PreconditionFailed', message);
  }
  const ifNoneMatch = call.headers['if-none-match'];
  if (ifNoneMatch !== undefined && matches(ifNoneMatch, etag)) {
    const message = `Etag provided in if-none-match header ${ifNoneMatch} matches etag ${etag ?? ''} of resource.`;
    throw new ArmRefusal(412, 'PreconditionFailed', message);
  }
}

function matches(header: string, etag: string | undefined): boolean {
  if (etag === undefined) return false;
  return header.split(',').some((part) => part.trim() === '*' || part.trim() === etag);
}
