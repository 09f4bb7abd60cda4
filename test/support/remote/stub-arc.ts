/**
 * Resource Manager's run commands of one connected machine, in memory: as strict as the ArmRest port tells about, with
 * answers that a test asks for, and append blobs beside it. What is GET never holds a password.
 */
import type { JsonObject } from '../../../src/domain/json.ts';
import type { Machine } from '../../../src/domain/machine.ts';
import type { ArmAnswer } from '../../../src/ports/arm.ts';
import type { ArmRest } from '../../../src/ports/arm-rest.ts';
import type { CommandOutputs } from '../../../src/ports/command-outputs.ts';
import { type CommandEnd, createStubCommands, type StubCommands } from './stub-commands.ts';

export interface StubArc {
  readonly machine: Machine;
  readonly arm: ArmRest;
  readonly outputs: CommandOutputs;
  readonly commands: StubCommands;
  readonly blobs: Map<string, string>;
  /** Method and address of every call, oldest first. */
  readonly calls: readonly string[];
  /** What the machine's resource says in `properties.status`. */
  status: string;
  /** The next call of this method is answered so; `lost`: it takes effect and its answer does not come. */
  answerNext(method: 'GET' | 'LIST' | 'PUT' | 'DELETE', answer: ArmAnswer<never> | 'lost'): void;
  /** What Azure's operation says of the command that was put last. */
  operationError: { readonly code: string; readonly message: string } | undefined;
  /** Fields of `instanceView` and `provisioningState` as they are from now on. */
  show(id: string, instanceView: JsonObject, provisioningState?: string): void;
  /** Ends a command as Azure shows it: 4 KB of each stream, all of it in the blobs. */
  end(id: string, end: Partial<CommandEnd>): void;
  /** What anybody with the right to read sees. */
  resources(): string;
}

const resourceId =
  '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/machines/providers/Microsoft.HybridCompute/machines/host';

export function createStubArc(): StubArc {
  const commands = createStubCommands();
  const resources = new Map<string, JsonObject>();
  const blobs = new Map<string, string>();
  const calls: string[] = [];
  const answers: { readonly method: string; readonly answer: ArmAnswer<never> | 'lost' }[] = [];
  const stub: Pick<StubArc, 'status' | 'operationError'> = { status: 'Connected', operationError: undefined };

  function call<T>(method: string, id: string, work: () => ArmAnswer<T>): Promise<ArmAnswer<T>> {
    calls.push(`${method} ${id}`);
    const at = answers.findIndex((given) => given.method === method);
    const [given] = at < 0 ? [] : answers.splice(at, 1);
    if (given === undefined) return Promise.resolve(work());
    if (given.answer !== 'lost') return Promise.resolve(given.answer);
    work();
    return Promise.resolve(unavailable(0, 'NoAnswer', 'Azure could not be reached: ECONNRESET.'));
  }

  function read(id: string): ArmAnswer<JsonObject> {
    if (id === resourceId) return done({ location: 'westeurope', properties: { status: stub.status } });
    const value = resources.get(id);
    return value === undefined ? notFound : done(value);
  }

  function put(id: string, body: JsonObject): ArmAnswer<JsonObject> {
    const { runAsPassword, ...properties } = body['properties'] as JsonObject & {
      source: { script: string };
      parameters: readonly { name: string; value: string }[];
      timeoutInSeconds: number;
      runAsUser?: string;
      runAsPassword?: string;
    };
    const commandId = nameOf(id);
    // Azure stops the command that runs and begins the new one.
    commands.remove(commandId);
    commands.start({
      id: commandId,
      script: properties.source.script,
      invocation: properties.parameters[0]?.value ?? '',
      secrets: {},
      runAs:
        runAsPassword === undefined ? undefined : { username: properties.runAsUser ?? '', password: runAsPassword },
      timeoutSeconds: properties.timeoutInSeconds,
    });
    resources.set(id, { ...body, properties: { ...properties, provisioningState: 'Creating' } });
    return {
      outcome: 'done',
      value: resources.get(id) ?? {},
      operationUrl: `https://arm.test/operations/${commandId}`,
    };
  }

  const arc: Omit<StubArc, 'status' | 'operationError'> = {
    machine: { id: 'host', role: 'host', arc: { resourceId } },
    commands,
    blobs,
    calls,
    arm: {
      get: (id) => call('GET', id, () => read(id)),
      list: () => call('LIST', resourceId, () => ({ outcome: 'done', value: [...resources.keys()] })),
      put: (id, _version, body) => call('PUT', id, () => put(id, body)),
      remove: (id) =>
        call('DELETE', id, () => {
          commands.remove(nameOf(id));
          return resources.delete(id) ? done({}) : notFound;
        }),
      readOperationError: () => Promise.resolve(stub.operationError && { ...stub.operationError, aboutBody: true }),
    },
    outputs: {
      urlOf: (name) => `https://storage.test/run-commands/${name}`,
      readEnd: (name, bytesMax) => {
        const text = blobs.get(name);
        return Promise.resolve(text === undefined ? undefined : Buffer.from(text, 'utf8').subarray(-bytesMax));
      },
      remove: (name) => {
        blobs.delete(name);
        return Promise.resolve();
      },
    },
    answerNext: (method, answer) => {
      answers.push({ method, answer });
    },
    show: (id, instanceView, provisioningState = 'Succeeded') => {
      const key = `${resourceId}/runCommands/${id}`;
      const resource = resources.get(key) ?? {};
      resources.set(key, {
        ...resource,
        properties: { ...(resource['properties'] as JsonObject), provisioningState, instanceView },
      });
    },
    end: (id, { exitCode = 0, output = '', error = '' }) => {
      blobs.set(`${id}-output.txt`, output);
      blobs.set(`${id}-error.txt`, error);
      arc.show(id, {
        executionState: exitCode === 0 ? 'Succeeded' : 'Failed',
        exitCode,
        output: tailOf(output),
        error: tailOf(error),
        endTime: '2026-11-20T10:00:00Z',
      });
    },
    resources: () => JSON.stringify([...resources]),
  };
  return Object.assign(stub, arc);
}

export function unavailable(status: number, code: string, message: string): ArmAnswer<never> {
  return { outcome: 'unavailable', status, code, message, retryAfterSeconds: 10 };
}

export const notFound: ArmAnswer<never> = {
  outcome: 'missing',
  of: 'resource',
  code: 'ResourceNotFound',
  message: 'It was not found.',
};

function done(value: JsonObject): ArmAnswer<JsonObject> {
  return { outcome: 'done', value };
}

function nameOf(id: string): string {
  return id.split('/').at(-1) ?? '';
}

/** Cut at a byte, also in the middle of a character. */
export function tailOf(text: string): string {
  return Buffer.from(text, 'utf8').subarray(-4096).toString('utf8');
}
