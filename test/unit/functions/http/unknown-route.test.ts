import { HttpRequest, type HttpResponseInit, InvocationContext } from '@azure/functions';
import { defineRoute } from '../../../../src/functions/http/define-route.ts';
import type { Route } from '../../../../src/functions/http/route.ts';
import { registerUnknownRoute, unknownRouteName } from '../../../../src/functions/http/unknown-route.ts';

function aRoute(method: Route['method'], path: string): Route {
  return defineRoute({
    name: 'aRoute',
    method,
    path,
    action: 'thing.read',
    role: 'reader',
    summary: 'A route.',
    responses: { 200: undefined },
    handler: () => Promise.resolve({ status: 200 }),
  });
}

const routes = [aRoute('GET', 'things/{id}'), aRoute('DELETE', 'things/{id}'), aRoute('GET', 'things')];

async function ask(method: string, path: string): Promise<HttpResponseInit> {
  const handlers: ((request: HttpRequest, context: InvocationContext) => unknown)[] = [];
  registerUnknownRoute({ http: (_name, options) => handlers.push(options.handler) }, routes);
  const request = new HttpRequest({ method, url: `https://gatehouse.invalid/api/${path}`, params: { path } });
  const context = new InvocationContext({ functionName: unknownRouteName, invocationId: 'one' });
  return (await handlers[0]?.(request, context)) as HttpResponseInit;
}

describe('src/functions/http/unknown-route', () => {
  it.each(['', 'thing', 'things/one/two', 'things//'])('says that there is no route at "%s"', async (path) => {
    const answer = await ask('GET', path);

    expect(answer).toMatchObject({
      status: 404,
      headers: { 'content-type': 'application/problem+json; charset=utf-8', 'x-request-id': 'one' },
    });
    expect(answer.headers).not.toHaveProperty('allow');
    expect(JSON.parse(answer.body as string)).toMatchObject({
      code: 'ERR_NOT_FOUND',
      detail: 'There is no such route: GET /api/openapi.json lists all of them.',
      instance: 'urn:gatehouse:request:one',
    });
  });

  it.each([
    ['PUT', 'things/one', 'DELETE, GET'],
    ['POST', 'Things/', 'GET'],
    ['HEAD', 'things/one', 'DELETE, GET'],
  ])('names what a route takes when it is asked to %s %s', async (method, path, allow) => {
    const answer = await ask(method, path);

    expect(answer).toMatchObject({ status: 405, headers: { allow } });
    expect(JSON.parse(answer.body as string)).toMatchObject({
      code: 'ERR_METHOD_NOT_ALLOWED',
      detail: `This route does not take ${method}, but ${allow}.`,
    });
  });
});
