import { type FaultAction, rawResponse } from '../platform/faults.ts';
import type { ServiceHost } from '../platform/service-host.ts';
import type { ControlResponse, ControlRoute } from './control-server.ts';
import type { WebhookInbox } from './webhook-inbox.ts';

/**
 * The receiver of the app's notices, so that tests and users see them. Faults asked for service `webhook` with a status
 * are answered instead; there is no noise here, since the receiver is not Azure's.
 */
export function webhookRoutes(
  host: Pick<ServiceHost, 'journal' | 'clock' | 'faults'>,
  inbox: WebhookInbox,
): ControlRoute[] {
  return [
    { method: 'GET', path: '/webhook', handle: () => ({ status: 200, body: inbox.list() }) },
    {
      method: 'POST',
      path: '/webhook',
      handle: (request) => {
        const at = host.clock.now().toISOString();
        const fault = host.faults.take({ service: 'webhook', method: 'POST', path: '/webhook' }, { noise: false });
        const refusal = fault !== undefined && 'status' in fault ? faultAnswer(fault) : undefined;
        const answer = refusal ?? { status: 200, body: {} };
        host.journal.add({ at, service: 'webhook', method: 'POST', path: '/webhook', status: answer.status });
        if (refusal === undefined) inbox.add({ at, headers: request.headers, body: request.rawBody });
        return answer;
      },
    },
  ];
}

function faultAnswer(fault: Extract<FaultAction, { status: number }>): ControlResponse {
  return 'code' in fault ? { status: fault.status, body: {} } : rawResponse(fault);
}
