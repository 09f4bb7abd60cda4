import { z } from 'zod';
import { SessionRefused } from '../platform/session-refused.ts';
import type { ArmControl, NewSession } from './arm-control.ts';
import type { ControlRoute } from './control-server.ts';
import { DisconnectFeed } from './disconnect-feed.ts';
import { ControlProblem } from './problem.ts';

/** Below the minute after which proxies and clients give a silent connection up. */
const longPollMs = 25_000;

const resourceSchema = z.strictObject({
  method: z.enum(['PUT', 'PATCH', 'POST', 'DELETE']),
  path: z.string().startsWith('/'),
  body: z.unknown().optional(),
});

const roleSchema = z.strictObject({
  /** Application or object id. */
  principal: z.string().min(1),
  /** As in a role definition; none takes everything away at the scope. */
  actions: z.array(z.string().min(1)),
  scope: z.string().startsWith('/'),
});

const sessionSchema = z
  .strictObject({
    gateway: z.string().min(1),
    thumbprint: z.string().optional(),
    commonName: z.string().optional(),
    publicIp: z.string().min(1),
    privateIp: z.string().optional(),
    id: z.string().optional(),
  })
  .refine((session) => session.thumbprint !== undefined || session.commonName !== undefined, {
    message: 'Say whose certificate: thumbprint or commonName.',
  });

/** Answers the common name of an issued certificate, or undefined when nobody knows the thumbprint. */
export type FindCommonName = (thumbprint: string) => Promise<string | undefined>;

/** Routes to what ARM knows of the world outside: other people's changes, clients that connect, sessions to cut. */
export function armRoutes(arm: ArmControl, findCommonName: FindCommonName): ControlRoute[] {
  const disconnects = new DisconnectFeed();
  arm.onSessionDisconnect((id) => {
    disconnects.add(id);
  });
  const connect: ControlRoute['handle'] = async (request) => {
    const session = request.body(sessionSchema);
    const commonName =
      session.commonName ?? (session.thumbprint === undefined ? undefined : await findCommonName(session.thumbprint));
    return { status: 201, body: connectOrRefuse(arm, { ...session, commonName }) };
  };
  const end: ControlRoute['handle'] = (request) => {
    arm.endSession(request.params['id'] ?? '');
    return { status: 200, body: {} };
  };
  return [
    {
      method: 'POST',
      path: '/resources',
      handle: async (request) => {
        const { method, path, body } = request.body(resourceSchema);
        return { status: 200, body: await arm.putAsSomebodyElse(method, path, body) };
      },
    },
    {
      method: 'POST',
      path: '/roles',
      handle: (request) => {
        const role = request.body(roleSchema);
        arm.assignRole(role);
        return { status: 200, body: role };
      },
    },
    { method: 'GET', path: '/sessions', handle: () => ({ status: 200, body: arm.listSessions() }) },
    { method: 'POST', path: '/sessions', handle: connect },
    { method: 'DELETE', path: '/sessions/:id', handle: end },
    { method: 'GET', path: '/vpn/gateways', handle: () => ({ status: 200, body: arm.gatewaysForVpn() }) },
    { method: 'POST', path: '/vpn/sessions', handle: connect },
    { method: 'DELETE', path: '/vpn/sessions/:id', handle: end },
    {
      method: 'GET',
      path: '/vpn/disconnects',
      handle: async ({ query }) => ({
        status: 200,
        body: await disconnects.after(Number(query.get('after') ?? '0') || 0, longPollMs),
      }),
    },
  ];
}

function connectOrRefuse(arm: ArmControl, session: NewSession): unknown {
  try {
    return arm.connectSession(session);
  } catch (error) {
    if (error instanceof SessionRefused) throw new ControlProblem(409, 'sessionRefused', error.message);
    throw error;
  }
}
