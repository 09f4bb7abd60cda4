import type { app as functionsApp } from '@azure/functions';

/**
 * Nothing of what exports spans is loaded unless a setting says whereto: it would cost every start. Where spans cannot
 * be sent, there are none, and a warning says so: the application does its work all the same.
 */
export function startTracing(
  hook: Pick<typeof functionsApp.hook, 'appStart' | 'appTerminate'>,
  otlpEndpoint: string | undefined,
): void {
  if (otlpEndpoint === undefined) return;
  if (!/^https?:\/\/./.test(otlpEndpoint) || !URL.canParse(otlpEndpoint)) {
    warn('OTEL_EXPORTER_OTLP_ENDPOINT is not an address that begins with http:// or https://');
    return;
  }
  let end: (() => Promise<void>) | undefined;
  hook.appStart(async () => {
    try {
      const { exportSpans } = await import('./export-spans.ts');
      end = exportSpans();
    } catch (error: unknown) {
      // Its words may hold a header of the settings.
      warn(error instanceof Error ? error.name : 'not an error');
    }
  });
  hook.appTerminate(async () => {
    await end?.();
  });
}

function warn(why: string): void {
  process.emitWarning(`no spans are sent: ${why}`);
}
