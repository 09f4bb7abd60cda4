import { z } from 'zod';
import { type CertificateKit, certificateKitPlatforms, type Kits } from '../../services/certificates/kits.ts';
import { defineRoute } from '../http/define-route.ts';
import type { Route } from '../http/route.ts';
import { slugSchema } from '../http/slug-schema.ts';
import { thumbprintParams } from './certificate-params.ts';

const tags = ['Certificates'];

export const kitPlatformSchema = z
  .enum(certificateKitPlatforms.names)
  .meta({ description: `What the kit is for.\n${certificateKitPlatforms.about}` });

export const probeSchema = z
  .strictObject({ address: z.ipv4(), port: z.int().min(1).max(65_535) })
  .optional()
  .meta({ description: 'Where something answers behind the gateway: the check of the kit tries it.' });

const kitSchema = z
  .object({
    platform: kitPlatformSchema,
    fileName: z.string(),
    mediaType: z.string(),
    encoding: z.enum(['utf8', 'base64']).meta({ description: 'How the file is written in `content`.' }),
    content: z.string(),
    keyFileName: z.string().optional().meta({
      description: 'Where the private key is looked for, beside the file; absent where the kit looks for none.',
    }),
    notes: z.array(z.string()),
    profileHash: z.string().meta({ description: 'Of the gateway’s profile that the kit was made from.' }),
  })
  .meta({ id: 'Kit' });

/** POST /api/certificates/{thumbprint}/kits */
export function makeKit({ kits }: { readonly kits: Kits }): Route {
  return defineRoute({
    name: 'makeKit',
    method: 'POST',
    path: 'certificates/{thumbprint}/kits',
    action: 'certificate.makeKit',
    role: 'requester',
    summary: 'The file that sets up a VPN client with this certificate for a gateway, without the private key.',
    tags,
    // It holds the gateway's TLS key, so it is made anew for every request and kept nowhere.
    sensitiveAnswer: true,
    request: {
      params: thumbprintParams,
      body: z.strictObject({ gatewayId: slugSchema, platform: kitPlatformSchema, probe: probeSchema }),
    },
    responses: { 201: kitSchema },
    handler: async ({ params, body }) => {
      const { probe, ...order } = body;
      const kit = await kits.make({ ...params, ...order, ...(probe === undefined ? {} : { probe }) });
      return { status: 201, body: toKitView(order.platform, kit) };
    },
  });
}

function toKitView(platform: z.infer<typeof kitPlatformSchema>, kit: CertificateKit): z.infer<typeof kitSchema> {
  const { fileName, contentType, encoding, content, keyFileName, notes, profileHash } = kit;
  return {
    platform,
    fileName,
    mediaType: contentType,
    encoding,
    content: Buffer.from(content).toString(encoding),
    ...(keyFileName === undefined ? {} : { keyFileName }),
    notes: [...notes],
    profileHash,
  };
}
