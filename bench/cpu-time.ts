import { existsSync, readFileSync } from 'node:fs';

/** Linux counts in hundredths of a second whatever the kernel's own tick is. */
const tickMs = 10;

/** Whether processor times of other processes can be read here: on Linux. */
const canReadCpuTimes = existsSync('/proc/self/stat');

/** Processor time of a running process since its start, user and system, in steps of 10 ms. */
function cpuMsOf(pid: number): number {
  const [utime, stime] = timesOf(pid);
  return (utime + stime) * tickMs;
}

/** The same of all children of this process that have ended. */
function childrenCpuMs(): number {
  const [, , utime, stime] = timesOf('self');
  return (utime + stime) * tickMs;
}

/** Ticks, of the process itself and of its children that have ended: user, system, user, system. */
function timesOf(pid: number | 'self'): readonly [number, number, number, number] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in parentheses may hold anything; what follows are numbers, utime the 12th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return [Number(fields[11]), Number(fields[12]), Number(fields[13]), Number(fields[14])];
}

export interface Cost {
  readonly wallMs: number;
  /** Processor time of each process named, in the order given; empty where it cannot be read. */
  readonly cpuMs: readonly number[];
}

/** What some work cost in time, and in processor time of the processes that it is done by. */
export async function costOf(pids: readonly number[], work: () => Promise<void>): Promise<Cost> {
  const counted = canReadCpuTimes ? pids : [];
  const before = counted.map(cpuMsOf);
  const startedAt = performance.now();
  await work();
  const wallMs = performance.now() - startedAt;
  // Less than one step counts as one: it was not nothing, and ratios divide by it.
  const cpuMs = counted.map((pid, index) => Math.max(tickMs, cpuMsOf(pid) - (before[index] ?? 0)));
  return { wallMs, cpuMs };
}

/** The same in the processor time of this process, which is finer than that of others. */
export async function costHere(work: () => Promise<void>): Promise<Cost> {
  const startedAt = performance.now();
  const before = ownCpuMs();
  await work();
  const cpuMs = [ownCpuMs() - before];
  return { wallMs: performance.now() - startedAt, cpuMs };
}

/** The same in the processor time of the programs that `work` starts and waits for. */
export function costOfPrograms(work: () => void): Cost {
  const startedAt = performance.now();
  const before = canReadCpuTimes ? childrenCpuMs() : 0;
  work();
  const wallMs = performance.now() - startedAt;
  return { wallMs, cpuMs: canReadCpuTimes ? [Math.max(tickMs, childrenCpuMs() - before)] : [] };
}

/** Processor time of this process since its start. */
export function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
