import { NetworkManagementClient } from '@azure/arm-network';
import type { TokenCredential } from '@azure/core-auth';
import {
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineRequest,
  type HttpMethods,
  isRestError,
  type PipelineOptions,
} from '@azure/core-rest-pipeline';
import { z } from 'zod';
import { cutText } from '../domain/cut-text.ts';
import type { JsonObject } from '../domain/json.ts';
import { redactSecrets } from '../domain/redact-secrets.ts';
import type { ArmAnswer } from '../ports/arm.ts';
import type { Log } from '../ports/log.ts';
import { classify, isSuccess, jsonOf, type RawAnswer, unreadable } from './arm-answers.ts';
import { audienceOf } from './arm-audience.ts';
import { toldCalls } from './told-calls.ts';
import { armTemplate, tracedCalls } from './traced-calls.ts';

export interface ArmRequestsOptions {
  readonly endpoint: string;
  readonly credential: TokenCredential;
  readonly log: Log;
  readonly now: () => Date;
  /** For tests: a CA to trust. */
  readonly clientOptions?: Pick<PipelineOptions, 'tlsOptions'>;
}

export interface ArmRequests {
  /** `url` is complete, or begins with the resource's id. */
  send(
    method: HttpMethods,
    url: string,
    options?: { readonly body?: JsonObject; readonly etag?: string },
  ): Promise<RawAnswer>;
  /** Whether an address that Azure named is Azure's own: to no other may the token go. */
  isOwn(url: string): boolean;
  /**
   * The ids in all pages of a list. A page in no known form is no answer: a list is a claim about what is not in it.
   */
  listIds(url: string): Promise<ArmAnswer<readonly string[]>>;
  /** The same with more of each row than its id; one row in no known form makes its page none. */
  listAll<Row>(url: string, row: z.ZodType<Row>): Promise<ArmAnswer<readonly Row[]>>;
}

/** Each request says its own subscription in its address. */
const noSubscription = '00000000-0000-0000-0000-000000000000';
const timeoutMs = 60_000;
const pagesMax = 200;
const idRow = z.looseObject({ id: z.string().min(1) });

/**
 * Bare requests to Resource Manager, as they are on the wire, on the pipeline of Azure's own client. Nothing is sent
 * twice: waiting is an orchestration's business, and a retry that does not read again would undo another writer's
 * change. Faults of the network are answers too.
 */
export function createArmRequests({ endpoint, credential, log, now, clientOptions }: ArmRequestsOptions): ArmRequests {
  const httpClient = createDefaultHttpClient();
  const { pipeline } = new NetworkManagementClient(credential, noSubscription, {
    ...clientOptions,
    endpoint,
    retryOptions: { maxRetries: 0 },
    additionalPolicies: [
      { policy: toldCalls(log), position: 'perRetry' },
      { policy: tracedCalls(armTemplate), position: 'perRetry' },
    ],
    credentials: { scopes: [`${audienceOf(endpoint)}/.default`] },
  });
  const base = new URL(endpoint);

  const send: ArmRequests['send'] = async (method, url, { body, etag } = {}) => {
    const request = createPipelineRequest({
      url: url.startsWith('/') ? `${endpoint}${url}` : url,
      method,
      // The client's own timeout does not bound the body, and its timer outlives a connection that is refused.
      abortSignal: AbortSignal.timeout(timeoutMs),
      headers: createHttpHeaders({
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(etag === undefined ? {} : { 'if-match': etag }),
      }),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    try {
      const { status, headers, bodyAsText } = await pipeline.sendRequest(httpClient, request);
      return {
        status,
        retryAfter: headers.get('retry-after'),
        operationUrl: headers.get('azure-asyncoperation'),
        location: headers.get('location'),
        correlationId: headers.get('x-ms-correlation-request-id') ?? headers.get('x-ms-request-id'),
        text: bodyAsText ?? '',
        at: now(),
      };
    } catch (error: unknown) {
      return { status: 0, fault: faultOf(error), text: '', at: now() };
    }
  };

  const isOwn = (url: string): boolean => {
    if (!URL.canParse(url)) return false;
    const { protocol, port, hostname } = new URL(url);
    const isHost = hostname === base.hostname || hostname.endsWith(`.${base.hostname}`);
    return protocol === base.protocol && port === base.port && isHost;
  };

  async function listAll<Row>(firstUrl: string, row: z.ZodType<Row>): Promise<ArmAnswer<readonly Row[]>> {
    const page = z.looseObject({ value: z.array(row), nextLink: z.string().nullish() });
    const rows: Row[] = [];
    let url = firstUrl;
    for (let pages = 0; pages < pagesMax; pages += 1) {
      const answer = await send('GET', url);
      if (!isSuccess(answer)) return classify(answer);
      const read = page.safeParse(jsonOf(answer));
      const next = read.data?.nextLink ?? '';
      if (!read.success || (next !== '' && !isOwn(next))) return unreadable(answer, 'a list');
      rows.push(...read.data.value);
      if (next === '') return { outcome: 'done', value: rows };
      url = next;
    }
    const message = `Azure's list has no end after ${pagesMax} pages.`;
    return {
      outcome: 'unavailable',
      status: 200,
      retryAfterSeconds: 60,
      code: 'unreadableAnswer',
      isOurs: true,
      message,
    };
  }

  return {
    send,
    isOwn,
    listAll,
    listIds: async (url) => {
      const answer = await listAll(url, idRow);
      return answer.outcome === 'done' ? { ...answer, value: answer.value.map(({ id }) => id) } : answer;
    },
  };
}

/**
 * What a request that met no answer says in words. The client's error holds the request, whose body may hold a
 * password, so only its code goes on; of the identity's errors the first line. Anything else is a mistake of ours and
 * is thrown.
 */
function faultOf(error: unknown): string {
  if (isRestError(error)) return `Azure could not be reached: ${error.code ?? 'the connection broke'}.`;
  if (!(error instanceof Error)) throw error;
  if (error.name === 'AbortError') return `Azure did not answer in ${timeoutMs / 1000} s.`;
  if (/(Authentication|Credential)\w*Error$/.test(error.name)) {
    const [line = ''] = error.message.split('\n');
    return `No token for Azure: ${cutText(redactSecrets(line), 500)}`;
  }
  throw error;
}
