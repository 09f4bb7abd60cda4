import type { app as functionsApp, FunctionInput, HttpResponseInit, InvocationContext } from '@azure/functions';
import { failSpan, inSpan } from '../../tracing/in-span.ts';
import { answerRequest } from './answer-request.ts';
import type { HttpServices } from './http-services.ts';
import type { Route } from './route.ts';
import { registerUnknownRoute, sharesRequests, unknownRouteName } from './unknown-route.ts';

export interface RegisterRoutesOptions {
  readonly app: Pick<typeof functionsApp, 'http'>;
  readonly routes: readonly Route[];
  readonly services: HttpServices;
  /** The durable client's input binding, which every route gets. */
  readonly durableClient: FunctionInput;
}

/** The routes that open without a key. Nothing is added here without saying in SECURITY.md why. */
const keylessNames: ReadonlySet<string> = new Set(['getHealth', 'getOpenApi', 'getDownload', 'takeDownload']);

/** Registers every route with the host. Throws, and the app does not start, when one of them is not safe to open. */
export function registerRoutes({ app, routes, services, durableClient }: RegisterRoutesOptions): void {
  checkRoutes(routes);
  for (const route of routes) {
    app.http(route.name, {
      methods: [route.method],
      // The host's own key check would stand before bearer tokens; readCaller is the check.
      authLevel: 'anonymous',
      route: route.path,
      extraInputs: [durableClient],
      handler: (request, context) => traced(route, context, () => answerRequest(route, services, request, context)),
    });
  }
  registerUnknownRoute(app, routes);
}

/**
 * One span for each request at a route. Its path is told as the route's template only: it holds what people call their
 * things.
 */
function traced(
  route: Route,
  { invocationId, traceContext = {} }: InvocationContext,
  answer: () => Promise<HttpResponseInit>,
): Promise<HttpResponseInit> {
  const template = `/api/${route.path}`;
  const attributes = {
    'http.request.method': route.method,
    'http.route': template,
    'faas.trigger': 'http',
    'faas.invocation_id': invocationId,
  };
  return inSpan({ name: `${route.method} ${template}`, kind: 'server', attributes, traceContext }, async (span) => {
    const response = await answer();
    const status = response.status ?? 200;
    span.setAttribute('http.response.status_code', status);
    if (status >= 500) failSpan(span, String(status));
    return response;
  });
}

/** Throws for the first route that is nameless, open without being on the list, there twice or hidden by another. */
function checkRoutes(routes: readonly Route[]): void {
  const names = new Set<string>();
  for (const route of routes) {
    if (!/^[A-Za-z][A-Za-z0-9]*$/.test(route.name)) throw new Error(`'${route.name}' is no name for a route.`);
    // Reached from plain JavaScript or by a cast only; an open route by oversight is worth a check at start.
    if ((route.role as string | undefined) === undefined) throw new Error(`Route ${route.name} has no role.`);
    if ((route.role === 'keyless') !== keylessNames.has(route.name)) {
      throw new Error(
        `Route ${route.name} is keyless in one place only: its role and the list of keyless routes differ.`,
      );
    }
    if (names.has(route.name.toLowerCase())) throw new Error(`Two routes are called ${route.name}.`);
    if (route.name.toLowerCase() >= unknownRouteName.toLowerCase()) {
      throw new Error(`Route ${route.name} comes after ${unknownRouteName} by name, which would hide it.`);
    }
    names.add(route.name.toLowerCase());
  }
  checkOverlaps(routes);
}

/**
 * The host gives a request that two templates match to the one whose function name sorts first, not to the more
 * specific one. Where two match, one of them would be hidden by the accident of its name.
 */
function checkOverlaps(routes: readonly Route[]): void {
  for (const [position, route] of routes.entries()) {
    const other = routes
      .slice(position + 1)
      .find((later) => later.method === route.method && sharesRequests(route.path, later.path));
    if (other !== undefined) throw new Error(`Routes ${route.name} and ${other.name} match the same requests.`);
  }
}
