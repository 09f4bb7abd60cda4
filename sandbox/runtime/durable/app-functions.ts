import type { Invoke } from '../core/invoker.ts';
import type { Registry } from '../core/registry.ts';
import type { RegisteredFunction, TypedData } from '../core/types.ts';
import type { ActivityTask } from './activity-runner.ts';
import type { OrchestratorPayload } from './episode.ts';
import type { OrchestratorAnswer } from './orchestrator-answer.ts';
import { readAnswer, readThrownAnswer } from './orchestrator-answer.ts';

const triggerTypes = { activity: 'activityTrigger', orchestrator: 'orchestrationTrigger' } as const;

/** The durable functions of one app, as the hub calls them. */
export class AppFunctions {
  private readonly registry: Registry;
  private readonly invoke: Invoke;
  private readonly schemaVersion: number;

  constructor(registry: Registry, invoke: Invoke, schemaVersion: number) {
    this.registry = registry;
    this.invoke = invoke;
    this.schemaVersion = schemaVersion;
  }

  hasActivity(name: string): boolean {
    return this.registry.find(name, triggerTypes.activity) !== undefined;
  }

  hasOrchestrator(name: string): boolean {
    return this.registry.find(name, triggerTypes.orchestrator) !== undefined;
  }

  describeUnknown(name: string, kind: keyof typeof triggerTypes): string {
    const known = this.registry.withTrigger(triggerTypes[kind]).map((fn) => `'${fn.name}'`);
    const article = `an ${kind} function`;
    const additional =
      known.length === 0
        ? `No ${kind} functions are currently registered!`
        : `The following are the known ${kind} functions: ${known.join(', ')}.`;
    return `The function '${name}' doesn't exist, is disabled, or is not ${article}. Additional info: ${additional}`;
  }

  async runOrchestrator(name: string, payload: OrchestratorPayload): Promise<OrchestratorAnswer> {
    const fn = this.get(name, 'orchestrator');
    try {
      const { returnValue } = await this.invoke(fn, { trigger: { string: JSON.stringify(this.complete(payload)) } });
      return readAnswer(returnValue?.json ?? returnValue?.string ?? '{}');
    } catch (error: unknown) {
      // The library throws to say that the orchestration failed; its actions still count.
      return readThrownAnswer(error);
    }
  }

  /** Gives the activity's result as JSON text, or null when it has none. */
  async runActivity({
    name,
    instanceId,
    input,
    traceParent,
  }: Pick<ActivityTask, 'name' | 'instanceId' | 'input' | 'traceParent'>): Promise<string | null> {
    const data = toActivityData(input);
    const triggerMetadata = { instanceId: { json: JSON.stringify(instanceId) }, data };
    const { returnValue } = await this.invoke(this.get(name, 'activity'), {
      trigger: data,
      triggerMetadata,
      ...(traceParent === undefined ? {} : { traceParent }),
    });
    return toResult(returnValue ?? undefined);
  }

  private get(name: string, kind: keyof typeof triggerTypes): RegisteredFunction {
    const fn = this.registry.find(name, triggerTypes[kind]);
    if (fn === undefined) {
      throw new Error(this.describeUnknown(name, kind));
    }
    return fn;
  }

  /** `Millseconds` is the real name of that key. */
  private complete(payload: OrchestratorPayload): unknown {
    return {
      ...payload,
      sourceInstanceId: null,
      upperSchemaVersion: 1,
      upperSchemaVersionNew: this.schemaVersion,
      longRunningTimerIntervalDuration: '3.00:00:00',
      maximumShortTimerDuration: '6.00:00:00',
      defaultHttpAsyncRequestSleepTimeMillseconds: 30_000,
    };
  }
}

/**
 * The text that an activity gets for its stored input, a JSON array of one; bare booleans arrive as .NET spells them.
 */
function toActivityData(input: string): TypedData {
  const [value] = JSON.parse(input) as readonly unknown[];
  switch (typeof value) {
    case 'string':
      return { string: value };
    case 'boolean':
      return { string: value ? 'True' : 'False' };
    default:
      return value === null || value === undefined ? {} : { string: JSON.stringify(value) };
  }
}

/** What an activity gave, or what an orchestrator says, as JSON text; null for nothing. */
export function toResult(data: TypedData | undefined): string | null {
  if (data?.json !== undefined) {
    return JSON.stringify(JSON.parse(data.json));
  }
  if (data?.bytes !== undefined) {
    return JSON.stringify(Buffer.from(data.bytes).toString('base64'));
  }
  const value = data?.string ?? data?.int ?? data?.double;
  return value === undefined ? null : JSON.stringify(value);
}
