import type { ArmHandler } from './arm-call.ts';

export type Namespace =
  | 'Microsoft.Resources'
  /** Of Microsoft.Resources as well, with versions of its own. */
  | 'Microsoft.Resources/subscriptions'
  | 'Microsoft.Network'
  | 'Microsoft.HybridCompute'
  | 'Microsoft.Authorization';

/** One operation of the published API descriptions, and the handler that stands in for it. */
export interface Route {
  /** The operation id of the API description. */
  readonly operationId: string;
  readonly namespace: Namespace;
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'PATCH' | 'POST' | 'DELETE';
  /** Path template; literal parts are compared without case. */
  readonly template: string;
  readonly handle: ArmHandler;
}

export interface MatchedRoute {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/** The route for a request, with the named parts of its path decoded in the caller's case. */
export function matchRoute(routes: readonly Route[], method: string, path: string): MatchedRoute | undefined {
  const given = path.replace(/\/+$/, '').split('/');
  for (const route of routes) {
    const params = route.method === method ? matchTemplate(route.template.split('/'), given) : undefined;
    if (params !== undefined) return { route, params };
  }
  return undefined;
}

function matchTemplate(template: readonly string[], given: readonly string[]): Record<string, string> | undefined {
  if (template.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of template.entries()) {
    const value = given[index] ?? '';
    if (part.startsWith('{')) params[part.slice(1, -1)] = decode(value);
    else if (part.toLowerCase() !== value.toLowerCase()) return undefined;
  }
  return params;
}

/** A part that is not valid percent-encoding is taken as it is: the name checks refuse it. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
