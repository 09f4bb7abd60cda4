import type { Invoke } from '../core/invoker.ts';
import type { Registry } from '../core/registry.ts';
import { resolveSettings } from '../host-json.ts';
import { parseSchedule } from './schedule.ts';
import type { TimerFunctionOptions } from './timer-function.ts';
import { TimerFunction } from './timer-function.ts';

export interface TimerServiceOptions extends Pick<
  TimerFunctionOptions,
  'clock' | 'alarms' | 'gauge' | 'statuses' | 'log'
> {
  readonly registry: Registry;
  readonly invoke: Invoke;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly isDisabled: (functionName: string) => boolean;
}

/** The app's timer functions. */
export class TimerService {
  private readonly timers: ReadonlyMap<string, TimerFunction>;

  /** @throws Error when a schedule cannot be read or names a setting that is absent. */
  constructor(options: TimerServiceOptions) {
    const functions = options.registry.withTrigger('timerTrigger').filter(({ name }) => !options.isDisabled(name));
    this.timers = new Map(functions.map((fn) => [fn.name, toTimer(options, fn)]));
  }

  start(): void {
    for (const timer of this.timers.values()) {
      timer.start();
    }
  }

  stop(): void {
    for (const timer of this.timers.values()) {
      timer.stop();
    }
  }

  /** The trigger value for a run by hand. */
  infoFor(functionName: string): string {
    return JSON.stringify(this.timers.get(functionName)?.currentInfo() ?? null);
  }
}

function toTimer(options: TimerServiceOptions, fn: ReturnType<Registry['withTrigger']>[number]): TimerFunction {
  const { clock, alarms, gauge, statuses, log, environment, invoke } = options;
  const { schedule = '', runOnStartup = false, useMonitor = true } = fn.trigger;
  const expression = resolveSettings(schedule, environment);
  const timeZone = environment['WEBSITE_TIME_ZONE'] ?? environment['TZ'] ?? 'UTC';
  return new TimerFunction({
    name: fn.name,
    expression,
    schedule: parseSchedule(expression, timeZone),
    runOnStartup,
    useMonitor,
    ...{ clock, alarms, gauge, statuses, log },
    run: async (info) => {
      await invoke(fn, { trigger: { json: JSON.stringify(info) } });
    },
  });
}
