import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import type { Log } from '../ports/log.ts';
import { secondsOf } from './retry-after.ts';

/**
 * What each request of Azure's clients tells: here, that Azure asked for a pause. Of the address only the path is told.
 */
export function toldCalls(log: Log): PipelinePolicy {
  return {
    name: 'gatehouseToldCalls',
    sendRequest: async (request, next) => {
      const response = await next(request);
      if (response.status === 429) {
        const seconds = secondsOf(response.headers.get('retry-after'));
        const target = `${request.method} ${new URL(request.url).pathname}`;
        log({ event: 'azure.throttled', outcome: 'throttled', target, ...(seconds === undefined ? {} : { seconds }) });
      }
      return response;
    },
  };
}
