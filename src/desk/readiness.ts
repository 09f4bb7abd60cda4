import { setTimeout as wait } from 'node:timers/promises';
import { AppError } from '../domain/app-error.ts';
import type { ApiKeys } from './api-keys.ts';
import { appSecretNames, type AppSecretsReading, type Webhook } from './app-secrets.ts';

export interface ReadinessOptions {
  /** Names of the settings that are missing. The host starts the application anew when its settings change. */
  readonly missingSettings: readonly string[];
  /** What has to be made in storage before the first request, by the name of the setting that says where. */
  readonly preparations: Readonly<Record<string, () => Promise<void>>>;
  readonly readSecrets: () => Promise<AppSecretsReading>;
  readonly apiKeys: Pick<ApiKeys, 'ensureAdministrator'>;
  readonly now: () => Date;
  /** Told of what failed in a look; the error holds no secret. */
  readonly onFault: (name: string, error: unknown) => void;
}

/** Whether the application has what it needs. It starts without, says what is missing, and looks again each minute. */
export interface Readiness {
  /** Names of the settings and secrets that are missing or unusable; empty when the application can do its work. */
  readonly missing: () => Promise<readonly string[]>;
  /** Where events are posted; undefined for nowhere. Throws ERR_NOT_READY while that is not known. */
  readonly webhook: () => Promise<Webhook | undefined>;
}

/** How old a look may get before there is a new one. */
const lookEverySeconds = 60;
/** How long somebody who asks waits for a look that takes its time, such as at a vault that does not answer. */
const lookWaitMs = 10_000;

export function createReadiness(options: ReadinessOptions): Readiness {
  const { administratorKey } = appSecretNames;
  const unprepared = new Map(Object.entries(options.preparations));
  let enteredKey: string | undefined;
  let webhook: Webhook | undefined;
  let missingNow: readonly string[] = [...options.missingSettings, ...unprepared.keys(), administratorKey];
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;

  /** A preparation that held once is not asked again. */
  async function prepare(): Promise<void> {
    for (const [name, make] of unprepared) {
      try {
        await make();
        unprepared.delete(name);
      } catch (error) {
        options.onFault(name, error);
      }
    }
  }

  /** The key in the vault is the key: each look enters it, so that it holds whatever happened to its row. */
  async function enterAdministrator(key: string | undefined): Promise<void> {
    if (key === undefined || unprepared.size > 0) return;
    try {
      await options.apiKeys.ensureAdministrator(key);
      enteredKey = key;
    } catch (error) {
      options.onFault(administratorKey, error);
    }
  }

  async function look(): Promise<void> {
    if (options.missingSettings.length > 0) return;
    await prepare();
    const reading = await options.readSecrets();
    webhook = reading.webhook;
    await enterAdministrator(reading.administratorKey);
    const isEntered = reading.administratorKey !== undefined && reading.administratorKey === enteredKey;
    missingNow = [...new Set([...unprepared.keys(), ...(isEntered ? [] : [administratorKey]), ...reading.missing])];
  }

  async function lookWhenDue(): Promise<void> {
    const nowMs = options.now().getTime();
    if (nowMs - lookedAtMs >= lookEverySeconds * 1000 && looking === undefined) {
      lookedAtMs = nowMs;
      looking = look().finally(() => {
        looking = undefined;
      });
    }
    // Nobody who can be served waits for a look: it is for those who come after.
    if (missingNow.length > 0) await Promise.race([looking, wait(lookWaitMs, undefined, { ref: false })]);
  }

  return {
    missing: async () => {
      await lookWhenDue();
      return missingNow;
    },
    webhook: async () => {
      await lookWhenDue();
      if (missingNow.length > 0) throw notReadyError();
      return webhook;
    },
  };
}

/** What is answered while something is missing. What it is, is told by `GET /api/health`. */
export function notReadyError(): AppError {
  return new AppError(
    'ERR_NOT_READY',
    'The service has not got all that it needs yet. GET /api/health names what is missing; it is looked for each minute.',
    { retryAfterSeconds: lookEverySeconds },
  );
}
