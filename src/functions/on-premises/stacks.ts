import { z } from 'zod';
import { AppError } from '../../domain/app-error.ts';
import { problemItemSchema } from '../../domain/problem-item.ts';
import { without } from '../../domain/without.ts';
import type { Stacks } from '../../services/on-premises/stacks.ts';
import type { VpnAccess } from '../../services/on-premises/vpn-access.ts';
import type { StackRecord, VpnUserRecord } from '../../stores/records/on-premises.ts';
import { defineRoute } from '../http/define-route.ts';
import type { Route } from '../http/route.ts';
import { slugParams, slugSchema } from '../http/slug-schema.ts';

export interface StackRoutesOptions {
  readonly stacks: Stacks;
  readonly vpnAccess: VpnAccess;
}

const tags = ['Stacks'];
const hostName = z
  .string()
  .max(253)
  .regex(/^[A-Za-z0-9]([A-Za-z0-9-]{0,62})(\.[A-Za-z0-9]([A-Za-z0-9-]{0,62}))*$/);

const newStackSchema = z.strictObject({
  id: slugSchema,
  hostMachine: slugSchema.meta({ description: 'The physical host of the POC.' }),
  natMachine: slugSchema.optional().meta({ description: 'The NATVM, which becomes the VPN server.' }),
  waspMachine: slugSchema.optional().meta({ description: 'AzS-WASP01, from which the clouds are reached.' }),
  portalFqdn: hostName.meta({ examples: ['portal.azurestack.local'] }),
  dnsServers: z.array(z.ipv4()).max(4).default([]),
  dnsSuffix: hostName.default('azurestack.local'),
  internalAddress: z.ipv4().default('192.168.200.1'),
  certificateSubjects: z
    .array(z.string().regex(/^[^\p{Cc}]{1,256}$/u))
    .min(1)
    .max(8)
    .default(['CN=AzureStackCertificationAuthority, DC=AzureStack, DC=local', '*AzureStackSelfSignedRootCert*'])
    .meta({ description: "Patterns of the root certificate's subject; the first that finds one wins." }),
});

const userViewSchema = z.object({
  name: z.string(),
  state: z.enum(['pending', 'enabled', 'disabled', 'removed', 'failed']),
  passwordSecret: z.string(),
  updatedAt: z.string(),
});

const stackViewSchema = z
  .object({
    ...newStackSchema.shape,
    natMachine: z.string().optional(),
    waspMachine: z.string().optional(),
    connectorId: z.string().optional(),
    vpnAccess: z
      .object({
        state: z.enum(['opening', 'open', 'failed', 'closing', 'closed']),
        addressRange: z.object({ from: z.string(), to: z.string() }),
        splitRoutes: z.array(z.string()),
        sharedKeySecret: z.string(),
        serverAddress: z.string().optional(),
        isBehindNat: z.boolean().optional(),
        certificate: z
          .object({ thumbprint: z.string(), subject: z.string(), notAfter: z.string(), base64: z.string() })
          .optional(),
        users: z.array(userViewSchema),
        warnings: z.array(problemItemSchema),
        operation: z.string(),
      })
      .optional(),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .meta({ id: 'Stack' });

/** Azure Stack POCs. */
export function stackRoutes({ stacks, vpnAccess }: StackRoutesOptions): readonly Route[] {
  const view = async (stack: StackRecord): Promise<z.input<typeof stackViewSchema>> =>
    toView(stack, await stacks.users(stack.id), await vpnAccess.warnings(stack));

  return [
    defineRoute({
      name: 'putStack',
      method: 'POST',
      path: 'stacks',
      action: 'stack.put',
      role: 'administrator',
      summary: 'Registers an Azure Stack POC, or replaces what is known of its machines and names.',
      tags,
      request: { body: newStackSchema },
      responses: { 201: stackViewSchema },
      handler: async ({ body }) => ({ status: 201, body: await view(await stacks.put(body)) }),
    }),
    defineRoute({
      name: 'listStacks',
      method: 'GET',
      path: 'stacks',
      action: 'stack.list',
      role: 'reader',
      summary: 'Lists the stacks.',
      tags,
      responses: { 200: z.object({ items: z.array(stackViewSchema) }) },
      handler: async () => ({ status: 200, body: { items: await Promise.all((await stacks.list()).map(view)) } }),
    }),
    defineRoute({
      name: 'getStack',
      method: 'GET',
      path: 'stacks/{id}',
      action: 'stack.read',
      role: 'reader',
      summary: 'Shows a stack: the address of its VPN, its users, its certificate.',
      tags,
      request: { params: slugParams },
      responses: { 200: stackViewSchema },
      handler: async ({ params }) => {
        const stack = await stacks.get(params.id);
        if (stack === undefined) throw new AppError('ERR_NOT_FOUND', `There is no stack ${params.id}.`);
        return { status: 200, body: await view(stack) };
      },
    }),
    defineRoute({
      name: 'removeStack',
      method: 'DELETE',
      path: 'stacks/{id}',
      action: 'stack.remove',
      role: 'administrator',
      summary: 'Removes the registration of a stack; refused while it shares something.',
      tags,
      request: { params: slugParams },
      responses: { 204: undefined },
      handler: async ({ params }) => {
        await stacks.remove(params.id);
        return { status: 204 };
      },
    }),
  ];
}

type Warnings = Awaited<ReturnType<VpnAccess['warnings']>>;

function toView(
  stack: StackRecord,
  users: readonly VpnUserRecord[],
  warnings: Warnings,
): z.input<typeof stackViewSchema> {
  const { vpnAccess, ...rest } = without(stack, 'multiCloudOffAt');
  if (vpnAccess === undefined) return rest;
  const { state, addressFrom, addressTo, splitRoutes, sharedKeySecret, serverAddress, isBehindNat, certificate } =
    vpnAccess;
  return {
    ...rest,
    vpnAccess: {
      state,
      addressRange: { from: addressFrom, to: addressTo },
      splitRoutes,
      sharedKeySecret,
      serverAddress,
      isBehindNat,
      certificate: certificate && {
        thumbprint: certificate.thumbprint,
        subject: certificate.subject,
        notAfter: certificate.notAfter,
        base64: certificate.der,
      },
      users: users.map(({ name, state: userState, passwordSecret, updatedAt }) => ({
        name,
        state: userState,
        passwordSecret,
        updatedAt,
      })),
      warnings: [...warnings],
      operation: vpnAccess.operationId,
    },
  };
}
