import ipaddr from 'ipaddr.js';
import { addressAt, ipv4Prefixes } from '../address-plan.ts';
import type { VpnGatewayState } from '../gateway-state.ts';
import { authenticatorPorts } from './authenticator-events.ts';

/**
 * With ESP in user space, since not every kernel has it. The authenticator decides and counts: eap-radius asks it and
 * tells it.
 */
const plugins =
  'random nonce openssl pem pkcs1 pkcs8 x509 pubkey constraints hmac kdf md5 sha1 sha2 aes gcm drbg kernel-libipsec kernel-netlink socket-default vici updown eap-radius';

/** strongswan.conf of a gateway. The paths have no spaces. */
export function renderCharonConfig(folder: string, logFile: string, secret: string): string {
  return `charon {
  load = ${plugins}
  filelog {
    gateway {
      path = ${logFile}
      default = 1
      flush_line = yes
    }
  }
  plugins {
    vici {
      socket = unix://${folder}/vici
    }
    eap-radius {
      accounting = yes
      accounting_requires_vip = yes
      servers {
        authenticator {
          address = 127.0.0.1
          auth_port = ${authenticatorPorts.authentication}
          acct_port = ${authenticatorPorts.accounting}
          secret = ${secret}
        }
      }
    }
  }
}
swanctl {
  load = pem pkcs1 pkcs8 x509 openssl random
}
`;
}

/** swanctl.conf of a gateway: certificates of its own prove it, its clients prove themselves by EAP. */
export function renderConnections(state: VpnGatewayState): string {
  return `connections {
  p2s {
    version = 2
    pools = pool
    send_cert = always
    unique = never
    proposals = aes256-sha256-modp2048,aes256gcm16-prfsha256-modp2048,default
    local {
      auth = pubkey
      certs = server.pem
      id = ${state.fqdn}
    }
    remote {
      auth = eap-radius
      id = %any
    }
    children {
      vnet {
        local_ts = ${ipv4Prefixes(state.vnetPrefixes).join(',')}
        esp_proposals = aes256gcm16,aes256-sha256,default
      }
    }
  }
}
pools {
  pool {
    addrs = ${upperHalf(state.addressPool[0] ?? '')}
  }
}
`;
}

/** OpenVPN gives out addresses from below: so both protocols of a gateway share its pool. */
function upperHalf(pool: string): string {
  const [, prefixLength] = ipaddr.IPv4.parseCIDR(pool);
  const network = ipaddr.IPv4.networkAddressFromCIDR(pool).toString();
  const size = 2 ** (32 - prefixLength);
  return `${addressAt(network, size / 2)}-${addressAt(network, size - 2)}`;
}
