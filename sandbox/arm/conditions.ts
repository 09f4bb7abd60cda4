import type { ArmCall } from './arm-call.ts';
import { ArmRefusal } from './arm-refusal.ts';
import { asText, type JsonObject } from './json-object.ts';

/** Honours If-Match and If-None-Match, with the Network provider's words. */
export function checkConditions(call: ArmCall, id: string, body: JsonObject | undefined): void {
  const etag = asText(body?.['etag']);
  for (const [header, isRight] of [
    ['if-match', true],
    ['if-none-match', false],
  ] as const) {
    const given = call.headers[header];
    if (given !== undefined && matches(given, etag) !== isRight) throw refuseMismatch(header, given, etag, id);
  }
}

function refuseMismatch(header: string, given: string, etag: string | undefined, id: string): ArmRefusal {
  const verb = header === 'if-match' ? 'does not match' : 'matches';
  const message = `Etag provided in ${header} header ${given} ${verb} etag ${etag ?? '(none)'} of resource ${id} in NRP data store.`;
  return new ArmRefusal(412, 'PreconditionFailed', 'Precondition failed.', {
    details: [{ code: 'PreconditionFailedEtagMismatch', message }],
  });
}

/** Etags are weak and compared as they are written, `W/` included. */
function matches(header: string, etag: string | undefined): boolean {
  if (etag === undefined) return false;
  return header.split(',').some((part) => part.trim() === '*' || part.trim() === etag);
}
