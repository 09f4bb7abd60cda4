import type { HttpFunctionOptions } from '@azure/functions';
import { defineRoute } from '../../../../src/functions/http/define-route.ts';
import { registerRoutes } from '../../../../src/functions/http/register-routes.ts';
import type { Route } from '../../../../src/functions/http/route.ts';
import { createTestApi } from '../../../support/test-route.ts';

function aRoute(change: Partial<Route> = {}): Route {
  const route = defineRoute({
    name: 'getThing',
    method: 'GET',
    path: 'things/{id}',
    action: 'thing.read',
    role: 'reader',
    summary: 'Reads a thing.',
    responses: { 200: undefined },
    handler: () => Promise.resolve({ status: 200 }),
  });
  return { ...route, ...change };
}

/** Registers with a host that keeps nothing. */
async function start(routes: readonly Route[]): Promise<void> {
  const { services } = await createTestApi();
  registerRoutes({
    app: { http: () => undefined },
    routes,
    services,
    durableClient: { type: 'durableClient', name: 'client' },
  });
}

describe('src/functions/http/register-routes', () => {
  it('registers each route for the host, with the durable client and without its key check', async () => {
    const { services } = await createTestApi();
    const registered: [string, HttpFunctionOptions][] = [];
    const durableClient = { type: 'durableClient', name: 'client' };

    registerRoutes({
      app: { http: (name, options) => registered.push([name, options]) },
      routes: [aRoute(), aRoute({ name: 'putThing', method: 'PUT' })],
      services,
      durableClient,
    });

    expect(
      registered.map(([name, { methods, route, authLevel, extraInputs }]) => ({
        name,
        methods,
        route,
        authLevel,
        extraInputs,
      })),
    ).toEqual([
      {
        name: 'getThing',
        methods: ['GET'],
        route: 'things/{id}',
        authLevel: 'anonymous',
        extraInputs: [durableClient],
      },
      {
        name: 'putThing',
        methods: ['PUT'],
        route: 'things/{id}',
        authLevel: 'anonymous',
        extraInputs: [durableClient],
      },
      {
        name: 'zzUnknownRoute',
        methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'],
        route: '{*path}',
        authLevel: 'anonymous',
        extraInputs: undefined,
      },
    ]);
  });

  const roleless = Object.fromEntries(Object.entries(aRoute()).filter(([name]) => name !== 'role')) as unknown as Route;

  it.each([
    ['a route without a role', [roleless], 'no role'],
    ['a keyless route that is not on the list', [aRoute({ role: 'keyless' })], 'keyless'],
    ['a listed keyless route that asks for a key', [aRoute({ name: 'getHealth' })], 'keyless'],
    ['a name that the host refuses', [aRoute({ name: 'get thing' })], 'no name'],
    ['a name that sorts after the route for all others', [aRoute({ name: 'zzz' })], 'would hide it'],
    ['one name twice', [aRoute(), aRoute({ name: 'GETTHING', path: 'others' })], 'Two routes'],
    [
      'two templates for one request',
      [aRoute(), aRoute({ name: 'getRecent', path: 'things/recent' })],
      'same requests',
    ],
    [
      'templates that differ in case only',
      [aRoute({ path: 'a/b' }), aRoute({ name: 'x', path: 'A/B' })],
      'same requests',
    ],
  ])('refuses to start with %s', async (_name, routes, fault) => {
    await expect(start(routes)).rejects.toThrow(fault);
  });

  it('accepts templates that no request matches both of', async () => {
    const routes = [
      aRoute(),
      aRoute({ name: 'postRecent', method: 'POST', path: 'things/recent' }),
      aRoute({ name: 'getPart', path: 'things/{id}/parts' }),
      aRoute({ name: 'getOther', path: 'others/{id}' }),
    ];

    await expect(start(routes)).resolves.toBeUndefined();
  });
});
