import { z } from 'zod';

const environmentSchema = z.object({
  SANDBOX_APP_DIR: z.string().min(1),
  SANDBOX_PORT: z.coerce.number().int().min(0).max(65535),
  SANDBOX_DATA_DIR: z.string().min(1),
  SANDBOX_MASTER_KEY: z.string().min(1),
  SANDBOX_DURABLE_KEY: z.string().min(1),
  SANDBOX_EVENTGRID_KEY: z.string().min(1),
  SANDBOX_CONTROL_KEY: z.string().min(1),
  SANDBOX_CLOCK_OFFSET_MS: z.coerce.number().min(0).default(0),
  SANDBOX_DURABLE_CLIENT_FILE: z.string().optional(),
  SANDBOX_QUIRKS: z.enum(['', 'real-host']).default(''),
});

/** What the runtime needs to know to run one app. */
export interface RuntimeSettings {
  readonly appFolder: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Where the runtime itself keeps what outlives it: orchestrations and the times of timers. */
  readonly dataFolder: string;
  readonly keys: RuntimeKeys;
  readonly controlKey: string;
  readonly clockOffsetMs: number;
  /**
   * Where the real Durable Task extension says how it is reached, when it runs the orchestrations and not this process.
   */
  readonly durableClientFile: string | undefined;
  /** Behave as the older real host of the facts' section 7 does, its duplicate deliveries included. */
  readonly realHostQuirks: boolean;
}

export interface RuntimeKeys {
  readonly master: string;
  readonly durable: string;
  readonly eventGrid: string;
}

/** Reads the runtime's settings from the environment of its process; throws one error that names every bad setting. */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): RuntimeSettings {
  const parsed = environmentSchema.safeParse(environment);
  if (!parsed.success) {
    throw new Error(`The runtime's settings are not usable.\n${z.prettifyError(parsed.error)}`);
  }
  const values = parsed.data;
  return {
    appFolder: values.SANDBOX_APP_DIR,
    port: values.SANDBOX_PORT,
    dataFolder: values.SANDBOX_DATA_DIR,
    keys: {
      master: values.SANDBOX_MASTER_KEY,
      durable: values.SANDBOX_DURABLE_KEY,
      eventGrid: values.SANDBOX_EVENTGRID_KEY,
    },
    controlKey: values.SANDBOX_CONTROL_KEY,
    clockOffsetMs: values.SANDBOX_CLOCK_OFFSET_MS,
    durableClientFile: values.SANDBOX_DURABLE_CLIENT_FILE,
    realHostQuirks: values.SANDBOX_QUIRKS === 'real-host',
  };
}
