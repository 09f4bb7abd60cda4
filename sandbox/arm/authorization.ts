import type { ArmCall, ArmContext } from './arm-call.ts';
import { refuseAtGateway } from './arm-refusal.ts';
import type { ArmState, Caller, RoleAssignment } from './arm-state.ts';
import type { Route } from './route-table.ts';

const verbs: Readonly<Record<Route['method'], string>> = {
  GET: 'read',
  HEAD: 'read',
  PUT: 'write',
  PATCH: 'write',
  DELETE: 'delete',
  POST: 'action',
};

/** What everybody may do of whom nobody has said anything. */
const everything: RoleAssignment = { principal: '*', actions: ['*'], scope: '/' };

/** Gives an identity a role of its own; until the first one it may do everything. The same scope again replaces. */
export function assignRole(context: ArmContext, assignment: RoleAssignment): void {
  const isReplaced = (other: RoleAssignment): boolean =>
    other.principal === assignment.principal && other.scope.toLowerCase() === assignment.scope.toLowerCase();
  context.state.roles = [...context.state.roles.filter((other) => !isReplaced(other)), assignment];
  context.save();
}

/** The roles of a caller that count at a scope: those at it and above. */
export function rolesAt({ state }: ArmContext, caller: Caller, scope: string): readonly RoleAssignment[] {
  return rolesOf(state, caller).filter((role) => isWithin(scope.toLowerCase(), scopeOfRole(role)));
}

/** Whether a caller has a role that counts anywhere in a scope. */
export function hasRoleWithin(state: ArmState, caller: Caller, scope: string): boolean {
  const whole = scope.toLowerCase();
  return rolesOf(state, caller).some(
    (role) => isWithin(whole, scopeOfRole(role)) || isWithin(scopeOfRole(role), whole),
  );
}

function rolesOf(state: ArmState, caller: Caller): readonly RoleAssignment[] {
  const own = state.roles.filter(({ principal }) => [caller.appId, caller.objectId].includes(principal));
  return own.length === 0 ? [everything] : own;
}

function scopeOfRole({ scope }: RoleAssignment): string {
  return scope.toLowerCase().replace(/\/$/, '');
}

function isAllowed(context: ArmContext, caller: Caller, action: string, scope: string): boolean {
  return rolesAt(context, caller, scope).some(({ actions }) => actions.some((pattern) => covers(pattern, action)));
}

/** Refuses a call that the caller's roles do not let it make. A list is never refused: it has what may be read. */
export function checkAuthorized(context: ArmContext, call: ArmCall, route: Route): void {
  const action = actionOf(route);
  if (action === undefined) return;
  const scope = scopeOf(call.url.pathname, route);
  if (isAllowed(context, call.caller, action, scope)) return;
  const { appId, objectId } = call.caller;
  const message = `The client '${appId}' with object id '${objectId}' does not have authorization to perform action '${action}' over scope '${scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`;
  throw refuseAtGateway(403, 'AuthorizationFailed', message);
}

/** Of a listed item: whether the caller may read it. */
export function mayRead(
  context: ArmContext,
  caller: Caller,
  item: { readonly id: string; readonly type: string },
): boolean {
  return isAllowed(context, caller, `${resourceActionType(item.type)}/read`, item.id);
}

/**
 * The action that a route is, in the words of roles; undefined for lists and for the URLs of operations, whose URLs are
 * signed.
 */
function actionOf({ operationId, method, template }: Route): string | undefined {
  const isList = /_List(?:$|All$|By)/.test(operationId) && operationId !== 'Usages_List';
  if (isList || operationId.startsWith('Operation') || operationId.startsWith('Permissions_')) return;
  const [, provider = 'Microsoft.Resources', rest = template.slice(1)] =
    /\/providers\/([^/]+)\/(.+)$/.exec(template) ?? [];
  const names = rest.split('/').filter((part) => !part.startsWith('{'));
  return `${provider}/${names.join('/')}/${verbs[method]}`;
}

/** The resource that a call is about: for an action, the one that it acts on. */
function scopeOf(path: string, { method }: Route): string {
  const whole = decodeURIComponent(path.replace(/\/+$/, ''));
  return method === 'POST' ? whole.replace(/\/[^/]+$/, '') : whole;
}

function resourceActionType(type: string): string {
  return type === 'Microsoft.Resources/resourceGroups' ? 'Microsoft.Resources/subscriptions/resourceGroups' : type;
}

function isWithin(scope: string, outer: string): boolean {
  return scope === outer || scope.startsWith(`${outer}/`);
}

/** Whether a role's action names this one; `*` stands for any text. */
function covers(pattern: string, action: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 'i').test(action);
}
