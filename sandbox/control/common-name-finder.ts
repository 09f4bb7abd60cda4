import { z } from 'zod';
import type { FindCommonName } from './arm-routes.ts';

const answerTimeoutMs = 5000;
const certificateSchema = z.object({ subject: z.union([z.string(), z.object({ commonName: z.string() })]) });

/** Looks a certificate's common name up at the app's own public routes: the emulators never see client certificates. */
export function createCommonNameFinder(appUrl: string, apiKey: string): FindCommonName {
  return async (thumbprint) => {
    const response = await fetch(`${appUrl}/api/certificates/${encodeURIComponent(thumbprint)}`, {
      headers: { 'x-api-key': apiKey },
      signal: AbortSignal.timeout(answerTimeoutMs),
    });
    if (!response.ok) return undefined;
    const { subject } = certificateSchema.parse(await response.json());
    return typeof subject === 'string' ? /(?:^|,\s*)CN=([^,]+)/i.exec(subject)?.[1] : subject.commonName;
  };
}
