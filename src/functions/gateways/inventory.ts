import { z } from 'zod';
import { AppError } from '../../domain/app-error.ts';
import { operationViewSchema } from '../../domain/operation.ts';
import type { ReportInventory } from '../../services/gateways/inventory-report.ts';
import type { InventoryScans } from '../../services/gateways/inventory-scans.ts';
import { type Inventory, inventorySchema } from '../../services/gateways/inventory-view.ts';
import type { Operations } from '../../services/operations/operations.ts';
import { accepted } from '../http/accepted-operation.ts';
import { preferredFormat } from '../http/answer-format.ts';
import { defineRoute } from '../http/define-route.ts';
import { listAnswer } from '../http/list-answer.ts';
import type { Route, RouteAnswer } from '../http/route.ts';
import { inventoryColumns, inventoryLines } from './inventory-lines.ts';
import { inventoryPage, inventoryPageHeaders } from './inventory-page.ts';

export interface InventoryRoutesOptions {
  readonly operations: Pick<Operations, 'view'>;
  readonly inventoryScans: Pick<InventoryScans, 'begin'>;
  readonly reportInventory: ReportInventory;
}

const tags = ['Gateways'];
const subscriptionsMax = 1000;
const formats = ['json', 'csv', 'html'] as const;
type Format = (typeof formats)[number];

const formatsByType: ReadonlyMap<string, Format> = new Map([
  ['application/json', 'json'],
  ['text/csv', 'csv'],
  ['text/html', 'html'],
]);

const orderSchema = z
  .strictObject({
    subscriptions: z
      .array(z.guid().transform((id) => id.toLowerCase()))
      .min(1)
      .max(subscriptionsMax)
      .optional()
      .meta({ description: 'Ids; all that the identity may see if not given.' }),
    sessions: z.boolean().default(false).meta({
      description:
        'Whether Azure is asked who is connected: a call for each gateway that needs more than the right to read.',
    }),
  })
  .default({ sessions: false });

export function inventoryRoutes(options: InventoryRoutesOptions): readonly Route[] {
  return [getInventory(options), startScan(options)];
}

function getInventory({ reportInventory }: InventoryRoutesOptions): Route {
  return defineRoute({
    name: 'getInventory',
    method: 'GET',
    path: 'inventory',
    action: 'inventory.get',
    role: 'reader',
    summary: 'Every VPN gateway that the last scan saw, what will break on it when, and what was not seen.',
    tags,
    request: {
      query: z.strictObject({
        format: z.enum(formats).optional().meta({
          description:
            'json, csv (a line for each finding) or html (a page to print); as the header Accept says if not given.',
        }),
      }),
    },
    responses: { 200: inventorySchema },
    handler: async ({ query, headers, now }) => {
      const inventory = await reportInventory();
      if (inventory === undefined) {
        throw new AppError('ERR_NOT_FOUND', 'No scan has been made yet. Start one: POST /api/inventory-scans.');
      }
      return render(inventory, query.format ?? preferredFormat(headers, formatsByType) ?? 'json', now);
    },
  });
}

function render(inventory: Inventory, format: Format, now: Date): RouteAnswer {
  if (format === 'json') return { status: 200, body: inventory };
  if (format === 'csv') {
    const options = { fileStem: 'gatehouse-inventory', columns: inventoryColumns };
    return listAnswer({ items: inventoryLines(inventory) }, 'csv', options);
  }
  const bytes = { content: inventoryPage(inventory, now), contentType: 'text/html; charset=utf-8' };
  return { status: 200, bytes, headers: inventoryPageHeaders };
}

function startScan({ operations, inventoryScans }: InventoryRoutesOptions): Route {
  return defineRoute({
    name: 'startInventoryScan',
    method: 'POST',
    path: 'inventory-scans',
    action: 'inventory.scan',
    role: 'operator',
    summary: 'Looks at every VPN gateway that the identity may read, and changes nothing. One scan at a time.',
    tags,
    request: { body: orderSchema },
    responses: { 202: operationViewSchema },
    handler: async ({ body, caller, operationId, orchestrations }) => {
      const { subscriptions, sessions } = body;
      const order = {
        sessions,
        ...(subscriptions === undefined ? {} : { subscriptions: [...new Set(subscriptions)] }),
      };
      const request = { operationId: operationId(), requestedBy: caller.id, orchestrations };
      const { id } = await inventoryScans.begin(order, request);
      return accepted(operations, id);
    },
  });
}
