/** The routes of the on-premises part over services in memory, with a stack and the machines of a connector. */
import type { Route } from '../../src/functions/http/route.ts';
import { connectorRoutes } from '../../src/functions/on-premises/connectors.ts';
import { machineRoutes } from '../../src/functions/on-premises/machines.ts';
import { stackRoutes } from '../../src/functions/on-premises/stacks.ts';
import { vpnAccessRoutes } from '../../src/functions/on-premises/vpn-access.ts';
import { operationActions } from '../../src/functions/operations/operation-actions.ts';
import { operationRoutes } from '../../src/functions/operations/operations.ts';
import { createGatewayOperations } from '../../src/services/gateways/gateways.ts';
import { createStores } from '../../src/stores/stores.ts';
import {
  aStack,
  connectorMachines,
  createOnPremisesServices,
  type OnPremisesServices,
} from './on-premises-services.ts';
import { type ApiAnswer, type ApiRequest, createTestApi } from './test-route.ts';

export interface OnPremisesApi {
  readonly ask: (name: string, request?: ApiRequest) => Promise<ApiAnswer>;
  readonly services: OnPremisesServices;
  readonly routes: readonly Route[];
}

export async function openOnPremisesApi(): Promise<OnPremisesApi> {
  const api = await createTestApi();
  const services = createOnPremisesServices(api.tables);
  await aStack(services);
  await connectorMachines(services);
  const { claims, operations, now } = services;
  const gatewayOperations = createGatewayOperations({ stores: createStores(api.tables), claims, operations, now });
  const kits = {
    offer: () => Promise.resolve({ kind: 'windows', token: 't', url: '/d/t', expiresAt: '2026-03-02T12:00:00.000Z' }),
    withdraw: () => Promise.resolve(),
  };
  const routes: readonly Route[] = [
    ...machineRoutes(services),
    ...stackRoutes(services),
    ...vpnAccessRoutes({ ...services, kits }),
    ...connectorRoutes(services),
    ...operationRoutes({
      operations: services.operations,
      standing: services.standing,
      actions: operationActions({
        gatewayOperations,
        operations: services.operations,
        procedures: services.procedures,
      }),
    }),
  ];
  return {
    services,
    routes,
    ask: (name, request) => {
      const route = routes.find((candidate) => candidate.name === name);
      if (route === undefined) throw new Error(`there is no route ${name}`);
      return api.ask(route, request);
    },
  };
}

export function pathsOf({ json }: ApiAnswer): readonly string[] {
  return ((json['errors'] ?? []) as readonly { readonly path: string }[]).map(({ path }) => path);
}
