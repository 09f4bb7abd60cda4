import { z } from 'zod';
import { stepAnswerSchema } from '../../contracts/on-premises/remote-step.ts';
import { checkMachineSteps } from '../../contracts/on-premises/vpn-access.ts';
import { AppError } from '../../domain/app-error.ts';
import { machineSchema } from '../../domain/machine.ts';
import { operationViewSchema } from '../../domain/operation.ts';
import type { Machines } from '../../services/on-premises/machines.ts';
import type { ManualCommandRows } from '../../services/on-premises/manual-commands.ts';
import type { Procedures } from '../../services/on-premises/procedures.ts';
import type { Operations } from '../../services/operations/operations.ts';
import type { MachineRecord } from '../../stores/records/on-premises.ts';
import { accepted } from '../http/accepted-operation.ts';
import { defineRoute } from '../http/define-route.ts';
import type { Route } from '../http/route.ts';
import { slugParams, slugSchema } from '../http/slug-schema.ts';

export interface MachineRoutesOptions {
  readonly machines: Machines;
  readonly manualCommands: ManualCommandRows;
  readonly procedures: Procedures;
  readonly operations: Pick<Operations, 'view'>;
}

const tags = ['Machines'];
const machineViewSchema = z.object({ ...machineSchema.shape, createdAt: z.string(), updatedAt: z.string() });
const commandParams = z.strictObject({
  id: slugSchema,
  commandId: z.string().regex(/^[a-z0-9-]{1,100}$/),
});
const shownCommandSchema = z
  .object({
    id: z.string(),
    machineId: z.string(),
    step: z.string(),
    title: z.string(),
    mode: z.string(),
    since: z.string(),
    scriptSha256: z.string(),
    runAsSecret: z.string().optional(),
    commandLine: z.string().meta({ description: 'To be typed, elevated, where the script was saved as command.ps1.' }),
  })
  .meta({ id: 'MachineCommand' });
/** A data file in an answer is some tens of thousands of characters. */
const answerLengthMax = 256 * 1024;

/** Machines, and the commands that people run on those that nothing else reaches. */
export function machineRoutes(options: MachineRoutesOptions): readonly Route[] {
  return [...registerRoutes(options), checkRoute(options), ...commandRoutes(options)];
}

function registerRoutes({ machines }: MachineRoutesOptions): readonly Route[] {
  return [
    defineRoute({
      name: 'putMachine',
      method: 'POST',
      path: 'machines',
      action: 'machine.put',
      role: 'administrator',
      summary: 'Registers a machine, or replaces how it is reached.',
      tags,
      request: { body: machineSchema },
      responses: { 201: machineViewSchema },
      handler: async ({ body }) => ({ status: 201, body: await machines.put(body) }),
    }),
    defineRoute({
      name: 'listMachines',
      method: 'GET',
      path: 'machines',
      action: 'machine.list',
      role: 'reader',
      summary: 'Lists the machines.',
      tags,
      responses: { 200: z.object({ items: z.array(machineViewSchema) }) },
      handler: async () => ({ status: 200, body: { items: await machines.list() } }),
    }),
    defineRoute({
      name: 'getMachine',
      method: 'GET',
      path: 'machines/{id}',
      action: 'machine.read',
      role: 'reader',
      summary: 'Shows how a machine is reached.',
      tags,
      request: { params: slugParams },
      responses: { 200: machineViewSchema },
      handler: async ({ params }) => ({ status: 200, body: await requireMachine(machines, params.id) }),
    }),
    defineRoute({
      name: 'removeMachine',
      method: 'DELETE',
      path: 'machines/{id}',
      action: 'machine.remove',
      role: 'administrator',
      summary: 'Removes the registration of a machine; refused while something needs it.',
      tags,
      request: { params: slugParams },
      responses: { 204: undefined },
      handler: async ({ params }) => {
        await machines.remove(params.id);
        return { status: 204 };
      },
    }),
  ];
}

function checkRoute({ machines, procedures, operations }: MachineRoutesOptions): Route {
  return defineRoute({
    name: 'startMachineCheck',
    method: 'POST',
    path: 'machines/{id}/check',
    action: 'machine.check',
    role: 'operator',
    summary: 'Checks which machine answers, and as which account. Changes nothing there.',
    tags,
    request: { params: slugParams },
    responses: { 202: operationViewSchema },
    handler: async ({ params, caller, orchestrations, operationId }) => {
      await requireMachine(machines, params.id);
      const operation = await procedures.begin({
        kind: 'checkMachine',
        target: params.id,
        operationId: operationId(),
        requestedBy: caller.id,
        orchestrations,
        steps: checkMachineSteps,
        claims: [],
      });
      return accepted(operations, operation.id);
    },
  });
}

function commandRoutes({ machines, manualCommands }: MachineRoutesOptions): readonly Route[] {
  return [
    defineRoute({
      name: 'listMachineCommands',
      method: 'GET',
      path: 'machines/{id}/commands',
      action: 'machine.listCommands',
      role: 'operator',
      summary: 'Lists the commands that people have to run on a machine now.',
      tags,
      request: { params: slugParams },
      responses: { 200: z.object({ items: z.array(shownCommandSchema) }) },
      handler: async ({ params }) => {
        await requireMachine(machines, params.id);
        return { status: 200, body: { items: await manualCommands.listOpen(params.id) } };
      },
    }),
    defineRoute({
      name: 'getMachineCommandScript',
      method: 'GET',
      path: 'machines/{id}/commands/{commandId}/script',
      action: 'machine.readScript',
      role: 'operator',
      summary: 'The script of a command, to be saved as command.ps1. It asks for the secrets that it needs.',
      tags,
      request: { params: commandParams },
      responses: { 200: undefined },
      handler: async ({ params }) => ({
        status: 200,
        bytes: {
          content: await manualCommands.script(params.id, params.commandId),
          contentType: 'text/plain; charset=us-ascii',
        },
        headers: { 'content-disposition': 'attachment; filename="command.ps1"' },
      }),
    }),
    defineRoute({
      name: 'answerMachineCommand',
      method: 'POST',
      path: 'machines/{id}/commands/{commandId}/answer',
      action: 'machine.answer',
      role: 'operator',
      summary:
        'Takes the last line that the script wrote as the answer of the command; the procedure continues with it.',
      tags,
      secretFields: ['/answer'],
      request: { params: commandParams, body: z.strictObject({ answer: z.string().min(1).max(answerLengthMax) }) },
      responses: { 200: stepAnswerSchema },
      handler: async ({ params, body, caller, orchestrations }) => {
        const answer = { text: body.answer, by: caller.id };
        return { status: 200, body: await manualCommands.answer(params.id, params.commandId, answer, orchestrations) };
      },
    }),
  ];
}

async function requireMachine(machines: Machines, id: string): Promise<MachineRecord> {
  const machine = await machines.get(id);
  if (machine === undefined) throw new AppError('ERR_NOT_FOUND', `There is no machine ${id}.`);
  return machine;
}
