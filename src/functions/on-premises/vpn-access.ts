import { z } from 'zod';
import { userNameSchema } from '../../contracts/on-premises/vpn-access-steps.ts';
import { parseAddressRange } from '../../domain/address-range.ts';
import { operationViewSchema } from '../../domain/operation.ts';
import { secretNameOf } from '../../domain/secret-uses.ts';
import { l2tpKitPlatforms, type L2tpKits, tunnels } from '../../services/on-premises/l2tp-kits.ts';
import type { StartedUser, VpnAccess } from '../../services/on-premises/vpn-access.ts';
import type { Operations } from '../../services/operations/operations.ts';
import { accepted } from '../http/accepted-operation.ts';
import { defineRoute } from '../http/define-route.ts';
import { prefers } from '../http/prefers.ts';
import type { Route, RouteAnswer } from '../http/route.ts';
import { slugParams, slugSchema } from '../http/slug-schema.ts';

export interface VpnAccessRoutesOptions {
  readonly vpnAccess: VpnAccess;
  readonly kits: L2tpKits;
  readonly operations: Pick<Operations, 'view'>;
}

const tags = ['VPN access'];
const passwordSecret = secretNameOf('vpnPassword').optional().meta({
  description:
    "Secret with the password; its name begins with 'vpn-password-'. Without one a password is generated and kept in Key Vault.",
});
const userSchema = z.strictObject({ name: userNameSchema, passwordSecret });
const userParams = z.strictObject({ id: slugSchema, name: userNameSchema });
const prefixSchema = z.string().refine((text) => parseAddressRange(text).outcome === 'parsed', {
  error: 'An IPv4 range such as 192.168.100.0/24, with no host bit set.',
});
const startedUserSchema = operationViewSchema.extend({
  password: z
    .string()
    .optional()
    .meta({ description: 'Generated in this call; shown only with Prefer: reveal-password, and never again.' }),
});

/** Shared VPN access to a stack, its users, and the files that set up their machines. */
export function vpnAccessRoutes(options: VpnAccessRoutesOptions): readonly Route[] {
  return [openRoute(options), closeRoute(options), ...userRoutes(options), kitRoute(options)];
}

function openRoute({ vpnAccess, operations }: VpnAccessRoutesOptions): Route {
  return defineRoute({
    name: 'shareVpnAccess',
    method: 'POST',
    path: 'stacks/{id}/vpn-access',
    action: 'vpnAccess.open',
    role: 'operator',
    summary:
      'Makes the NATVM an L2TP VPN server and lets users in. The stack’s way out may be interrupted for some minutes.',
    tags,
    request: {
      params: slugParams,
      body: z.strictObject({
        addressRange: z
          .strictObject({ from: z.ipv4(), to: z.ipv4() })
          .default({ from: '192.168.200.201', to: '192.168.200.230' }),
        users: z.array(userSchema).max(200).default([]),
        splitRoutes: z.array(prefixSchema).max(50).default(['192.168.100.0/24', '192.168.133.0/24']),
        sharedKeySecret: secretNameOf('l2tpKey').optional(),
        isBehindNat: z.boolean().optional().meta({
          description:
            'Whether address translation stands between clients and the NATVM. It is never guessed; what was told before stays where nothing is sent.',
        }),
      }),
    },
    responses: { 202: operationViewSchema },
    alsoWrong: (parts, _faults, { id }) => vpnAccess.wrongParts(id, parts),
    handler: async ({ params, body, caller, orchestrations, operationId, randomBytes }) => {
      const asked = { operationId: operationId(), requestedBy: caller.id, orchestrations, randomBytes };
      return accepted(operations, (await vpnAccess.open(params.id, body, asked)).id);
    },
  });
}

function closeRoute({ vpnAccess, operations }: VpnAccessRoutesOptions): Route {
  return defineRoute({
    name: 'endVpnAccess',
    method: 'DELETE',
    path: 'stacks/{id}/vpn-access',
    action: 'vpnAccess.close',
    role: 'operator',
    summary: 'Disables the users, removes the VPN server and restores the settings from before.',
    tags,
    request: { params: slugParams },
    responses: { 202: operationViewSchema },
    handler: async ({ params, caller, orchestrations, operationId }) => {
      const asked = { operationId: operationId(), requestedBy: caller.id, orchestrations };
      return accepted(operations, (await vpnAccess.close(params.id, asked)).id);
    },
  });
}

function userRoutes({ vpnAccess, operations }: VpnAccessRoutesOptions): readonly Route[] {
  const common = { tags, role: 'operator', method: 'POST' } as const;

  async function answerWith({ operation, password }: StartedUser, headers: Pick<Headers, 'get'>): Promise<RouteAnswer> {
    const answer = await accepted(operations, operation.id);
    if (password === undefined || !prefers(headers, 'reveal-password')) return answer;
    const revealed = { ...(answer.body as object), password };
    return {
      ...answer,
      body: revealed,
      headers: { ...answer.headers, 'preference-applied': 'reveal-password', 'cache-control': 'no-store' },
    };
  }

  const addUser = defineRoute({
    ...common,
    name: 'addVpnUser',
    path: 'stacks/{id}/users',
    action: 'vpnUser.add',
    summary: 'Lets a user in: a local account on the NATVM that may dial in and no more.',
    sensitiveAnswer: true,
    request: { params: slugParams, body: userSchema },
    responses: { 202: startedUserSchema },
    handler: async ({ params, body, caller, orchestrations, operationId, randomBytes, headers }) => {
      const asked = { operationId: operationId(), requestedBy: caller.id, orchestrations, randomBytes };
      return answerWith(await vpnAccess.addUser(params.id, body, asked), headers);
    },
  });

  const resetUser = defineRoute({
    ...common,
    name: 'resetVpnUser',
    path: 'stacks/{id}/users/{name}/reset',
    action: 'vpnUser.reset',
    summary: 'Gives a user a new password and lets them in again.',
    sensitiveAnswer: true,
    request: { params: userParams },
    responses: { 202: startedUserSchema },
    handler: async ({ params, caller, orchestrations, operationId, randomBytes, headers }) => {
      const asked = { operationId: operationId(), requestedBy: caller.id, orchestrations, randomBytes };
      return answerWith(await vpnAccess.resetUser(params.id, params.name, asked), headers);
    },
  });

  const disableUser = defineRoute({
    ...common,
    name: 'disableVpnUser',
    path: 'stacks/{id}/users/{name}/disable',
    action: 'vpnUser.disable',
    summary: 'Disables a user’s account and ends their connection.',
    request: { params: userParams },
    responses: { 202: operationViewSchema },
    handler: async ({ params, caller, orchestrations, operationId }) => {
      const asked = { operationId: operationId(), requestedBy: caller.id, orchestrations };
      return accepted(operations, (await vpnAccess.setUser(params.id, params.name, 'disabled', asked)).id);
    },
  });

  const removeUser = defineRoute({
    ...common,
    method: 'DELETE',
    name: 'removeVpnUser',
    path: 'stacks/{id}/users/{name}',
    action: 'vpnUser.remove',
    summary: 'Removes a user’s account.',
    request: { params: userParams },
    responses: { 202: operationViewSchema },
    handler: async ({ params, caller, orchestrations, operationId }) => {
      const asked = { operationId: operationId(), requestedBy: caller.id, orchestrations };
      return accepted(operations, (await vpnAccess.setUser(params.id, params.name, 'removed', asked)).id);
    },
  });

  return [addUser, resetUser, disableUser, removeUser];
}

function kitRoute({ kits }: VpnAccessRoutesOptions): Route {
  return defineRoute({
    name: 'createL2tpKit',
    method: 'POST',
    path: 'stacks/{id}/users/{name}/kits',
    action: 'vpnUser.kit',
    role: 'operator',
    summary: 'A link to the file that sets up a user’s machine. It holds the shared key, never a password.',
    tags,
    sensitiveAnswer: true,
    request: {
      params: userParams,
      body: z.strictObject({
        platform: z
          .enum(l2tpKitPlatforms.names)
          .meta({ description: `What the kit is for.\n${l2tpKitPlatforms.about}` }),
        tunnel: z.enum(tunnels).default('full'),
      }),
    },
    responses: {
      201: z.object({ downloads: z.array(z.object({ kind: z.string(), url: z.string(), expiresAt: z.string() })) }),
    },
    handler: async ({ params, body, caller }) => {
      const { kind, url, expiresAt } = await kits.offer({
        stackId: params.id,
        userName: params.name,
        ...body,
        requestedBy: caller.id,
      });
      return { status: 201, body: { downloads: [{ kind, url, expiresAt }] } };
    },
  });
}
