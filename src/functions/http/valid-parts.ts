import { z } from 'zod';

/** A value of which any part may be missing; lists and records are whole or missing. */
export type ValidParts<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? string extends keyof T
      ? T
      : { readonly [K in keyof T]?: ValidParts<T[K]> | undefined }
    : T;

/**
 * What is right in a value that is not right as a whole: of an object each field that its schema takes by itself, of
 * the others what is right inside. So rules about the right parts can be told together with what is wrong with the
 * shape.
 */
export function validParts(schema: z.ZodType, value: unknown): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const inner = unwrapped(schema);
  if (!(inner instanceof z.ZodObject) || typeof value !== 'object' || value === null || Array.isArray(value)) {
    return undefined;
  }
  const fields = value as Readonly<Record<string, unknown>>;
  const shape = inner.shape as Readonly<Record<string, z.ZodType>>;
  return Object.fromEntries(
    Object.entries(shape)
      .map(([name, field]): [string, unknown] => [name, validParts(field, fields[name])])
      .filter(([, part]) => part !== undefined),
  );
}

function unwrapped(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault
    ? unwrapped(schema.unwrap() as z.ZodType)
    : schema;
}
