import { randomUUID } from 'node:crypto';
import type { Registry } from './registry.ts';
import type { CoreInvocationContext, HookName, InputDatum, InvocationResponse, Log } from './types.ts';
import type { FunctionCallback, RegisteredFunction, TypedData } from './types.ts';

interface InvocationRequest {
  readonly trigger: TypedData;
  readonly triggerMetadata?: Readonly<Record<string, TypedData>>;
  /** Trace context of the caller, handed to the app as it is. */
  readonly traceParent?: string;
}

export interface InvokerOptions {
  readonly registry: Registry;
  readonly log: Log;
  /** The JSON of the durable client binding, made for each invocation. */
  readonly clientJson: () => string;
  /** Milliseconds of real time after which an invocation counts as failed; undefined for no limit. */
  readonly timeoutMs: number | undefined;
}

export type Invoke = (fn: RegisteredFunction, request: InvocationRequest) => Promise<InvocationResponse>;

/** Makes the function that runs one invocation as the real worker does (facts: "An invocation, step by step"). */
export function createInvoker(options: InvokerOptions): Invoke {
  return async (fn, request) => {
    const invocation = invokeSteps(options, fn, request);
    return options.timeoutMs === undefined ? invocation : withTimeout(invocation, fn.name, options.timeoutMs);
  };
}

async function invokeSteps(
  options: InvokerOptions,
  fn: RegisteredFunction,
  request: InvocationRequest,
): Promise<InvocationResponse> {
  const { registry } = options;
  if (registry.model === undefined) {
    throw new Error('The app did not set a programming model.');
  }
  const core = createContext(options, fn, request);
  const model = await registry.model.getInvocationModel(core);
  const { context, inputs } = await model.getArguments();
  const hookData: Record<string, unknown> = {};
  const shared = { hookData, appHookData: registry.appHookData, invocationContext: context };

  core.state = 'preInvocationHooks';
  const pre = withReadOnly(shared, { inputs, functionCallback: fn.callback });
  await runHooks(registry, 'preInvocation', pre);

  core.state = 'invocation';
  const outcome = await settle(() => model.invokeFunction(context, pre.inputs, pre.functionCallback));

  core.state = 'postInvocationHooks';
  const post = withReadOnly(shared, { inputs: pre.inputs, ...outcome });
  await runHooks(registry, 'postInvocation', post);
  core.state = undefined;
  if (post.error !== undefined && post.error !== null) {
    throw toError(post.error);
  }
  return model.getResponse(context, post.result);
}

function createContext(
  { log, clientJson }: InvokerOptions,
  fn: RegisteredFunction,
  request: InvocationRequest,
): CoreInvocationContext {
  const invocationId = randomUUID();
  const functionId = fn.metadata.functionId ?? fn.name;
  const clients: readonly InputDatum[] = fn.clientBindings.map((name) => ({ name, data: { string: clientJson() } }));
  const traceContext = request.traceParent === undefined ? {} : { traceParent: request.traceParent };
  return {
    invocationId,
    request: {
      invocationId,
      functionId,
      inputData: [{ name: fn.triggerName, data: request.trigger }, ...clients],
      triggerMetadata: request.triggerMetadata ?? {},
      traceContext,
    },
    metadata: { name: fn.name, functionId, bindings: fn.metadata.bindings },
    state: undefined,
    log: (level, _category, message) => {
      log(level, fn.name, message);
    },
  };
}

interface HookValues {
  inputs: unknown[];
  functionCallback: FunctionCallback;
  result: unknown;
  error: unknown;
}

function withReadOnly<T extends Partial<HookValues>>(shared: Readonly<Record<string, unknown>>, values: T): T {
  const context = { ...values };
  for (const [key, value] of Object.entries(shared)) {
    Object.defineProperty(context, key, { value, writable: false, enumerable: true });
  }
  return context;
}

async function runHooks(registry: Registry, name: HookName, context: unknown): Promise<void> {
  for (const hook of registry.hooksOf(name)) {
    await hook(context);
  }
}

async function settle(run: () => Promise<unknown>): Promise<{ result: unknown; error: unknown }> {
  try {
    return { result: await run(), error: undefined };
  } catch (error: unknown) {
    // Hooks decide on the error before it counts; a thrown undefined or null is no error for the worker either.
    return { result: undefined, error };
  }
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(typeof thrown === 'string' ? thrown : JSON.stringify(thrown));
}

async function withTimeout<T>(work: Promise<T>, name: string, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expiry = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`Timeout value of ${timeoutMs / 1000} s was exceeded by function: Functions.${name}`));
    }, timeoutMs);
  });
  try {
    return await Promise.race([work, expiry]);
  } finally {
    clearTimeout(timer);
  }
}
