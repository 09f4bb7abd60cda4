import { z } from 'zod';
import type { ServiceResponse } from '../../platform/https-service.ts';
import type { ArmCall, ArmContext, OperationDefinition } from '../arm-call.ts';
import { refuseFormat } from '../arm-refusal.ts';
import type { StoredResource } from '../arm-state.ts';
import { usualMs } from '../durations.ts';
import { asObjects, asText, type JsonObject, propertiesOf, referenceOf } from '../json-object.ts';
import { acceptPut, preparePut, tagsSchema } from '../put-resource.ts';
import { sameId } from '../resource-id.ts';
import { checkNetworkName } from '../resource-names.ts';
import { failResource, listResources, requireResource, settleResource } from '../resource-store.ts';
import { checkPrefix } from './address-prefixes.ts';
import { withEtag } from './virtual-networks.ts';

const type = 'routeTables';

const routeTableSchema = z.looseObject({
  tags: tagsSchema.optional(),
  properties: z.looseObject({
    disableBgpRoutePropagation: z.boolean().optional(),
    routes: z
      .array(
        z.looseObject({
          name: z.string(),
          properties: z.looseObject({
            addressPrefix: z.string(),
            nextHopType: z.enum(['VirtualNetworkGateway', 'VnetLocal', 'Internet', 'VirtualAppliance', 'None']),
            nextHopIpAddress: z.string().optional(),
          }),
        }),
      )
      .max(400)
      .nullish(),
  }),
});

/** For others to make: no part of the application writes one. */
export function putRouteTable(context: ArmContext, call: ArmCall): ServiceResponse {
  const prepared = preparePut(context, call, type, routeTableSchema);
  const { subnets: _readOnly, ...given } = propertiesOf(prepared.body);
  const routes = asObjects(given['routes']);
  for (const route of routes) checkRoute(prepared.id, route);
  return acceptPut(context, call, {
    prepared,
    type,
    properties: { disableBgpRoutePropagation: false, ...given, routes },
    operation: 'PutRouteTableOperation',
    takesMs: usualMs.routeTable,
    retryAfterSeconds: 3,
    render: renderRouteTable,
  });
}

export function getRouteTable(context: ArmContext, call: ArmCall): ServiceResponse {
  return withEtag(renderRouteTable(context, requireResource(context, call, type)));
}

function checkRoute(tableId: string, route: JsonObject): void {
  checkNetworkName(asText(route['name']) ?? '');
  const { addressPrefix, nextHopType, nextHopIpAddress } = propertiesOf(route);
  checkPrefix(asText(addressPrefix) ?? '', `${tableId}/routes/${asText(route['name']) ?? ''}`);
  if ((nextHopType === 'VirtualAppliance') === (nextHopIpAddress !== undefined)) return;
  const message = `Next hop IP address goes with next hop type VirtualAppliance, and with no other. Route ${asText(route['name']) ?? ''} of ${tableId}.`;
  throw refuseFormat([{ code: 'RouteNextHopInvalid', message }]);
}

/** With the subnets that have it. */
function renderRouteTable(context: ArmContext, table: StoredResource): JsonObject {
  const subnets = listResources(context, 'virtualNetworks')
    .flatMap((network) => asObjects(propertiesOf(network.body)['subnets']))
    .filter((subnet) => sameId(referenceOf(propertiesOf(subnet), 'routeTable'), table.id))
    .map(({ id }) => ({ id }));
  if (subnets.length === 0) return table.body;
  return { ...table.body, properties: { ...propertiesOf(table.body), subnets } };
}

export const putRouteTableDefinition: OperationDefinition = { succeed: settleResource, fail: failResource };
