const vpnGateway = 'https://learn.microsoft.com/azure/vpn-gateway';

/** The pages that the rules rest on, read in November 2026 where nothing else is said. */
export const sources = {
  skuConsolidation: `${vpnGateway}/gateway-sku-consolidation`,
  whatsNew: `${vpnGateway}/whats-new`,
  skus: `${vpnGateway}/about-gateway-skus`,
  settings: `${vpnGateway}/vpn-gateway-about-vpn-gateway-settings`,
  basicAddressMigration: `${vpnGateway}/basic-public-ip-migrate-about`,
  basicSkuAddressRemoval: `${vpnGateway}/basic-sku-public-ip-remove`,
  linuxClientRetirement: `${vpnGateway}/azure-vpn-client-linux-retirement`,
  serverRootMigration: `${vpnGateway}/point-to-site-about-gateway-certificate-migration`,
  networkLimits:
    'https://learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits',
  sstpRetirement: 'https://azure.microsoft.com/updates?id=499923',
  sstpMigration: `${vpnGateway}/ikev2-openvpn-from-sstp`,
  basicSkuIkeV2: 'https://docs.azure.cn/en-us/vpn-gateway/ikev2-openvpn-from-sstp',
  multipleAuthentication: `${vpnGateway}/howto-point-to-site-multi-auth`,
  certificateGateway: `${vpnGateway}/point-to-site-certificate-gateway`,
  troubleshooting: `${vpnGateway}/vpn-gateway-troubleshoot-vpn-point-to-site-connection-problems`,
  faq: `${vpnGateway}/vpn-gateway-vpn-faq`,
  virtualNetworkFaq: 'https://learn.microsoft.com/azure/virtual-network/virtual-networks-faq',
  /** Where to look a region up; the list in azure-regions.ts was not compared with it. */
  regions: 'https://learn.microsoft.com/azure/reliability/regions-list',
  peering: `${vpnGateway}/vpn-gateway-peering-gateway-transit`,
  rights: `${vpnGateway}/roles-permissions`,
  /** Where to look these up: not read. */
  limits: 'https://learn.microsoft.com/azure/networking/check-usage-against-limits',
  customRoutes: `${vpnGateway}/vpn-gateway-p2s-advertise-custom-routes`,
  virtualNetworkDns:
    'https://learn.microsoft.com/azure/virtual-network/virtual-networks-name-resolution-for-vms-and-role-instances',
  names: 'https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules',
  tags: 'https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources',
  cidr: 'https://www.rfc-editor.org/rfc/rfc4632#section-3.1',
  sharedAddressSpace: 'https://www.rfc-editor.org/rfc/rfc6598',
  privateAddresses: 'https://www.rfc-editor.org/rfc/rfc1918',
} as const;
