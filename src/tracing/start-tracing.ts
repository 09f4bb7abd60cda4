import type { app as functionsApp } from '@azure/functions';

/** Nothing of what exports spans is loaded unless a setting says whereto: it would cost every start. */
export function startTracing(
  hook: Pick<typeof functionsApp.hook, 'appStart' | 'appTerminate'>,
  otlpEndpoint: string | undefined,
): void {
  if (otlpEndpoint === undefined) return;
  let end: (() => Promise<void>) | undefined;
  hook.appStart(async () => {
    const { exportSpans } = await import('./export-spans.ts');
    end = exportSpans();
  });
  hook.appTerminate(async () => {
    await end?.();
  });
}
