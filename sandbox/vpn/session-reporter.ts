import type { ControlClient, VpnSession } from './control-client.ts';

export interface SessionReporterOptions {
  readonly control: Pick<ControlClient, 'addSession' | 'removeSession'>;
  /** Sessions that a process before this one had told of. */
  readonly mentioned: readonly string[];
  /** Called with every change of the ids that ARM has or may have. */
  readonly record: (ids: readonly string[]) => void;
  /** ARM does not take this session: it is to be cut, since nobody could cut it through ARM. */
  readonly onRefused: (id: string) => void;
}

/**
 * Keeps the ARM emulator's sessions equal to the tunnels that are up. Level-triggered: `report` compares what is with
 * what was told and sends the difference; what fails is sent the next time.
 */
export class SessionReporter {
  readonly #options: SessionReporterOptions;
  readonly #live = new Map<string, VpnSession>();
  /** Ids that ARM has or may have: a request that failed may have taken effect. */
  readonly #mentioned: Set<string>;
  readonly #confirmed = new Set<string>();
  #reporting: Promise<void> = Promise.resolve();

  constructor(options: SessionReporterOptions) {
    this.#options = options;
    this.#mentioned = new Set(options.mentioned);
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
    this.#options.record([...this.#mentioned]);
    const answer = await this.#options.control.addSession(session);
    this.#confirmed.add(session.id);
    if (answer === 'refused') this.#options.onRefused(session.id);
  }

  async #tellEnded(id: string): Promise<void> {
    await this.#options.control.removeSession(id);
    this.#mentioned.delete(id);
    this.#confirmed.delete(id);
    this.#options.record([...this.#mentioned]);
  }
}
