/** The doors of the on-premises part over a desk in memory, with a stack and the machines of a connector. */
import { createBooks } from '../../src/stores/stores.ts';
import { createGatewayStories } from '../../src/services/gateways/gateways.ts';
import { connectorRoutes } from '../../src/functions/on-premises/connectors.ts';
import type { Route } from '../../src/functions/http/route.ts';
import { machineRoutes } from '../../src/functions/on-premises/machines.ts';
import { operationRoutes } from '../../src/functions/operations/operations.ts';
import { stackRoutes } from '../../src/functions/on-premises/stacks.ts';
import { storyActions } from '../../src/functions/operations/operation-actions.ts';
import { vpnAccessRoutes } from '../../src/functions/on-premises/vpn-access.ts';
import { aStack, connectorMachines, createOnPremisesDesk, type OnPremisesDesk } from './on-premises-services.ts';
import { createTestDoors, type DoorAnswer, type DoorRequest } from './test-route.ts';

export interface OnPremisesDoors {
  readonly ask: (name: string, request?: DoorRequest) => Promise<DoorAnswer>;
  readonly desk: OnPremisesDesk;
  readonly routes: readonly Route[];
}

export async function openOnPremisesDoors(): Promise<OnPremisesDoors> {
  const doors = await createTestDoors();
  const desk = createOnPremisesDesk(doors.tables);
  await aStack(desk);
  await connectorMachines(desk);
  const { claims, operations, now } = desk;
  const stories = createGatewayStories({ books: createBooks(doors.tables), claims, operations, now });
  const kits = {
    offer: () => Promise.resolve({ kind: 'windows', token: 't', url: '/d/t', expiresAt: '2026-03-02T12:00:00.000Z' }),
    withdraw: () => Promise.resolve(),
  };
  const routes: readonly Route[] = [
    ...machineRoutes(desk),
    ...stackRoutes(desk),
    ...vpnAccessRoutes({ ...desk, kits }),
    ...connectorRoutes(desk),
    ...operationRoutes({
      operations: desk.operations,
      standing: desk.standing,
      actions: storyActions({ stories, operations: desk.operations, machineStories: desk.stories }),
    }),
  ];
  return {
    desk,
    routes,
    ask: (name, request) => {
      const route = routes.find((candidate) => candidate.name === name);
      if (route === undefined) throw new Error(`there is no door ${name}`);
      return doors.ask(route, request);
    },
  };
}

export function pathsOf({ json }: DoorAnswer): readonly string[] {
  return ((json['errors'] ?? []) as readonly { readonly path: string }[]).map(({ path }) => path);
}
