import type { app as functionsApp } from '@azure/functions';
import { AppError } from '../../domain/app-error.ts';
import { problemAnswer } from './problem-answer.ts';
import { toHttpResponse } from './rendered-answer.ts';
import type { Route } from './route.ts';

/**
 * The host tries functions in the order of their names, and takes the first that matches: this one has to be the last.
 * `registerRoutes` refuses a route whose name comes after it.
 */
export const unknownRouteName = 'zzUnknownRoute';

/**
 * Answers whatever no route matches, where the host itself would say 404 without a word. Its own paths are not below
 * `/api`.
 */
export function registerUnknownRoute(app: Pick<typeof functionsApp, 'http'>, routes: readonly Route[]): void {
  app.http(unknownRouteName, {
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'],
    authLevel: 'anonymous',
    route: '{*path}',
    handler: (request, context) => {
      const allowed = methodsAt(request.params['path'] ?? '', routes);
      const answer = problemAnswer(refusalOf(request.method, allowed), context.invocationId);
      // RFC 9110, section 15.5.6: a 405 says what would be taken.
      const headers = allowed.length === 0 ? answer.headers : { ...answer.headers, allow: allowed.join(', ') };
      return toHttpResponse({ ...answer, headers }, context.invocationId);
    },
  });
}

function refusalOf(method: string, allowed: readonly string[]): AppError {
  return allowed.length === 0
    ? new AppError('ERR_NOT_FOUND', 'There is no such route: GET /api/openapi.json lists all of them.')
    : new AppError('ERR_METHOD_NOT_ALLOWED', `This route does not take ${method}, but ${allowed.join(', ')}.`);
}

function methodsAt(path: string, routes: readonly Route[]): readonly string[] {
  const methods = routes.filter((route) => sharesRequests(route.path, path)).map(({ method }) => method);
  return [...new Set(methods)].sort();
}

/** Whether some request matches both templates; a path is a template of itself. */
export function sharesRequests(one: string, other: string): boolean {
  const left = partsOf(one);
  const right = partsOf(other);
  return left.length === right.length && left.every((part, position) => fits(part, right[position] ?? ''));
}

function fits(part: string, other: string): boolean {
  return part === other || (isParameter(part) && other !== '') || (isParameter(other) && part !== '');
}

function partsOf(path: string): readonly string[] {
  return path.toLowerCase().replace(/\/$/, '').split('/');
}

function isParameter(part: string): boolean {
  return part.startsWith('{');
}
