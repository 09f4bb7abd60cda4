import type { ControlClient, VpnSession } from './control-client.ts';

/**
 * Keeps the ARM stand-in's sessions equal to the tunnels that are up. Level-triggered: `report` compares what is with what
 * was told and sends the difference; what fails is sent the next time.
 */
export class SessionReporter {
  readonly #control: ControlClient;
  readonly #record: (ids: readonly string[]) => void;
  readonly #live = new Map<string, VpnSession>();
  /** Ids that ARM has or may have: a request that failed may have been carried out. */
  readonly #mentioned: Set<string>;
  readonly #confirmed = new Set<string>();
  #reporting: Promise<void> = Promise.resolve();

  /** `mentioned` are sessions of a process before this one; `record` is called with every change of that list. */
  constructor(control: ControlClient, mentioned: readonly string[], record: (ids: readonly string[]) => void) {
    this.#control = control;
    this.#mentioned = new Set(mentioned);
    this.#record = record;
  }

  add(session: VpnSession): void {
    this.#live.set(session.id, session);
  }

  remove(id: string): void {
    this.#live.delete(id);
  }

  /** Sends what has changed, one report after the other. Rejects with the first failure, after trying everything. */
  report(): Promise<void> {
    this.#reporting = this.#reporting.catch(() => undefined).then(() => this.#reportOnce());
    return this.#reporting;
  }

  async #reportOnce(): Promise<void> {
    const begun = [...this.#live.values()].filter(({ id }) => !this.#confirmed.has(id));
    const ended = [...this.#mentioned].filter((id) => !this.#live.has(id));
    const results = await Promise.allSettled([
      ...begun.map((session) => this.#tellBegun(session)),
      ...ended.map((id) => this.#tellEnded(id)),
    ]);
    const failure = results.find((result) => result.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
  }

  async #tellBegun(session: VpnSession): Promise<void> {
    // On record before it is told: an end told for nothing is harmless, a session that never ends is not.
    this.#mentioned.add(session.id);
    this.#record([...this.#mentioned]);
    await this.#control.addSession(session);
    this.#confirmed.add(session.id);
  }

  async #tellEnded(id: string): Promise<void> {
    await this.#control.removeSession(id);
    this.#mentioned.delete(id);
    this.#confirmed.delete(id);
    this.#record([...this.#mentioned]);
  }
}
