import type { WorldDefinition } from '../../sandbox/windows/world/records.ts';
import { createAuthority } from './authority.ts';

export const natAdministrator = {
  secret: 'account-natvm-admin',
  account: { username: 'Administrator', password: 'Elected-At-Deployment-1' },
};
export const pocPortal = 'portal.azurestack.local';
const portalAddress = '192.168.133.74';

/** An Azure Stack POC of the bench: what its machines are called and where its NATVM is. */
export interface Poc {
  readonly id: string;
  readonly host: string;
  readonly nat: string;
  readonly internalAddress: string;
}

/** POCs that share nothing; `first` is the number of the first one, below 200 with all of them. */
export function pocs(first: number, count: number): readonly Poc[] {
  return Array.from({ length: count }, (_, index) => {
    const number = first + index;
    return {
      id: `poc-${number}`,
      host: `host-${number}`,
      nat: `natvm-${number}`,
      internalAddress: `192.168.${number}.1`,
    };
  });
}

/** What opening the VPN access of a POC is asked for with: two users. */
export function accessOrder({ internalAddress }: Poc): object {
  const network = internalAddress.replace(/\.1$/, '.');
  return {
    users: [{ name: 'ann' }, { name: 'bob' }],
    addressRange: { from: `${network}201`, to: `${network}230` },
  };
}

export function accessPath({ id }: Poc): string {
  return `/api/stacks/${id}/vpn-access`;
}

/** The hosts and NATVMs of these POCs, as the deployment script leaves them. */
export async function pocWorld(all: readonly Poc[]): Promise<WorldDefinition> {
  const { certificate } = await createAuthority('AzureStackSelfSignedRootCert');
  return {
    machines: all.flatMap((poc, index) => [aHost(poc, certificate), aNatvm(poc, index)]),
    network: {
      names: { [pocPortal]: portalAddress },
      servers: [{ address: portalAddress, port: 443 }],
    },
  };
}

type Machine = WorldDefinition['machines'][number];

function aHost({ host, internalAddress }: Poc, rootCertificate: string): Machine {
  return {
    id: host,
    role: 'host',
    computerName: host.toUpperCase(),
    domain: 'azurestack.local',
    ssh: {},
    nics: [{ alias: 'Deployment', address: internalAddress.replace(/\.1$/, '.2') }],
    certificates: [{ store: 'Root', certificate: rootCertificate }],
  };
}

function aNatvm({ nat, internalAddress }: Poc, index: number): Machine {
  return {
    id: nat,
    role: 'natvm',
    computerName: nat.toUpperCase(),
    accounts: [{ name: 'Administrator', password: natAdministrator.account.password, isAdministrator: true }],
    nics: [
      { alias: 'Ethernet', address: internalAddress },
      { alias: 'Ethernet 2', address: `10.57.3.${index + 2}`, gateway: '10.57.3.1' },
    ],
    openPorts: [5985],
    services: { RemoteAccess: 'Running' },
    remoteAccess: {
      natModes: { Ethernet: 'private', 'Ethernet 2': 'full' },
      policies: [{ name: 'Connections to Microsoft Routing and Remote Access server', isEnabled: false }],
    },
  };
}
