import type { HostRequest, HostResponse } from '../http/messages.ts';

/** What runs the application's orchestrations, as the rest of the runtime sees it. */
export interface DurableHost {
  /** The JSON of the durable client's binding, for each invocation of a function that has one. */
  clientJson(): string;
  /**
   * Serves the extension's HTTP API to whoever has shown a key; `path` is what follows its base, split at slashes and
   * decoded.
   */
  manage(request: HostRequest, path: readonly string[]): Promise<HostResponse>;
  /** Takes up the work that was left; the application is served by then. */
  resume(): Promise<void>;
  /** Begins nothing more. */
  stop(): void;
}
