import { z } from 'zod';
import { referenceSchema, tagsSchema } from '../put-resource.ts';

/** The spellings of the API description; Azure takes any case and answers with these. */
export const spellings = {
  gatewayType: ['Vpn', 'ExpressRoute', 'LocalGateway'],
  vpnType: ['PolicyBased', 'RouteBased'],
  vpnGatewayGeneration: ['None', 'Generation1', 'Generation2'],
  protocol: ['IkeV2', 'SSTP', 'OpenVPN'],
  authentication: ['Certificate', 'Radius', 'AAD'],
  sku: [
    ...['Basic', 'HighPerformance', 'Standard', 'UltraPerformance', 'VpnGw1', 'VpnGw2', 'VpnGw3', 'VpnGw4', 'VpnGw5'],
    ...['VpnGw1AZ', 'VpnGw2AZ', 'VpnGw3AZ', 'VpnGw4AZ', 'VpnGw5AZ', 'ErGw1AZ', 'ErGw2AZ', 'ErGw3AZ', 'ErGwScale'],
  ],
} as const;

/** The official spelling of a value that the schema let through. */
export function spell(choices: readonly string[], value: string): string {
  return choices.find((choice) => choice.toLowerCase() === value.toLowerCase()) ?? value;
}

function oneOf(choices: readonly string[]): z.ZodType<string> {
  const known = choices.map((choice) => choice.toLowerCase());
  return z.string().refine((value) => known.includes(value.toLowerCase()), `Expected one of ${choices.join(', ')}`);
}

const addressSpaceSchema = z.looseObject({ addressPrefixes: z.array(z.string()).optional() });

const entrySchema = z.looseObject({ name: z.string(), id: z.string().optional() });

const vpnClientConfigurationSchema = z.looseObject({
  vpnClientAddressPool: addressSpaceSchema.nullish(),
  vpnClientProtocols: z.array(oneOf(spellings.protocol)).nullish(),
  vpnAuthenticationTypes: z.array(oneOf(spellings.authentication)).nullish(),
  vpnClientRootCertificates: z.array(entrySchema).nullish(),
  vpnClientRevokedCertificates: z.array(entrySchema).nullish(),
  vpnClientIpsecPolicies: z.array(z.looseObject({})).nullish(),
  radiusServerAddress: z.string().nullish(),
  radiusServerSecret: z.string().nullish(),
  radiusServers: z
    .array(
      z.looseObject({
        radiusServerAddress: z.string(),
        radiusServerScore: z.int().min(1).max(30).optional(),
        radiusServerSecret: z.string().nullish(),
      }),
    )
    .nullish(),
  aadTenant: z.string().nullish(),
  aadAudience: z.string().nullish(),
  aadIssuer: z.string().nullish(),
});

/** The members that the rules look at; all others are kept as they come. */
export const gatewaySchema = z.looseObject({
  tags: tagsSchema.optional(),
  properties: z.looseObject({
    gatewayType: oneOf(spellings.gatewayType),
    vpnType: oneOf(spellings.vpnType).optional(),
    vpnGatewayGeneration: oneOf(spellings.vpnGatewayGeneration).optional(),
    sku: z.looseObject({ name: oneOf(spellings.sku), tier: oneOf(spellings.sku).optional() }),
    enableBgp: z.boolean().optional(),
    activeActive: z.boolean().optional(),
    customRoutes: addressSpaceSchema.nullish(),
    ipConfigurations: z
      .array(
        z.looseObject({
          name: z.string(),
          properties: z.looseObject({ subnet: referenceSchema.nullish(), publicIPAddress: referenceSchema.nullish() }),
        }),
      )
      .optional(),
    vpnClientConfiguration: vpnClientConfigurationSchema.nullish(),
  }),
});
