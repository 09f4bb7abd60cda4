import { z } from 'zod';
import type { Invoke } from '../core/invoker.ts';
import type { Registry } from '../core/registry.ts';
import type { TypedData } from '../core/types.ts';
import type { HostRequest, HostResponse } from '../http/messages.ts';
import { empty, json, parseJson } from '../http/messages.ts';
import { decodePath } from '../http/web-server-rules.ts';
import { toResult } from './app-functions.ts';

export const invocationPath = '/sandbox/invocations/';

const triggerTypes: Readonly<Record<string, string>> = {
  orchestrations: 'orchestrationTrigger',
  activities: 'activityTrigger',
};

/** `input` is the text for the trigger, null for none; `instanceId` is told to activities. */
const bodySchema = z.strictObject({ input: z.string().nullable(), instanceId: z.string().nullable() });

/**
 * `POST /sandbox/invocations/{orchestrations|activities}/{name}`: the real Durable Task extension has a function run.
 * Answers `{ result }`, or `{ error: { message, stack } }` with what the function threw.
 */
export async function serveInvocation(
  { registry, invoke }: { readonly registry: Registry; readonly invoke: Invoke },
  request: HostRequest,
): Promise<HostResponse> {
  const [kind = '', name = ''] = request.url.pathname.slice(invocationPath.length).split('/').map(decodePath);
  const fn = registry.find(name, triggerTypes[kind] ?? '');
  if (request.method !== 'POST' || fn === undefined) {
    return empty(404);
  }
  const body = bodySchema.safeParse(parseJson(request.body.toString('utf8'))?.value);
  if (!body.success) {
    return json(400, { message: z.prettifyError(body.error) });
  }
  const { input, instanceId } = body.data;
  const data: TypedData = input === null ? {} : { string: input };
  const triggerMetadata = instanceId === null ? {} : { instanceId: { json: JSON.stringify(instanceId) }, data };
  try {
    const { returnValue } = await invoke(fn, { trigger: data, triggerMetadata });
    const result = toResult(returnValue ?? undefined);
    return json(200, { result: result === null ? null : (JSON.parse(result) as unknown) });
  } catch (error: unknown) {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    return json(200, { error: { message, stack: stack ?? '' } });
  }
}
