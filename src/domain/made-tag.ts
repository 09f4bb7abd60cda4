import { asObject } from './gateway-entries.ts';
import type { JsonObject } from './json.ts';

/** Says of a gateway which note of Gatehouse's it was made by: a name alone may be anybody's. */
const madeTag = 'gatehouse-made';

/** The body with the tag in it. `madeAt` is the time at which its making was noted, ISO 8601. */
export function withMadeTag(body: JsonObject, madeAt: string): JsonObject {
  return { ...body, tags: { ...asObject(body['tags']), [madeTag]: madeAt } };
}

/**
 * Whether a resource was made by the write that was noted at `madeAt`. Azure keeps the case of tag names and minds
 * none.
 */
export function isMadeBy(resource: JsonObject, madeAt: string): boolean {
  return Object.entries(asObject(resource['tags'])).some(
    ([name, value]) => name.toLowerCase() === madeTag && value === madeAt,
  );
}

/** The tag as people write it for Azure's tools, who know better whose a gateway is that has lost it. */
export function sayMadeTag(madeAt: string): string {
  return `${madeTag}=${madeAt}`;
}
