import { z } from 'zod';
import { without } from '../../domain/without.ts';
import { problemSchema } from './problem-schema.ts';
import type { Route } from './route.ts';

type Json = Readonly<Record<string, unknown>>;

const statusTexts: Readonly<Record<number, string>> = {
  200: 'Done.',
  201: 'Made.',
  202: 'Accepted; Location says where the result will be.',
  204: 'Done; the answer has no body.',
  404: 'There is no such thing.',
  503: 'Cannot do its work now.',
};

/** An OpenAPI 3.1 document of these routes. Schemas that carry an id become components. */
export function openApiDocument(routes: readonly Route[], version: string): Json {
  const components: Record<string, unknown> = {};
  const toSchema = (schema: z.ZodType, io: 'input' | 'output'): Json => collect(schema, io, components);
  const problem = toSchema(problemSchema, 'output');
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = `/api/${route.path}`;
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationObject(route, toSchema, problem) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Gatehouse',
      version,
      summary: 'Builds Azure point-to-site VPN gateways and runs the certificates that open them.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ apiKey: [] }],
    paths,
    components: {
      schemas: components,
      securitySchemes: { apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' } },
    },
  };
}

type ToSchema = (schema: z.ZodType, io: 'input' | 'output') => Json;

function operationObject(route: Route, toSchema: ToSchema, problem: Json): Json {
  const { params, query, body } = route.request;
  const parameters = [
    ...parametersOf('path', params, toSchema),
    ...parametersOf('query', query, toSchema),
    ...(route.method === 'GET' || route.role === 'keyless' ? [] : [idempotencyKeyParameter]),
  ];
  return {
    operationId: route.name,
    summary: route.summary,
    ...(route.tags === undefined ? {} : { tags: route.tags }),
    ...(route.role === 'keyless'
      ? { security: [] }
      : { description: `Needs the role ${route.role}.`, 'x-gatehouse-role': route.role }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: {
              'application/json': { schema: toSchema(body, 'input') },
              ...(route.takesCsv === true ? { 'text/csv': { schema: { type: 'string' } } } : {}),
            },
          },
        }),
    responses: {
      ...Object.fromEntries(Object.entries(route.responses).map(([status, schema]) => responseOf(status, schema))),
      default: { description: 'Refused or failed.', content: { 'application/problem+json': { schema: problem } } },
    },
  };

  function responseOf(status: string, schema: z.ZodType | undefined): readonly [string, Json] {
    const description = statusTexts[Number(status)] ?? 'Answered.';
    if (schema === undefined) return [status, { description }];
    return [status, { description, content: { 'application/json': { schema: toSchema(schema, 'output') } } }];
  }
}

const idempotencyKeyParameter: Json = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'Makes a repeated request have one effect. Kept 7 days for this caller and route.',
  schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,255}$' },
};

function parametersOf(place: 'path' | 'query', schema: z.ZodType | undefined, toSchema: ToSchema): readonly Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = toSchema(schema, 'input') as {
    readonly properties?: Readonly<Record<string, Json>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(typeof property['description'] === 'string' ? { description: property['description'] } : {}),
    schema: property,
  }));
}

/** The schema's JSON Schema, with its named parts moved to `components` and referred to from there. */
function collect(schema: z.ZodType, io: 'input' | 'output', components: Record<string, unknown>): Json {
  const { $defs: named = {}, ...own } = z.toJSONSchema(schema, {
    io,
    target: 'draft-2020-12',
    // A transform's result or a refinement has no JSON Schema; the answer is still described as far as it goes.
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      // Answers may gain fields; a client that was generated from this document must not choke on them.
      if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    },
  });
  for (const [id, definition] of Object.entries(named)) components[id] ??= relinked(definition);
  return relinked(without(own, '$schema')) as Json;
}

/** References into a schema's own `$defs` lead to the document's components instead. */
function relinked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(relinked);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) =>
      key === '$ref' && typeof member === 'string'
        ? [key, member.replace('#/$defs/', '#/components/schemas/')]
        : [key, relinked(member)],
    ),
  );
}
