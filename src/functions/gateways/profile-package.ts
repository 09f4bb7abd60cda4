import { z } from 'zod';
import { packagePlatforms, type ProfilePackages } from '../../services/gateways/profile-packages.ts';
import type { Stores } from '../../stores/stores.ts';
import { defineRoute } from '../http/define-route.ts';
import type { Route } from '../http/route.ts';
import { slugParams } from '../http/slug-schema.ts';
import { requireGateway } from './gateways.ts';

export interface ProfilePackageRouteOptions {
  readonly stores: Stores;
  readonly packages: ProfilePackages;
}

/** POST /api/gateways/{id}/profile/package */
export function profilePackageRoute({ stores, packages }: ProfilePackageRouteOptions): Route {
  return defineRoute({
    name: 'offerProfilePackage',
    method: 'POST',
    path: 'gateways/{id}/profile/package',
    action: 'gateway.offerProfilePackage',
    role: 'requester',
    summary: 'A link to the installer for Windows that Azure made for the gateway, or to its whole profile package.',
    tags: ['Gateways'],
    sensitiveAnswer: true,
    request: {
      params: slugParams,
      body: z.strictObject({
        platform: z.enum(packagePlatforms).meta({
          description:
            "`windows-x64` and `windows-x86`: Azure's installer, which is not signed; `all`: the zip with everything, which holds secrets of the gateway.",
        }),
      }),
    },
    responses: {
      201: z.object({
        downloads: z.array(
          z.object({ kind: z.string(), fileName: z.string(), url: z.string(), expiresAt: z.string() }),
        ),
        profileHash: z.string().meta({ description: 'Of the profile that it was made from.' }),
        madeAt: z.string().meta({ description: 'When Azure made it.' }),
      }),
    },
    handler: async ({ params, body, caller, operationId }) => {
      await requireGateway(stores, params.id);
      const { fileName, url, expiresAt, profileHash, madeAt } = await packages.offer({
        gatewayId: params.id,
        ...body,
        requestedBy: caller.id,
        requestId: operationId(),
      });
      const downloads = [{ kind: body.platform, fileName, url, expiresAt }];
      return { status: 201, body: { downloads, profileHash, madeAt } };
    },
  });
}
