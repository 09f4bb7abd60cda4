import { setTimeout as wait } from 'node:timers/promises';
import { AppError } from '../../domain/app-error.ts';
import type { ApiKeys } from './api-keys.ts';
import { appSecretNames, type AppSecretsReading, type Webhook } from './app-secrets.ts';
import { within } from './within.ts';

export interface ReadinessOptions {
  /** Names of the settings that are missing. The host starts the application anew when its settings change. */
  readonly missingSettings: readonly string[];
  /** What has to be made in storage before the first request, by the name of the setting that says where. */
  readonly preparations: Readonly<Record<string, () => Promise<void>>>;
  /** Name of the setting that says where the secrets are. */
  readonly secretsSetting: string;
  readonly readSecrets: () => Promise<AppSecretsReading>;
  readonly apiKeys: Pick<ApiKeys, 'ensureAdministrator'>;
  readonly now: () => Date;
  /** Told of what failed in a look; the error holds no secret. */
  readonly onFault: (name: string, error: unknown) => void;
  /** Told when what is missing has changed: the first key may be missing, and with it everybody who could ask. */
  readonly onMissing: (names: readonly string[]) => void;
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
/** How long storage may take; without an end, one question that is never answered would be the last look. */
const preparationMaxMs = 60_000;
/** How long somebody who asks waits for a look that takes its time, such as at a vault that does not answer. */
const lookWaitMs = 10_000;

export function createReadiness(options: ReadinessOptions): Readiness {
  const { administratorKey } = appSecretNames;
  const { missingSettings } = options;
  // At an address that is not known nobody is asked; what is there is not known either, and not told to be missing.
  const unprepared = new Map(Object.entries(options.preparations).filter(([name]) => !missingSettings.includes(name)));
  const isStorageKnown = Object.keys(options.preparations).every((name) => !missingSettings.includes(name));
  const hasVault = !missingSettings.includes(options.secretsSetting);
  let enteredKey: string | undefined;
  let webhook: Webhook | undefined;
  let missingNow: readonly string[] = [
    ...missingSettings,
    ...unprepared.keys(),
    ...(hasVault ? [administratorKey] : []),
  ];
  let announced: readonly string[] = [];
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;

  /** A preparation that held once is not asked again. */
  async function prepare(): Promise<void> {
    for (const [name, make] of unprepared) {
      try {
        await within(make(), preparationMaxMs, 'Storage');
        unprepared.delete(name);
      } catch (error) {
        options.onFault(name, error);
      }
    }
  }

  /**
   * The key in the vault is the key: each look enters it, so that it holds whatever happened to its row. Only as the
   * vault says it now: another instance may have entered a newer one while this one got no answer.
   */
  async function enterAdministrator({ administratorKey: key, isKeyConfirmed }: AppSecretsReading): Promise<void> {
    if (key === undefined || !isKeyConfirmed) return;
    try {
      await within(options.apiKeys.ensureAdministrator(key), preparationMaxMs, 'Storage');
      enteredKey = key;
    } catch (error) {
      options.onFault(administratorKey, error);
    }
  }

  async function missingSecrets(reading: AppSecretsReading): Promise<readonly string[]> {
    // Without storage the key has nowhere to go: that says nothing of the key.
    if (!isStorageKnown || unprepared.size > 0) return reading.missing;
    await enterAdministrator(reading);
    return [...(reading.administratorKey === enteredKey ? [] : [administratorKey]), ...reading.missing];
  }

  async function look(): Promise<void> {
    await prepare();
    const reading = hasVault ? await options.readSecrets() : undefined;
    const secrets = reading === undefined ? [] : await missingSecrets(reading);
    // In one step: nobody sees that all is there with a webhook of before.
    webhook = reading?.webhook;
    missingNow = [...new Set([...missingSettings, ...unprepared.keys(), ...secrets])];
    if (missingNow.join() !== announced.join()) options.onMissing(missingNow);
    announced = missingNow;
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

/**
 * What is answered while something is missing. What it is, is told by `GET /api/health` to callers with a key, and by
 * the log.
 */
export function notReadyError(): AppError {
  return new AppError(
    'ERR_NOT_READY',
    'The service lacks a setting or secret that it needs. GET /api/health with a key, and the log, name what is missing; it is checked each minute.',
    { retryAfterSeconds: lookEverySeconds },
  );
}
