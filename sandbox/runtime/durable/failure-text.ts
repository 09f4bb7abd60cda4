import type { FailureDetails } from './history.ts';

/** What history keeps of a failed activity. */
export interface ActivityFailure {
  readonly Reason: string;
  readonly Details: string | null;
  readonly FailureDetails: FailureDetails | null;
}

/** Words a failed activity as the host does; two blanks after the colon are the host's own. */
export function describeActivityFailure(name: string, error: unknown, isLong: boolean): ActivityFailure {
  const message = error instanceof Error ? error.message : String(error);
  const structured = readStructured(message);
  if (structured !== undefined) {
    const Reason = `Activity function '${name}' failed with an unhandled exception.`;
    return { Reason, Details: null, FailureDetails: structured };
  }
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return {
    Reason: `Activity function '${name}' failed:  ${message}`,
    Details: serializeException(message, stack, isLong),
    FailureDetails: null,
  };
}

export function describeOrchestratorFailure(name: string, error: string): string {
  return `Orchestrator function '${name}' failed: ${error}`;
}

/** The line of JSON that the library throws when the app registered an exception-properties provider. */
function readStructured(message: string): FailureDetails | undefined {
  if (!message.startsWith('{"errorType"')) {
    return undefined;
  }
  const details = JSON.parse(message) as {
    readonly errorType: string;
    readonly errorMessage: string;
    readonly isNonRetriable?: boolean;
    readonly properties?: Readonly<Record<string, unknown>>;
    readonly stackTrace?: string;
  };
  return {
    ErrorType: details.errorType,
    ErrorMessage: details.errorMessage,
    StackTrace: details.stackTrace ?? null,
    InnerFailure: null,
    IsNonRetriable: details.isNonRetriable ?? false,
    Properties: details.properties ?? null,
  };
}

function serializeException(message: string, stack: string, isLong: boolean): string {
  const exception = {
    $type: 'System.Exception, System.Private.CoreLib',
    ClassName: 'System.Exception',
    Message: ` ${message}`,
    Data: null,
    InnerException: isLong ? innerException(message, stack) : null,
    StackTraceString: isLong ? dotnetStack() : stack,
    HResult: -2146233088,
    Source: 'System.Private.CoreLib',
  };
  return JSON.stringify(exception);
}

function innerException(message: string, stack: string): unknown {
  return {
    $type: 'Microsoft.Azure.WebJobs.Script.Workers.Rpc.RpcException, Microsoft.Azure.WebJobs.Script.Grpc',
    RemoteStackTrace: stack,
    RemoteMessage: message,
    ClassName: 'Microsoft.Azure.WebJobs.Script.Workers.Rpc.RpcException',
    Message: `Result: Failure\nException: ${message}\nStack: ${stack}`,
    StackTraceString: dotnetStack(),
    HResult: -2146233088,
  };
}

const dotnetFrames = [
  'Microsoft.Azure.WebJobs.Script.Description.WorkerFunctionInvoker.InvokeCore(Object[] parameters, FunctionInvocationContext context)',
  'Microsoft.Azure.WebJobs.Script.Description.FunctionInvokerBase.Invoke(Object[] parameters)',
  'Microsoft.Azure.WebJobs.Host.Executors.VoidTaskMethodInvoker`2.InvokeAsync(TReflected instance, Object[] arguments)',
  'Microsoft.Azure.WebJobs.Host.Executors.FunctionInvoker`2.InvokeAsync(Object instance, Object[] arguments)',
  'Microsoft.Azure.WebJobs.Host.Executors.FunctionExecutor.InvokeWithTimeoutAsync(IFunctionInvoker invoker, ParameterHelper parameterHelper)',
  'Microsoft.Azure.WebJobs.Host.Executors.FunctionExecutor.ExecuteWithWatchersAsync(IFunctionInstanceEx instance, ParameterHelper parameterHelper)',
];

/** Long as the real thing: apps must neither parse nor show such a text. */
function dotnetStack(): string {
  const frame = (method: string, index: number): string =>
    `   at ${method} in D:\\a\\_work\\1\\s\\src\\WebJobs.Script\\Workers\\WorkerFunctionInvoker.cs:line ${100 + index}`;
  return dotnetFrames.map(frame).join('\r\n--- End of stack trace from previous location ---\r\n');
}
