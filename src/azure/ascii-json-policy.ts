import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { toAsciiJson } from '../domain/ascii-json.ts';

/**
 * Sends JSON bodies in ASCII. A reader that decodes a long body piece by piece breaks characters that lie across two
 * pieces (the table emulator 3.37 does); with this there are none.
 */
export const asciiJsonPolicy: PipelinePolicy = {
  name: 'asciiJson',
  sendRequest: (request, next) => {
    if (typeof request.body === 'string') request.body = toAsciiJson(request.body);
    return next(request);
  },
};
