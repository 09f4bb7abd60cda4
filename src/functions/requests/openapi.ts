import { z } from 'zod';
import { defineRoute } from '../http/define-route.ts';
import { openApiDocument } from '../http/openapi-document.ts';
import type { Route } from '../http/route.ts';

/** The route that describes all routes, itself among them. `routes` are all the others. */
export function openApiRoutes(routes: readonly Route[], version: string): readonly Route[] {
  let document: unknown;
  const getOpenApi: Route = defineRoute({
    name: 'getOpenApi',
    method: 'GET',
    path: 'openapi.json',
    action: 'openapi.read',
    role: 'keyless',
    summary: 'This API as an OpenAPI 3.1 document.',
    tags: ['Service'],
    responses: { 200: z.record(z.string(), z.unknown()).meta({ description: 'An OpenAPI document.' }) },
    handler: () => {
      // Made when first asked for: it costs a start nothing.
      document ??= openApiDocument([...routes, getOpenApi], version);
      return Promise.resolve({ status: 200, body: document });
    },
  });
  return [getOpenApi];
}
