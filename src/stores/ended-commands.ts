import { z } from 'zod';
import type { Tables } from '../ports/tables.ts';
import { createStore } from './store.ts';

const endedCommandSchema = z.object({ operationId: z.string(), name: z.string() });

/**
 * What of an operation's commands is over on their machines, so that an activity which runs late or twice begins none
 * of them again. A name is a command's, or that of a step's instance: then all of its commands are over.
 */
export interface EndedCommands {
  add(operationId: string, name: string): Promise<void>;
  hasAny(operationId: string, names: readonly string[]): Promise<boolean>;
  /** Once the operation has ended, it says itself that nothing of it begins any more. */
  removeAll(operationId: string): Promise<void>;
}

export function createEndedCommands({ tables }: { readonly tables: Tables }): EndedCommands {
  const store = createStore(tables, {
    table: 'EndedCommands',
    schema: endedCommandSchema,
    keys: ({ operationId, name }) => ({ partitionKey: operationId, rowKey: name }),
  });

  return {
    add: async (operationId, name) => {
      await store.insert({ operationId, name });
    },
    hasAny: async (operationId, names) => {
      const found = await Promise.all(names.map((name) => store.get({ partitionKey: operationId, rowKey: name })));
      return found.some((stored) => stored !== undefined);
    },
    removeAll: async (operationId) => {
      for (const { record } of await store.list(operationId)) await store.remove(record);
    },
  };
}
