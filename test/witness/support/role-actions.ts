/** What roles are asked for, in Azure's words: `Microsoft.Network/virtualNetworks/read`. */
import type { RecordedExchange } from './traffic-report.ts';

const verbs: Readonly<Record<string, string>> = {
  GET: 'read',
  HEAD: 'read',
  PUT: 'write',
  PATCH: 'write',
  DELETE: 'delete',
  POST: 'action',
};

/**
 * The action that a call of Resource Manager is: the provider, the types of its path without the names, and what is
 * done. Of a POST the last part of the path is what is done.
 */
export function actionOf({ liveRequest: { method, url } }: RecordedExchange): string {
  const { pathname } = new URL(url);
  const verb = verbs[method] ?? method;
  const [, provider, rest = ''] = /^.*\/providers\/([^/]+)\/(.+)$/.exec(pathname) ?? [];
  // Subscriptions, and what is theirs, belong to a provider that their paths do not name.
  const types = everySecond(provider === undefined ? pathname.replace(/^\//, '') : rest);
  return `${provider ?? 'Microsoft.Resources'}/${types.join('/')}/${verb}`;
}

/**
 * Whether an action of a role is or holds this one. Case does not count; of the wildcards only one at the beginning is
 * understood.
 */
export function covers(pattern: string, action: string): boolean {
  const [own, asked] = [pattern.toLowerCase(), action.toLowerCase()];
  return own === asked || (own.startsWith('*') && asked.endsWith(own.slice(1)));
}

function everySecond(path: string): readonly string[] {
  return path.split('/').filter((_part, index) => index % 2 === 0);
}
