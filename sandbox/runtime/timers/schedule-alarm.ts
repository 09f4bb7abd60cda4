const prefix = 'timer function ';

/** The key of the alarm of a function's schedule. */
export function scheduleAlarmKey(functionName: string): string {
  return `${prefix}${functionName}`;
}

/** Tells a function's schedule from a durable timer among the alarms of one clock. */
export function isScheduleAlarm(key: string): boolean {
  return key.startsWith(prefix);
}
