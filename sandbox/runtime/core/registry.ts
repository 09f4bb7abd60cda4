import type {
  Binding,
  FunctionCallback,
  FunctionMetadata,
  HookCallback,
  HookName,
  RegisteredFunction,
} from './types.ts';
import type { ProgrammingModel } from './types.ts';

const triggerTypes = ['httpTrigger', 'timerTrigger', 'eventGridTrigger', 'orchestrationTrigger', 'activityTrigger'];
const clientTypes = ['durableClient', 'orchestrationClient'];
const hookNames: readonly string[] = ['preInvocation', 'postInvocation', 'appStart', 'appTerminate', 'log'];

/** What an app said while it was loaded: its functions, its hooks and its programming model. */
export class Registry {
  readonly functions = new Map<string, RegisteredFunction>();
  readonly appHookData: Record<string, unknown> = {};
  readonly appLevelHookData: Record<string, unknown> = {};
  model: ProgrammingModel | undefined;
  private readonly hooks = new Map<HookName, Set<HookCallback>>();
  private locked = false;

  /** No registration is taken after start-up, as on the real worker. */
  lock(): void {
    this.locked = true;
  }

  /**
   * Registers one function.
   *
   * @throws Error when start-up is over, the name is taken, or the function needs something this runtime does not have.
   */
  registerFunction(metadata: FunctionMetadata, callback: FunctionCallback): () => void {
    if (this.locked) {
      throw new Error('A function can only be registered during app startup.');
    }
    const registered = describeFunction(metadata, callback);
    // The host compares function names without case.
    const key = metadata.name.toLowerCase();
    if (this.functions.has(key)) {
      throw new Error(`A function with id "${metadata.functionId ?? metadata.name}" has already been registered.`);
    }
    this.functions.set(key, registered);
    return () => {
      this.functions.delete(key);
    };
  }

  registerHook(name: string, callback: HookCallback): () => void {
    if (!hookNames.includes(name)) {
      throw Object.assign(new RangeError(`Unrecognized hook "${name}"`), { isAzureFunctionsSystemError: true });
    }
    const callbacks = this.hooks.get(name as HookName) ?? new Set();
    callbacks.add(callback);
    this.hooks.set(name as HookName, callbacks);
    return () => {
      callbacks.delete(callback);
    };
  }

  hooksOf(name: HookName): readonly HookCallback[] {
    return [...(this.hooks.get(name) ?? [])];
  }

  find(name: string, triggerType: string): RegisteredFunction | undefined {
    const found = this.functions.get(name.toLowerCase());
    return found?.trigger.type === triggerType ? found : undefined;
  }

  withTrigger(triggerType: string): readonly RegisteredFunction[] {
    return [...this.functions.values()].filter(({ trigger }) => trigger.type === triggerType);
  }
}

function describeFunction(metadata: FunctionMetadata, callback: FunctionCallback): RegisteredFunction {
  const bindings = Object.entries(metadata.bindings);
  const triggers = bindings.filter(([, binding]) => binding.type.endsWith('Trigger'));
  const [found, ...others] = triggers;
  if (found === undefined || others.length > 0) {
    throw new Error(`Function "${metadata.name}" must have exactly one trigger binding, it has ${triggers.length}.`);
  }
  refuseUnsupported(metadata, bindings);
  const [triggerName, trigger] = found;
  const clientBindings = bindings.filter(([, { type }]) => clientTypes.includes(type)).map(([name]) => name);
  return { name: metadata.name, metadata, callback, triggerName, trigger, clientBindings };
}

function refuseUnsupported(metadata: FunctionMetadata, bindings: readonly (readonly [string, Binding])[]): void {
  for (const [name, { type }] of bindings) {
    const known = triggerTypes.includes(type) || clientTypes.includes(type) || (name === '$return' && type === 'http');
    if (!known) {
      throw new Error(`Function "${metadata.name}" uses binding type "${type}", which this runtime does not have.`);
    }
  }
  if (metadata.retryOptions !== undefined) {
    throw new Error(`Function "${metadata.name}" sets a function-level retry, which this runtime does not have.`);
  }
}
