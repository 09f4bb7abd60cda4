import { z } from 'zod';
import type { Invoke } from './core/invoker.ts';
import type { Registry } from './core/registry.ts';
import type { Log, RegisteredFunction } from './core/types.ts';
import type { AuthKeys } from './http/auth-keys.ts';
import type { HostRequest, HostResponse } from './http/messages.ts';
import { empty, headerOf, json, parseJson, text } from './http/messages.ts';

export interface EventGridOptions {
  readonly registry: Registry;
  readonly invoke: Invoke;
  readonly keys: AuthKeys;
  readonly log: Log;
}

export const eventGridPath = '/runtime/webhooks/eventgrid';

const validationSchema = z.object({ data: z.object({ validationCode: z.string() }) });

/** The Event Grid extension's webhook (facts: "Event Grid webhook"). */
export async function serveEventGrid(options: EventGridOptions, request: HostRequest): Promise<HostResponse> {
  if (!options.keys.opensExtension(request, 'eventgrid')) {
    return empty(401);
  }
  const name = request.url.searchParams.get('functionName') ?? '';
  // The extension compares this name with case, unlike the host elsewhere.
  const fn = options.registry.withTrigger('eventGridTrigger').find((candidate) => candidate.name === name);
  if (fn === undefined) {
    return text(404, `cannot find function: '${name}'`);
  }
  if (request.method === 'OPTIONS') {
    return empty(200, { 'Webhook-Allowed-Origin': 'eventgrid.azure.net' });
  }
  if (request.method !== 'POST') {
    return empty(404);
  }
  switch (headerOf(request, 'aeg-event-type')?.toLowerCase()) {
    case 'subscriptionvalidation':
      return validate(request);
    case 'notification':
      return notify(options, fn, request);
    case 'unsubscribe':
      return empty(202);
    default:
      return empty(400);
  }
}

function validate(request: HostRequest): HostResponse {
  const [first] = readEvents(request) ?? [];
  const event = validationSchema.safeParse(first);
  return event.success ? json(200, { validationResponse: event.data.data.validationCode }) : empty(400);
}

/**
 * Every event is an invocation of its own, all at once; one that fails makes Event Grid deliver the whole batch again.
 */
async function notify(
  { invoke, log }: EventGridOptions,
  fn: RegisteredFunction,
  request: HostRequest,
): Promise<HostResponse> {
  const events = readEvents(request);
  if (events === undefined) {
    return empty(400);
  }
  const outcomes = await Promise.allSettled(
    events.map((event) => invoke(fn, { trigger: { json: JSON.stringify(event) } })),
  );
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure === undefined) {
    return empty(202);
  }
  log('error', fn.name, `Executed 'Functions.${fn.name}' (Failed): ${String(failure.reason)}`);
  return text(500, `Exception while executing function: ${fn.name}. ${String(failure.reason)}`);
}

function readEvents({ body }: HostRequest): readonly unknown[] | undefined {
  const parsed = parseJson(body.toString('utf8'));
  return parsed === undefined || typeof parsed.value !== 'object' || parsed.value === null
    ? undefined
    : [parsed.value].flat();
}
