import { z } from 'zod';
import type { JsonObject } from '../json.ts';

const list = z.array(z.unknown()).nullish();

/** What the body of a gateway has to look like for what it leaves out to be absent. */
const gatewayShape = z.looseObject({
  properties: z.looseObject({
    gatewayType: z.string().regex(/^(?:vpn|expressRoute|localGateway)$/i),
    ipConfigurations: list,
    vpnClientConfiguration: z
      .looseObject({
        vpnClientAddressPool: z.looseObject({ addressPrefixes: list }).nullish(),
        vpnClientProtocols: list,
        vpnAuthenticationTypes: list,
        vpnClientRootCertificates: list,
        vpnClientRevokedCertificates: list,
        radiusServers: list,
        vngClientConnectionConfigurations: list,
      })
      .nullish(),
  }),
});

/** Where the body of a gateway is not of the form that Azure gives it; undefined for one that can be read. */
export function findUnreadable(body: JsonObject): string | undefined {
  const { error } = gatewayShape.safeParse(body);
  return error?.issues[0]?.path.join('.');
}
