import type { Parts } from '../../src/composition/host.ts';
import { allRoutes } from '../../src/composition/routes.ts';
import { createTestApi } from './test-route.ts';

/** A route, as the OpenAPI document describes it. */
export interface DescribedRoute {
  readonly method: string;
  /** With `/api`. */
  readonly path: string;
  /** The least role that may; undefined where no key is needed. */
  readonly role: string | undefined;
  readonly summary: string;
  readonly tag: string;
}

interface Operation {
  readonly summary: string;
  readonly tags: readonly string[];
  readonly 'x-gatehouse-role'?: string;
}

/** Every route of the application, read from its OpenAPI document as a caller reads it. */
export async function readDescribedRoutes(): Promise<readonly DescribedRoute[]> {
  // Nobody calls another route than that of the document, which needs no service.
  const parts = { core: {}, certificates: {}, gateways: {}, onPremises: {} } as unknown as Parts;
  const getOpenApi = allRoutes(parts).find(({ name }) => name === 'getOpenApi');
  if (getOpenApi === undefined) throw new Error('there is no route for the document');
  const { json } = await (await createTestApi()).ask(getOpenApi);
  const paths = json['paths'] as Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { summary, tags, 'x-gatehouse-role': role }]) => ({
      method: method.toUpperCase(),
      path,
      role,
      summary,
      tag: tags.join(),
    })),
  );
}
