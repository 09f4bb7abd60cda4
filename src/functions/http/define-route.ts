import type { z } from 'zod';
import type { Route, RouteDefinition, RouteRequest } from './route.ts';
import type { ValidParts } from './valid-parts.ts';

/**
 * Makes a route. Whatever comes in is checked against `request` before the handler sees it; a part that is not declared
 * must be empty. The handler answers, or throws an AppError.
 */
export function defineRoute<
  P extends z.ZodType = z.ZodType<Readonly<Record<string, never>>>,
  Q extends z.ZodType = z.ZodType<Readonly<Record<string, never>>>,
  B extends z.ZodType = z.ZodType<undefined>,
>(definition: RouteDefinition<P, Q, B>): Route {
  const { request, handler, alsoWrong, ...facts } = definition;
  return {
    ...facts,
    request: { params: request?.params, query: request?.query, body: request?.body },
    // The pipeline has parsed each part with the very schema that the types come from.
    alsoWrong:
      alsoWrong &&
      ((parts, faults, params) => alsoWrong(parts as ValidParts<z.output<B>>, faults, params as z.output<P>)),
    handle: (checked) => handler(checked as RouteRequest<z.output<P>, z.output<Q>, z.output<B>>),
  };
}
