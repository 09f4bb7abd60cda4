import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { failSpan, inSpan } from '../tracing/in-span.ts';

/** How the paths of one of Azure's services read without the names in them. */
export type PathTemplate = (path: string) => string;

/**
 * A span for each request, as OpenTelemetry's conventions for HTTP clients have it, but for `url.full`: paths hold
 * names of secrets and queries hold tokens, so that of the address only its template is told.
 */
export function tracedCalls(templateOf: PathTemplate): PipelinePolicy {
  return {
    name: 'gatehouseTracedCalls',
    sendRequest: (request, next) => {
      const { hostname, port, protocol, pathname } = new URL(request.url);
      const template = templateOf(pathname);
      const usualPort = protocol === 'http:' ? 80 : 443;
      const attributes = {
        'http.request.method': request.method,
        'url.template': template,
        'server.address': hostname,
        'server.port': port === '' ? usualPort : Number(port),
      };
      return inSpan({ name: `${request.method} ${template}`, kind: 'client', attributes }, async (span) => {
        const response = await next(request);
        const requestId = response.headers.get('x-ms-request-id');
        span.setAttribute('http.response.status_code', response.status);
        if (requestId !== undefined) span.setAttribute('az.service_request_id', requestId);
        if (response.status >= 400) failSpan(span, String(response.status));
        return response;
      });
    },
  };
}

const word = /^[A-Za-z][A-Za-z.]*$/;
const namesAfter: Readonly<Record<string, string>> = {
  subscriptions: '{subscriptionId}',
  resourcegroups: '{resourceGroupName}',
};

/** Resource Manager's paths are pairs of a type and a name, at most with an action or a list at their end. */
export const armTemplate: PathTemplate = (path) =>
  templated(path, (_segment, index, before) => {
    if (index % 2 === 0 || before === 'providers') return undefined;
    return namesAfter[before.toLowerCase()] ?? '{name}';
  });

/** Key Vault's are a collection, a name, and then a version or a word. */
export const vaultTemplate: PathTemplate = (path) =>
  templated(path, (segment, index) => {
    if (index === 1) return '{name}';
    return /^[0-9a-f]{32}$/i.test(segment) ? '{version}' : undefined;
  });

/** What `nameOf` leaves has to be a plain word all the same. */
function templated(
  path: string,
  nameOf: (segment: string, index: number, before: string) => string | undefined,
): string {
  const segments = path.split('/').filter((segment) => segment !== '');
  const read = segments.map(
    (segment, index) => nameOf(segment, index, segments[index - 1] ?? '') ?? (word.test(segment) ? segment : '{name}'),
  );
  return `/${read.join('/')}`;
}
