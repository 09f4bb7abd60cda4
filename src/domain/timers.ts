/** The timers: when each runs, as NCRONTAB, and how many seconds lie between two runs. */
export const timers = {
  /** Every minute, which is also the first back-off of a delivery. */
  deliverOutbox: { schedule: '0 * * * * *', everySeconds: 60 },
  /** Every minute: a crash costs whoever waits for its work little more than that. */
  sweep: { schedule: '15 * * * * *', everySeconds: 60 },
  /** Every minute, between the others: health is never older than that. */
  watchDependencies: { schedule: '45 * * * * *', everySeconds: 60 },
  /** Every five minutes: as often as Azure refreshes its session lists. */
  watchGateways: { schedule: '30 */5 * * * *', everySeconds: 300 },
  /** Every hour: a run that leaves something to do is not far from the next. */
  retention: { schedule: '0 20 * * * *', everySeconds: 3600 },
  /** Six in the morning, UTC: before most offices open. */
  watchExpiries: { schedule: '0 0 6 * * *', everySeconds: 86_400 },
} as const satisfies Readonly<Record<string, { readonly schedule: string; readonly everySeconds: number }>>;
export type TimerName = keyof typeof timers;
export const timerNames = Object.keys(timers) as readonly TimerName[];
