import { z } from 'zod';

// The forms that the scripts' own validation attributes let through.
export const thumbprint = z.string().regex(/^[0-9A-F]{40}$/);
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
export const folder = z.string().regex(/^[A-Za-z]:(\\[A-Za-z0-9._-]+)+$/);
export const share = z.string().regex(/^\\\\[A-Za-z0-9.-]+(\\[A-Za-z0-9._$-]+)+$/);
export const fileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,100}\.txt$/);
export const fqdn = z.string().regex(/^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/);
export const store = z.enum(['CA', 'Root']);
export const endpoints = z.array(z.strictObject({ host: z.string(), port: z.int() })).max(50);
export const authentication = z.enum(['Credssp', 'Default']);
export const noParameters = z.strictObject({});
