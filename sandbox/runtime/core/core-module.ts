import type { Registry } from './registry.ts';
import type { FunctionCallback, FunctionMetadata, HookCallback, Log, ProgrammingModel } from './types.ts';

/** The module that apps get for `require('@azure/functions-core')`. */
export type CoreModule = Readonly<Record<string, unknown>>;

export const hostVersion = '4.1037.0.0';
const workerVersion = '3.13.0';

class Disposable {
  private readonly onDispose: () => void;

  constructor(onDispose: () => void) {
    this.onDispose = onDispose;
  }

  static from(...disposables: readonly { dispose(): unknown }[]): Disposable {
    return new Disposable(() => {
      for (const disposable of disposables) {
        disposable.dispose();
      }
    });
  }

  dispose(): void {
    this.onDispose();
  }
}

/** Makes the core module over one app's registry. */
export function createCoreModule(registry: Registry, log: Log): CoreModule {
  return {
    version: workerVersion,
    hostVersion,
    Disposable,
    registerFunction: (metadata: FunctionMetadata, callback: FunctionCallback) =>
      new Disposable(registry.registerFunction(metadata, callback)),
    registerHook: (name: string, callback: HookCallback) => new Disposable(registry.registerHook(name, callback)),
    setProgrammingModel: (model: ProgrammingModel) => {
      registry.model = model;
    },
    getProgrammingModel: () => registry.model,
    log: (level: string, _category: string, message: string) => {
      log(level, 'app', message);
    },
  };
}
