import { z } from 'zod';
import { virtualNetworkIdPattern } from './azure-names.ts';
import { gatewayGenerations, gatewaySkus } from './gateway-sku.ts';

export const tunnelProtocols = ['IkeV2', 'OpenVPN', 'SSTP'] as const;
export type TunnelProtocol = (typeof tunnelProtocols)[number];

export const authenticationMethods = ['Certificate', 'Radius', 'AAD'] as const;
export type AuthenticationMethod = (typeof authenticationMethods)[number];

/** The pool of the articles this project began with. */
export const usualClientAddressPool = '172.16.201.0/24';

// The bounds below only keep a request from costing more than it is worth; what Azure allows is preflight's to judge,
// so that a breach is answered with its reason. Azure's own 600 prefixes per gateway is the one limit that serves as
// both.
const prefixesMax = 600;
const nameSchema = z.string().max(256);
const rangeSchema = z.string().max(64);
const namedRange = (description: string) => rangeSchema.meta({ description, examples: ['10.1.0.0/16'] });

/** One of these words in any letter case: people write IKEv2, and Azure's own tools do not agree either. */
function inAnyCase<const T extends readonly string[]>(words: T) {
  return z.preprocess(
    (value) => words.find((word) => typeof value === 'string' && word.toLowerCase() === value.toLowerCase()) ?? value,
    z.enum(words),
  );
}

const subnetSchema = z.strictObject({
  name: nameSchema.meta({
    description: 'Name of the subnet; the gateway lives in the one called GatewaySubnet, in any letter case.',
  }),
  prefix: namedRange('IPv4 range of the subnet, inside the address space.'),
});

const virtualNetworkSchema = z
  .strictObject({
    name: nameSchema.optional().meta({ description: 'Name of the virtual network to make.' }),
    addressSpace: z.array(namedRange('One IPv4 range.')).min(1).max(prefixesMax).optional().meta({
      description: 'IPv4 ranges of the virtual network.',
    }),
    dnsServers: z.array(z.string().max(64)).max(20).optional().meta({
      description: "IPv4 addresses of DNS servers; none means Azure's own.",
    }),
    subnets: z.array(subnetSchema).max(prefixesMax).optional().meta({
      description: 'Subnets of the virtual network, GatewaySubnet among them.',
    }),
    resourceId: z.string().max(512).regex(virtualNetworkIdPattern).optional().meta({
      description:
        'Azure id of a virtual network that is there already, instead of name and addressSpace. Of subnets it gets those that it lacks.',
    }),
    allowForeignVnet: z.boolean().optional().meta({
      description:
        'Default false: the DNS servers of a virtual network that is there already stay as they are. Everything in it takes them up.',
    }),
  })
  .refine((network) => network.resourceId !== undefined || network.name !== undefined, {
    path: ['name'],
    message: 'A virtual network to make needs a name; one that is there already is given by resourceId alone.',
    when: isObjectPayload,
  })
  .refine((network) => network.resourceId !== undefined || network.addressSpace !== undefined, {
    path: ['addressSpace'],
    message:
      'A virtual network to make needs an address space; one that is there already is given by resourceId alone.',
    when: isObjectPayload,
  })
  .refine(
    ({ resourceId, name, addressSpace }) =>
      resourceId === undefined || (name === undefined && addressSpace === undefined),
    {
      path: ['resourceId'],
      message: 'A virtual network given by resourceId takes no name and no address space: it has its own.',
      when: isObjectPayload,
    },
  )
  .meta({
    description: 'The virtual network to make, or the resourceId of one that is there already.',
    oneOf: [{ required: ['name', 'addressSpace'] }, { required: ['resourceId'] }],
  });

const publicIpSchema = z.strictObject({
  name: nameSchema.optional().meta({ description: 'Name of the public IP address; default: <gateway name>-pip.' }),
  allocationMethod: inAnyCase(['Static', 'Dynamic']).optional().meta({
    description: 'Default Static. Dynamic is understood, and refused with the reason.',
  }),
  sku: inAnyCase(['Standard', 'Basic']).optional().meta({
    description: 'Default Standard. Basic is understood, and refused with the reason.',
  }),
  zones: z
    .array(z.enum(['1', '2', '3']))
    .max(3)
    .optional()
    .meta({
      description: 'Availability zones; default all three, or none in a region that has none.',
    }),
});

/**
 * The shape of a plan: types, spellings, unknown fields and sizes. Old Azure words (VpnGw1, Basic, SSTP, Dynamic, …)
 * have their place in the shape so that preflight can say what became of them.
 */
export const gatewayPlanSchema = z
  .strictObject({
    subscriptionId: z.guid().optional().meta({ description: "Default: the deployment's own subscription." }),
    id: z
      .string()
      .regex(/^[a-z0-9-]{1,63}$/)
      .optional()
      .meta({ description: "Default: a slug of the gateway's name." }),
    name: nameSchema.meta({ description: 'Name of the virtual network gateway.', examples: ['VNet1GW'] }),
    location: z
      .string()
      .max(64)
      .meta({ description: 'Azure region of everything in the plan.', examples: ['eastus'] }),
    resourceGroup: nameSchema.meta({
      description: 'Resource group of everything that is made.',
      examples: ['TestRG1'],
    }),
    virtualNetwork: virtualNetworkSchema,
    publicIp: publicIpSchema.optional().meta({
      description: 'Public IP address of the gateway. An active-active gateway gets two more, ending in 2 and 3.',
    }),
    ipConfigurationName: nameSchema.optional().meta({ description: 'Default: gwipconf.' }),
    gatewayType: inAnyCase(['Vpn']).optional().meta({ description: 'Vpn: the only kind that is built here.' }),
    sku: inAnyCase(gatewaySkus).optional().meta({ description: 'Default: VpnGw1AZ.' }),
    generation: inAnyCase(gatewayGenerations).optional().meta({ description: 'Default: the latest that the SKU has.' }),
    vpnType: inAnyCase(['RouteBased', 'PolicyBased']).optional().meta({ description: 'Default: RouteBased.' }),
    activeActive: z.boolean().optional().meta({ description: 'Default: false.' }),
    clientAddressPool: z
      .array(namedRange('One IPv4 range.'))
      .max(32)
      .optional()
      .meta({
        description: `Private ranges that clients get addresses from; default ${usualClientAddressPool} where nothing overlaps it.`,
      }),
    customRoutes: z.array(namedRange('One IPv4 range.')).max(prefixesMax).optional().meta({
      description: 'Ranges beside the network that clients reach through the gateway, such as one behind it.',
    }),
    protocols: z
      .array(inAnyCase(tunnelProtocols))
      .max(8)
      .optional()
      .meta({ description: 'Default: IkeV2 and OpenVPN.' }),
    authentication: z
      .array(inAnyCase(authenticationMethods))
      .max(8)
      .optional()
      .meta({ description: 'Default: Certificate.' }),
    rootIds: z
      .array(z.string().regex(/^[a-z0-9-]{1,63}$/))
      .max(100)
      .optional()
      .meta({
        description: 'Roots and intermediates the gateway trusts from the start, in upload order; Azure takes 20.',
      }),
    onPremisesRanges: z.array(namedRange('One IPv4 range.')).max(prefixesMax).optional().meta({
      description: 'Ranges in use where clients connect from, which nothing in the plan may overlap.',
    }),
    expectedUsers: z
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .meta({ description: 'Clients connected at once, at most.' }),
    tags: z
      .record(z.string().max(1024), z.string().max(1024))
      .refine((tags) => Object.keys(tags).length <= 49, 'A resource takes at most 50 tags, and Gatehouse adds one.')
      .optional()
      .meta({ description: 'Tags put on everything that is made.', maxProperties: 49 }),
  })
  .meta({ title: 'GatewayPlan', description: 'A point-to-site VPN gateway and the network it stands in.' });

export type GatewayPlanInput = z.output<typeof gatewayPlanSchema>;

// A refinement otherwise waits until everything else is right, and its complaint would come in a second answer.
function isObjectPayload(payload: { readonly value: unknown }): boolean {
  return typeof payload.value === 'object' && payload.value !== null;
}
