import { redactSecrets } from '../domain/redact-secrets.ts';

/** What went wrong beside any request, for whoever reads the process's log. */
export function warnOf(what: string, error: unknown): void {
  const text = error instanceof Error ? error.message : String(error);
  process.emitWarning(`${what}: ${redactSecrets(text)}`);
}
