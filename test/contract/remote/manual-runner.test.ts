/** The manual runner over tables in memory: what a person does is done by the test. */
import { createHash } from 'node:crypto';
import { createManualRunner } from '../../../src/remote/manual-runner.ts';
import { createMemoryTables } from '../../support/memory-tables.ts';
import { aCommand, describeRunnerContract } from '../../support/remote/runner-contract.ts';
import { createTableManualCommands } from '../../support/remote/table-manual-commands.ts';

const machine = { id: 'host', role: 'host', manual: true } as const;
const now = (): Date => new Date('2026-11-20T10:00:00Z');

describe('src/remote/manual-runner', () => {
  describe('as every runner', () => {
    describeRunnerContract(() => {
      const tables = createMemoryTables();
      const commands = createTableManualCommands(tables);
      return Promise.resolve({
        runner: createManualRunner({ commands, now }),
        machine,
        tellsExitCode: false,
        runs: async (id) => ((await commands.find('host', id)) === undefined ? 0 : 1),
        end: (id, { output = '' }) => commands.answer('host', id, output),
        loseAnswerToStart: () => {
          tables.setFault((write) => (write === 1 ? 'after' : undefined));
        },
        inTheOpen: () => JSON.stringify(tables.rows('ManualCommands')),
        isLeft: async (id) => (await commands.read('host', id))?.state !== 'closed',
        close: () => Promise.resolve(),
      });
    });
  });

  it('shows people the step, its mode, the script by its hash and the account by its name', async () => {
    const commands = createTableManualCommands(createMemoryTables());
    const command = aCommand(machine, { runAs: 'run-as-sql-admin' });

    await createManualRunner({ commands, now }).start(command);

    expect(await commands.find('host', command.id)).toEqual({
      id: command.id,
      machineId: 'host',
      step: 'P4',
      mode: 'apply',
      invocation: command.invocation,
      scriptSha256: createHash('sha256').update(command.script).digest('hex'),
      runAs: 'run-as-sql-admin',
      since: '2026-11-20T10:00:00.000Z',
    });
  });
});
