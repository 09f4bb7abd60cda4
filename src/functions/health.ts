import { z } from 'zod';
import { defineRoute } from './http/define-route.ts';
import type { Route } from './http/route.ts';

export interface HealthRoutesOptions {
  readonly version: string;
  /** Reads one row; throws when storage is out of reach. */
  readonly checkStorage: () => Promise<unknown>;
}

const healthSchema = z
  .object({ status: z.enum(['healthy', 'unhealthy']), version: z.string(), time: z.iso.datetime() })
  .meta({ id: 'Health' });

/** For load balancers: whether this process can do its work now. Keyless, so it says nothing else. */
export function healthRoutes({ version, checkStorage }: HealthRoutesOptions): readonly Route[] {
  const getHealth = defineRoute({
    name: 'getHealth',
    method: 'GET',
    path: 'health',
    action: 'health.read',
    role: 'keyless',
    summary: 'Says whether the service can do its work.',
    tags: ['Service'],
    responses: { 200: healthSchema, 503: healthSchema },
    handler: async ({ now }) => {
      const isHealthy = await succeeds(checkStorage);
      const body = { status: isHealthy ? 'healthy' : 'unhealthy', version, time: now.toISOString() };
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
