import { z } from 'zod';
import { problemCodes } from '../../../../src/domain/problem-codes.ts';
import { ownerRoutes } from '../../../../src/functions/certificates/owners.ts';
import { operationRoutes, type OperationRoutesOptions } from '../../../../src/functions/operations/operations.ts';
import { apiKeyRoutes } from '../../../../src/functions/requests/api-keys.ts';
import { openApiRoutes } from '../../../../src/functions/requests/openapi.ts';
import type { Owners } from '../../../../src/services/certificates/owners.ts';
import { createTestApi } from '../../../support/test-route.ts';

type Json = Readonly<Record<string, unknown>>;

async function readDocument(): Promise<Json> {
  const api = await createTestApi();
  const routes = [
    ...apiKeyRoutes({ apiKeys: api.apiKeys }),
    ...operationRoutes({} as OperationRoutesOptions),
    ...ownerRoutes({ owners: {} as Owners }),
  ];
  const [getOpenApi] = openApiRoutes(routes, '1.2.3');
  if (getOpenApi === undefined) throw new Error('there is no route for the document');
  const answer = await api.ask(getOpenApi, { as: 'nobody' });
  expect(answer.status).toBe(200);
  return answer.json;
}

function at(document: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => (value as Json | undefined)?.[name], document);
}

describe('src/functions/requests/openapi', () => {
  it('describes every route, itself among them', async () => {
    const document = await readDocument();

    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'Gatehouse', version: '1.2.3' } });
    expect(Object.keys(at(document, 'paths') as Json).sort()).toEqual([
      '/api/api-keys',
      '/api/api-keys/{id}',
      '/api/openapi.json',
      '/api/operations',
      '/api/operations/{id}',
      '/api/operations/{id}/approve',
      '/api/operations/{id}/cancel',
      '/api/operations/{id}/reject',
      '/api/operations/{id}/remove',
      '/api/operations/{id}/result',
      '/api/operations/{id}/resume',
      '/api/owners',
      '/api/owners/{id}',
      '/api/owners/{id}/reopen',
    ]);
    expect(at(document, 'paths', '/api/openapi.json', 'get')).toMatchObject({ security: [] });
  });

  it('says of a route its parameters, body, role and answers', async () => {
    const document = await readDocument();

    expect(at(document, 'paths', '/api/owners/{id}', 'put')).toMatchObject({
      operationId: 'putOwner',
      'x-gatehouse-role': 'requester',
      parameters: [
        { name: 'id', in: 'path', required: true, schema: { type: 'string', pattern: '^[a-z0-9-]{1,63}$' } },
        { name: 'Idempotency-Key', in: 'header' },
      ],
      requestBody: {
        required: true,
        content: {
          'application/json': { schema: { type: 'object', additionalProperties: false, required: ['email'] } },
        },
      },
      responses: {
        200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Owner' } } } },
        default: { content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } },
      },
    });
    const list = at(document, 'paths', '/api/operations', 'get', 'parameters') as readonly Json[];
    expect(list.map(({ name, required }) => `${String(name)} ${String(required)}`)).toEqual([
      'kind false',
      'status false',
      'target false',
      'top false',
      'continuation false',
    ]);
  });

  it('refers only to components that it holds', async () => {
    const document = await readDocument();
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, target]) => target ?? '');

    expect(references.length).toBeGreaterThan(10);
    for (const reference of new Set(references)) {
      expect(reference).toMatch(/^#\/components\/schemas\//);
      expect(at(document, 'components', 'schemas', reference.slice('#/components/schemas/'.length))).toBeDefined();
    }
  });

  it('holds schemas that are JSON Schema', async () => {
    const document = await readDocument();
    const schemas = Object.values(at(document, 'components', 'schemas') as Json);

    const form = z.union([
      z.looseObject({ type: z.literal('object') }),
      z.looseObject({ type: z.literal('string'), enum: z.array(z.string()) }),
    ]);

    for (const schema of schemas) expect(form.safeParse(schema).success).toBe(true);
  });

  it('lists every code of a problem, and calls what an operation waits for and asks by their names', async () => {
    const schemas = at(await readDocument(), 'components', 'schemas') as Json;

    expect(at(schemas, 'ProblemCode', 'enum')).toEqual(Object.keys(problemCodes));
    expect(at(schemas, 'Operation', 'properties', 'waitingFor', '$ref')).toMatch(/\/OperationWaitingFor$/);
    expect(at(schemas, 'Operation', 'properties', 'approvals', 'items', '$ref')).toMatch(/\/OperationApproval$/);
    expect(Object.keys(schemas)).not.toContain('OperationGate');
  });
});
