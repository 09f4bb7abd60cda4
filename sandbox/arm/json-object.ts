/** A JSON object whose fields are not all known: what a caller sent is kept whole, so bodies stay JSON. */
export type JsonObject = Record<string, unknown>;

/** The value itself when it is a JSON object, else an empty one. */
export function asObject(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects in `value` when it is an array, else none. */
export function asObjects(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The texts in `value` when it is an array, else none. */
export function asTexts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

export function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The `properties` of a resource or child. */
export function propertiesOf(body: JsonObject): JsonObject {
  return asObject(body['properties']);
}

/** The `id` of a reference such as `{ "subnet": { "id": … } }`. */
export function referenceOf(holder: JsonObject, field: string): string | undefined {
  return asText(asObject(holder[field])['id']);
}
