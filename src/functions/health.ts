import { z } from 'zod';
import { defineRoute } from './http/define-route.ts';
import type { Route } from './http/route.ts';

export interface HealthRoutesOptions {
  readonly version: string;
  /** Reads one row; throws when storage is out of reach. */
  readonly checkStorage: () => Promise<unknown>;
  /** Names of the settings and secrets that the service has to have and has not. */
  readonly missing: () => Promise<readonly string[]>;
}

const healthSchema = z
  .object({
    status: z.enum(['healthy', 'unhealthy']),
    version: z.string(),
    time: z.iso.datetime(),
    missing: z.array(z.string()).optional().meta({
      description:
        'Names of the settings and secrets that are missing or unusable: the service answers nothing else until then.',
    }),
  })
  .meta({ id: 'Health' });

/** For load balancers: whether this process can do its work now. Keyless, so of what is missing it says the names alone. */
export function healthRoutes({ version, checkStorage, missing }: HealthRoutesOptions): readonly Route[] {
  const getHealth = defineRoute({
    name: 'getHealth',
    method: 'GET',
    path: 'health',
    action: 'health.read',
    role: 'keyless',
    summary: 'Says whether the service can do its work.',
    tags: ['Service'],
    answersUnready: true,
    responses: { 200: healthSchema, 503: healthSchema },
    handler: async ({ now }) => {
      const names = await missing();
      const isHealthy = names.length === 0 && (await succeeds(checkStorage));
      const body = {
        status: isHealthy ? 'healthy' : 'unhealthy',
        version,
        time: now.toISOString(),
        ...(names.length === 0 ? {} : { missing: names }),
      };
      return { status: isHealthy ? 200 : 503, body };
    },
  });
  return [getHealth];
}

async function succeeds(check: () => Promise<unknown>): Promise<boolean> {
  try {
    await check();
    return true;
  } catch {
    // Why it failed is no business of an unknown caller; the calls that need storage log it.
    return false;
  }
}
