import type { DependencyWatch } from '../../services/operations/watch-dependencies.ts';
import { registerTimer, type TimerHost } from './register-timer.ts';

/** Registers the look at what the service stands on, which `GET /api/health` tells. */
export function registerWatchDependencies(host: TimerHost, watch: Pick<DependencyWatch, 'look'>): void {
  registerTimer(host, 'watchDependencies', async (context) => {
    const report = await watch.look();
    const bad = (report?.items ?? []).filter(({ status }) => status !== 'ok');
    if (bad.length > 0) context.warn(`health: ${bad.map(({ name, status }) => `${name} ${status}`).join(', ')}`);
  });
}
