import type { ManualCommand, ManualCommands, ManualCommandState } from '../../../src/ports/manual-commands.ts';
import type { RowKeys, Tables } from '../../../src/ports/tables.ts';

const table = 'ManualCommands';

export interface TableManualCommands extends ManualCommands {
  /** What a person does who has run the command. */
  answer(machineId: string, id: string, output: string): Promise<void>;
  find(machineId: string, id: string): Promise<ManualCommand | undefined>;
}

/** The port on tables, no more than a runner needs of it. */
export function createTableManualCommands(tables: Tables): TableManualCommands {
  const keysOf = (machineId: string, id: string): RowKeys => ({ partitionKey: machineId, rowKey: id });

  async function setState(machineId: string, id: string, state: ManualCommandState): Promise<void> {
    const keys = keysOf(machineId, id);
    const row = await tables.get(table, keys);
    if (row !== undefined) await tables.upsert(table, keys, { ...row.columns, stateJson: JSON.stringify(state) });
  }

  return {
    open: async (command) => {
      const columns = { commandJson: JSON.stringify(command), stateJson: JSON.stringify({ state: 'open' }) };
      await tables.insert(table, keysOf(command.machineId, command.id), columns);
    },
    read: async (machineId, id) => {
      const row = await tables.get(table, keysOf(machineId, id));
      return row === undefined ? undefined : (JSON.parse(String(row.columns['stateJson'])) as ManualCommandState);
    },
    find: async (machineId, id) => {
      const row = await tables.get(table, keysOf(machineId, id));
      return row === undefined ? undefined : (JSON.parse(String(row.columns['commandJson'])) as ManualCommand);
    },
    answer: (machineId, id, output) => setState(machineId, id, { state: 'answered', output }),
    close: (machineId, id) => setState(machineId, id, { state: 'closed' }),
  };
}
