import { HostTask } from './host-task.ts';

/**
 * The waits for external events of one execution. Several open waits for one name form a stack (the one opened last
 * gets the event), events that come early a queue; the host compares names without case.
 */
export class EventWaits {
  private readonly waits = new Map<string, HostTask[]>();
  private readonly early = new Map<string, number>();

  open(name: string): HostTask {
    const key = name.toLowerCase();
    const task = new HostTask();
    const buffered = this.early.get(key) ?? 0;
    if (buffered > 0) {
      this.early.set(key, buffered - 1);
      task.settle(false);
    } else {
      this.waits.set(key, [...(this.waits.get(key) ?? []), task]);
    }
    return task;
  }

  raise(name: string): void {
    const key = name.toLowerCase();
    const task = this.waits.get(key)?.pop();
    if (task === undefined) {
      this.early.set(key, (this.early.get(key) ?? 0) + 1);
    } else {
      task.settle(false);
    }
  }

  get openCount(): number {
    return [...this.waits.values()].reduce((total, tasks) => total + tasks.length, 0);
  }
}
