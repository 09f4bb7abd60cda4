import { z } from 'zod';
import { gatewayFactsSchema, pointToSiteSchema } from '../../domain/inventory/gateway-facts.ts';
import { inventoryFindingSchema } from '../../domain/inventory/inventory-finding.ts';
import { operationViewSchema } from '../../domain/operation.ts';

const slotsSchema = z.object({ used: z.int(), limit: z.int() });

const inventorySessionsSchema = z
  .object({
    askedAt: z.iso.datetime(),
    notLookedAt: z.string().optional().meta({ description: 'Why nobody knows who was connected.' }),
    total: z.int(),
    byName: z.array(z.object({ name: z.string(), count: z.int() })).meta({ description: 'By common name.' }),
    furtherNames: z.int().meta({ description: 'How many names are left out of `byName`.' }),
    unreadable: z.int().meta({ description: 'Sessions of which Azure gives no name.' }),
  })
  .meta({ id: 'InventorySessions', description: 'Who was connected: Azure itself counts every five minutes.' });

const inventoryGatewaySchema = z
  .object({
    resourceId: z.string(),
    name: z.string(),
    resourceGroup: z.string(),
    subscriptionId: z.string(),
    gatewayId: z.string().optional().meta({ description: 'Its id here, where it is registered.' }),
    lookedAt: z.iso.datetime(),
    notLookedAt: z.string().optional().meta({ description: 'Why nothing more is said of it.' }),
    ...gatewayFactsSchema.omit({ publicIpAddressIds: true, pointToSite: true }).partial().shape,
    publicIpAddresses: z
      .array(z.object({ id: z.string(), sku: z.string().optional() }))
      .optional()
      .meta({ description: '`sku` is absent where it was not seen.' }),
    pointToSite: pointToSiteSchema
      .extend({ rootSlots: slotsSchema, revocationSlots: slotsSchema })
      .optional()
      .meta({ description: 'Absent where nobody can come in.' }),
    sessions: inventorySessionsSchema.optional(),
    findings: z.array(inventoryFindingSchema).meta({ description: 'The worst first.' }),
  })
  .meta({ id: 'InventoryGateway' });
export type InventoryGateway = z.infer<typeof inventoryGatewaySchema>;

/** What the last scan saw, and what it did not see. */
export const inventorySchema = z
  .object({
    scan: z
      .object({
        operationId: z.string(),
        startedAt: z.iso.datetime(),
        finishedAt: z.iso.datetime(),
        requestedBy: z.string(),
        sessions: z.boolean().meta({ description: 'Whether it asked who was connected.' }),
        onlyNamed: z
          .boolean()
          .meta({ description: 'Whether it looked at the subscriptions named in its order, and at no others.' }),
      })
      .optional()
      .meta({ description: 'The last scan that ended well; absent where none has.' }),
    running: operationViewSchema.optional().meta({ description: 'A scan that is under way.' }),
    subscriptions: z.array(
      z.object({ id: z.string(), name: z.string(), gateways: z.int(), notLookedAt: z.string().optional() }),
    ),
    notSeen: z.array(z.object({ id: z.string(), why: z.string() })).meta({
      description:
        'What the scan did not see: ids of subscriptions (`/subscriptions`: all that were not named), gateways, public addresses.',
    }),
    expressRouteGateways: z.int().meta({ description: 'They let no clients in and are not listed.' }),
    gateways: z.array(inventoryGatewaySchema),
  })
  .meta({ id: 'Inventory' });
export type Inventory = z.infer<typeof inventorySchema>;
