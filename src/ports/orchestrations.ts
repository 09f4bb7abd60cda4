/**
 * The durable task hub, as the application uses it. Instance ids are made by the server: `[a-z0-9-]`, at most 100
 * characters.
 */
export interface Orchestrations {
  /** Starts an instance; an instance of that id that is already there, running or finished, is left as it is. */
  start(name: string, instanceId: string, input: unknown): Promise<void>;
  /** A hint to a waiting instance to look again. An instance that is not there, or has ended, does not mind. */
  raise(instanceId: string, eventName: string): Promise<void>;
  /** `absent` when the hub does not know the id, `live` while it can still do something. */
  state(instanceId: string): Promise<'absent' | 'live' | 'ended'>;
}
