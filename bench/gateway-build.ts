/** What building a gateway costs beyond Azure's own time, at Azure's own pace, in stack time. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type ArmOperation, readArmOperations } from './arm-operations.ts';
import { type Section, sum } from './figures.ts';
import { type Call, readCalls } from './journal.ts';
import { type Stack, startStack } from './stack.ts';

const operationSchema = z.object({
  id: z.string(),
  status: z.string(),
  createdAt: z.iso.datetime(),
  steps: z.array(z.object({ endedAt: z.iso.datetime().optional() })),
});
type Operation = z.infer<typeof operationSchema>;

/** The clock stops at every timer and every end on its way, so the step does not show in what is measured. */
const clockStep = 'PT5M';
const clockStepsMax = 24;

export async function measureGatewayBuild(root: string): Promise<Section> {
  const stack = await startStack(root);
  try {
    const operation = await build(stack, join(root, 'examples', 'vnet1-powershell.json'));
    const calls = await readCalls(stack, 'arm');
    return toSection(operation, calls, await readArmOperations(stack, calls));
  } finally {
    await stack.stop();
  }
}

async function build(stack: Stack, planFile: string): Promise<Operation> {
  const plan: unknown = JSON.parse(await readFile(planFile, 'utf8'));
  const { id } = operationSchema.parse(await stack.api('POST', '/api/gateways', plan));
  for (let step = 0; step < clockStepsMax; step += 1) {
    await stack.control('POST', '/clock', { advance: clockStep });
    const operation = operationSchema.parse(await stack.api('GET', `/api/operations/${id}`));
    if (operation.status === 'succeeded') return operation;
    if (operation.status === 'failed') break;
  }
  throw new Error(`The gateway was not built: ${JSON.stringify(await stack.api('GET', `/api/operations/${id}`))}`);
}

function toSection(operation: Operation, calls: readonly Call[], armOperations: readonly ArmOperation[]): Section {
  const ends = operation.steps.map(({ endedAt }) => Date.parse(endedAt ?? operation.createdAt));
  const totalMs = Math.max(...ends) - Date.parse(operation.createdAt);
  const azureMs = sum(armOperations.map(({ takesMs }) => takesMs));
  const pollMs = sum(armOperations.map(({ pollIntervalMs }) => pollIntervalMs));
  const unseenMs = sum(armOperations.map((each) => each.unseenMs));
  const looks = sum(armOperations.map((each) => each.looks));
  const writes = calls.filter(({ method }) => !['GET', 'HEAD'].includes(method)).length;
  return {
    title: 'Building a gateway (stack time, speed 1)',
    figures: [
      {
        name: 'beyond Azure, less one poll interval per operation / Azure',
        value: ((totalMs - azureMs - pollMs) / azureMs) * 100,
        unit: '%',
        target: '<= 1',
      },
      {
        name: 'beyond Azure, less the time until each end was looked for / Azure',
        value: ((totalMs - azureMs - unseenMs) / azureMs) * 100,
        unit: '%',
      },
      { name: 'beyond Azure / Azure', value: ((totalMs - azureMs) / azureMs) * 100, unit: '%' },
      { name: 'whole build', value: totalMs / 1000, unit: 's' },
      { name: 'Azure’s long operations', value: azureMs / 1000, unit: 's' },
      { name: 'number of Azure’s long operations', value: armOperations.length, unit: '' },
      { name: 'calls to ARM', value: calls.length, unit: '' },
      { name: 'of these, writes and actions', value: writes, unit: '' },
      { name: 'of these, looks at a running operation', value: looks, unit: '' },
      { name: 'looks per hour of Azure’s time', value: looks / (azureMs / 3_600_000), unit: '/h' },
    ],
  };
}
