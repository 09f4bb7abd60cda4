import type { Permission } from '../role-actions.ts';

/** What Azure says about the virtual network of a plan, where it is there already. */
export interface VirtualNetworkFacts {
  readonly location: string;
  readonly addressSpace: readonly string[];
  readonly dnsServers: readonly string[];
  readonly subnets: readonly { readonly name: string; readonly prefixes: readonly string[] }[];
  readonly peerings?: readonly PeeringFacts[];
  /** The gateways that stand in its GatewaySubnet. */
  readonly gateways?: readonly GatewayFacts[];
  readonly gatewaySubnet?: AttachmentFacts;
}

export interface PeeringFacts {
  readonly name: string;
  /** Address space of the network at the other end. */
  readonly addressSpace: readonly string[];
  readonly usesRemoteGateways: boolean;
}

export interface GatewayFacts {
  readonly resourceId: string;
  /** `Vpn` or `ExpressRoute`; absent when it could not be looked at. */
  readonly gatewayType?: string;
}

/** What is attached to the GatewaySubnet. */
export interface AttachmentFacts {
  readonly securityGroupId?: string;
  /** Absent where there is none, and where it could not be looked at. */
  readonly routeTable?: RouteTableFacts;
}

export interface RouteTableFacts {
  readonly resourceId: string;
  readonly isPropagationDisabled: boolean;
  readonly routes: readonly { readonly name: string; readonly prefix: string }[];
}

/** A public address of the plan that is there already. */
export interface PublicIpFacts {
  readonly resourceId: string;
  readonly sku: string;
  readonly allocationMethod: string;
  /** Id of what it is attached to. */
  readonly attachedTo?: string;
}

/** What is known under the plan's id and its gateway's address. */
export interface Registration {
  /** The id is another gateway's; this one is free. */
  readonly freeId?: string;
  /** Id of the gateway here that has the resource. */
  readonly registeredAs?: string;
}

/** A gateway that is built or planned beside the one being checked. */
export interface OtherGateway {
  readonly id: string;
  readonly resourceId: string;
  readonly virtualNetworkId: string;
  readonly clientAddressPool: readonly string[];
}

/** The identity's roles that count at a scope. */
export interface RightsFacts {
  /** Its resource id. */
  readonly scope: string;
  readonly permissions: readonly Permission[];
}

/** What a subscription has of something in a region, and may have. */
export interface Usage {
  /** As Azure counts it, for example `VirtualNetworks`. */
  readonly name: string;
  readonly used: number;
  readonly limit: number;
}

/** What the subscription's own list of regions says of the plan's. */
export interface RegionFacts {
  readonly isOffered: boolean;
  readonly hasZones: boolean;
}

export interface PreflightContext {
  readonly region?: RegionFacts;
  readonly usages?: readonly Usage[];
  /** How many of these the plan makes, as far as it is known that they are not there. */
  readonly toMake?: { readonly virtualNetworks: number; readonly publicIps: number };
  /** In the plan's resource group, or in its subscription where there is no such group. */
  readonly groupRights?: RightsFacts & { readonly isGroupThere: boolean };
  /** At the virtual network that a plan names by its id. */
  readonly networkRights?: RightsFacts;
  readonly virtualNetworkFacts?: VirtualNetworkFacts;
  readonly otherGateways?: readonly OtherGateway[];
  readonly publicIps?: readonly PublicIpFacts[];
  readonly registration?: Registration;
  /** A gateway is in Azure under the plan's name that was not made here. */
  readonly isGatewayForeign?: boolean;
}
