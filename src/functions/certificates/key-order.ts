import { z } from 'zod';
import type { Problem } from '../../domain/app-error.ts';
import { checkPkcs12Password } from '../../domain/pkcs12-password.ts';
import { orderRefused } from '../../services/certificates/check-order.ts';
import {
  type IssuedWithKey,
  type KeyOrder,
  keyTypes,
  type madeKeyTypes,
} from '../../services/certificates/issue-with-key.ts';
import { prefers } from '../http/prefers.ts';
import { slugSchema } from '../http/slug-schema.ts';
import { kitPlatformSchema, probeSchema } from './make-kit.ts';

export const csrSchema = z
  .string()
  .min(1)
  .max(16_384)
  .meta({ description: 'PKCS #10 request, PEM or base64 DER. Only its key is used.' });

/** A key that is made here, instead of a request. */
export const keySchema = z
  .strictObject({
    type: z
      .string()
      .max(16)
      .refine((type) => keyTypes.some((known) => known === type), {
        error: 'Azure documents RSA keys only; whether its gateways take others is not said.',
        params: { code: 'keyType', fix: `Send one of: ${keyTypes.join(', ')}.` },
      })
      .transform((type) => type as keyof typeof madeKeyTypes)
      .optional()
      .meta({ description: 'RSA-2048 if not given.', enum: keyTypes }),
  })
  .meta({ description: 'Instead of csr: the key is made here, and answered once, in a .pfx file behind a link.' });

export const pfxSchema = z
  .strictObject({
    password: z
      .string()
      .max(256)
      .superRefine((password, context) => {
        for (const { code, message, fix } of checkPkcs12Password(password)) {
          context.addIssue({ code: 'custom', message, params: { code, fix } });
        }
      })
      .optional()
      .meta({
        description: 'Opens the file. Made up if not given, which needs the header Prefer: reveal-password.',
        format: 'password',
      }),
    encryption: z.enum(['modern', 'legacy']).optional().meta({
      description:
        '`modern` (AES-256, SHA-256) if not given; `legacy` (3DES, SHA-1) for Windows Server 2016, macOS profiles and older.',
    }),
  })
  .meta({ description: 'Of the file with the key that is made here.' });

const deliverMax = 10;

/** Kits that are made with the certificate. */
export const deliverSchema = z
  .array(z.strictObject({ gatewayId: slugSchema, platform: kitPlatformSchema, probe: probeSchema }))
  .max(deliverMax)
  .superRefine((places, context) => {
    const names = places.map(({ gatewayId, platform }) => `${gatewayId}/${platform}`);
    for (const [index, name] of names.entries()) {
      if (names.indexOf(name) === index) continue;
      const params = { code: 'duplicateField', fix: 'Name each platform of a gateway once.' };
      context.addIssue({ code: 'custom', path: [index], message: 'The same kit is named twice.', params });
    }
  })
  .optional()
  .meta({
    description:
      'Kits to make with the key that is made here: each waits behind a link of its own, and asks for the password of the .pfx.',
  });

interface KeyParts {
  readonly deliver?: unknown;
  readonly csr?: unknown;
  readonly key?: unknown;
  readonly pfx?: unknown;
}

/** What is wrong with what an order says of its key: it brings one in its request, or has one made. */
export function keyProblems({ csr, key, pfx, deliver }: KeyParts): readonly Problem[] {
  const problems: Problem[] = [];
  if (csr === undefined && key === undefined) {
    const fix = 'Send csr; or key, to have a key made.';
    problems.push({ path: '/csr', code: 'missingField', message: 'The certificate needs a key.', fix });
  }
  if (csr !== undefined && key !== undefined) {
    const message = 'The request brings a key already.';
    problems.push({ path: '/key', code: 'forbiddenField', message, fix: 'Send csr or key.' });
  }
  if (csr !== undefined && pfx !== undefined) {
    const message = 'The private key of a request is not here.';
    problems.push({ path: '/pfx', code: 'forbiddenField', message, fix: 'Leave pfx out, or send key.' });
  }
  if (csr !== undefined && deliver !== undefined) {
    const message = 'The private key of a request is not here, so no kit can hold it.';
    const fix = 'Leave deliver out, and make kits with POST /api/certificates/{thumbprint}/kits; or send key.';
    problems.push({ path: '/deliver', code: 'forbiddenField', message, fix });
  }
  return problems;
}

/** The same as a rule of the body's schema, which is asked where every field is of the right shape. */
export function bringsOneKey(parts: KeyParts, context: z.RefinementCtx): void {
  for (const { path, code, message, fix } of keyProblems(parts)) {
    context.addIssue({ code: 'custom', path: [path.slice(1)], message, params: { code, fix } });
  }
}

export interface KeyWishes {
  readonly key: z.output<typeof keySchema>;
  readonly pfx: z.output<typeof pfxSchema> | undefined;
}

/**
 * What the order says of its key and file. Whoever neither sends a password nor wants to see one could not open the
 * file.
 */
export function readKeyWishes(
  { key, pfx }: KeyWishes,
  headers: Pick<Headers, 'get'>,
): Pick<KeyOrder, 'keyType' | 'password' | 'encryption'> {
  const { password, encryption = 'modern' } = pfx ?? {};
  if (password !== undefined || prefers(headers, 'reveal-password')) {
    return { keyType: key.type ?? 'RSA-2048', password, encryption };
  }
  const message = 'Nobody would know the password of the file.';
  const fix = 'Send pfx.password, or the header Prefer: reveal-password to have one made up and shown once.';
  throw orderRefused([{ path: '/pfx/password', code: 'missingField', message, fix }]);
}

/** What only the answer to an order with a made key has. */
export const madeKeyViewSchema = z.object({
  password: z.string().optional().meta({ description: 'Of the .pfx: made up in this call, and never shown again.' }),
});

export interface MadeKeyView {
  readonly downloads: readonly {
    readonly kind: string;
    readonly gatewayId?: string;
    readonly url: string;
    readonly expiresAt: string;
  }[];
  readonly password?: string;
}

export function madeKeyView({ download, kits, password }: IssuedWithKey): MadeKeyView {
  const { url, expiresAt } = download ?? {};
  return {
    downloads: [
      ...(url === undefined || expiresAt === undefined ? [] : [{ kind: 'pfx', url, expiresAt }]),
      ...kits.map(({ place: { gatewayId, platform: kind }, ...kit }) => {
        return { kind, gatewayId, url: kit.url, expiresAt: kit.expiresAt };
      }),
    ],
    ...(password === undefined ? {} : { password }),
  };
}
