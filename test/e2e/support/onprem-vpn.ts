/** An Azure Stack POC, and the sharing of VPN access to it as its users take part in it. */
import { strFromU8, unzipSync } from 'fflate';
import type { WorldDefinition } from '../../../sandbox/windows/world/records.ts';
import type { OperationView } from '../../../src/domain/operation.ts';
import { type RunningTestStack, type StackAnswer, type StackStart, startStack } from '../../support/stack.ts';
import { anAuthority, derOf } from '../../support/windows/issued-certificates.ts';
import { writeSecret } from './azure.ts';
import { acceptedOperation, expectStatus, type JsonObject } from './line.ts';
import { defineMachines, machineSpeed, registerMachine, seeMachine, type Way, wayTo } from './onprem-line.ts';

export const host = 'azs-host1';
export const nat = 'natvm';
export const stackId = 'poc';
export const accessPath = `/api/stacks/${stackId}/vpn-access`;
const internalAddress = '192.168.200.1';
export const serverAddress = '10.57.3.20';
export const natCredentialSecret = 'account-natvm-admin';
export const natAdministrator = { username: 'Administrator', password: 'Elected-At-Deployment-1' };
export const pool = { from: '192.168.200.201', to: '192.168.200.230' };
const portal = { fqdn: 'portal.azurestack.local', address: '192.168.133.74' };

/**
 * The host, its NATVM, which translates the stack's addresses, and the portal: as the deployment script leaves them.
 */
async function pocWorld(): Promise<WorldDefinition> {
  const root = await anAuthority('AzureStackSelfSignedRootCert');
  const unrelated = await anAuthority('Somebody Else');
  return {
    machines: [
      {
        id: host,
        role: 'host',
        computerName: 'AZS-HOST1',
        domain: 'azurestack.local',
        ssh: {},
        arc: { resourceGroup: 'AzureStackPOC', name: 'AZS-HOST1' },
        nics: [{ alias: 'Deployment', address: '192.168.200.2' }],
        certificates: [unrelated, root].map(({ certificate }) => ({ store: 'Root', certificate: derOf(certificate) })),
      },
      {
        id: nat,
        role: 'natvm',
        computerName: 'NATVM',
        accounts: [{ name: 'Administrator', password: natAdministrator.password, isAdministrator: true }],
        nics: [
          { alias: 'Ethernet', address: internalAddress, dnsServers: ['192.168.200.67'] },
          { alias: 'Ethernet 2', address: serverAddress, gateway: '10.57.3.1' },
        ],
        openPorts: [5985],
        services: { RemoteAccess: 'Running' },
        remoteAccess: {
          natModes: { Ethernet: 'private', 'Ethernet 2': 'full' },
          policies: [{ name: 'Verbindungen mit Microsoft-Routing- und -RAS-Server', isEnabled: false }],
        },
      },
    ],
    network: {
      names: { [portal.fqdn]: portal.address },
      servers: [{ address: portal.address, port: 443 }],
    },
  };
}

/** A running stack with these machines behind it, that knows the NATVM's administrator. */
export async function startPoc(options: StackStart = {}): Promise<RunningTestStack> {
  const stack = await startStack({ speed: machineSpeed, with: ['windows'], ...options });
  await setUpPoc(stack, 'ssh');
  return stack;
}

/** New machines in place of the former ones, reached in this way, and the stack registered. */
export async function setUpPoc(stack: RunningTestStack, way: Way): Promise<void> {
  await defineMachines(stack, await pocWorld());
  await writeSecret(stack, natCredentialSecret, JSON.stringify(natAdministrator));
  await registerMachine(stack, { id: host, role: 'host', ...(await wayTo(stack, host, way)) });
  const via = { machineId: host, computerName: internalAddress, credentialSecret: natCredentialSecret };
  await registerMachine(stack, { id: nat, role: 'natvm', via });
  const order = { id: stackId, hostMachine: host, natMachine: nat, portalFqdn: portal.fqdn, internalAddress };
  expectStatus(await stack.api('POST', '/api/stacks', order), 201);
}

export async function openAccess(
  stack: RunningTestStack,
  users: readonly string[] = [],
  more: JsonObject = {},
): Promise<OperationView> {
  const order = { users: users.map((name) => ({ name })), ...more };
  return acceptedOperation(await stack.api('POST', accessPath, order));
}

export async function closeAccess(stack: RunningTestStack): Promise<OperationView> {
  return acceptedOperation(await stack.api('DELETE', accessPath));
}

export interface VpnAccessView extends JsonObject {
  readonly state: string;
  readonly sharedKeySecret: string;
  readonly serverAddress?: string;
  readonly users: readonly { readonly name: string; readonly state: string; readonly passwordSecret: string }[];
  readonly certificate?: { readonly thumbprint: string; readonly notAfter: string; readonly base64: string };
}

export async function seeAccess(stack: RunningTestStack): Promise<VpnAccessView> {
  const { vpnAccess } = expectStatus(await stack.api('GET', `/api/stacks/${stackId}`), 200);
  return vpnAccess as VpnAccessView;
}

/** A client dials in: `connected`, or the error that Windows shows. */
export async function dialIn(
  stack: RunningTestStack,
  client: { readonly userName: string; readonly password: string; readonly sharedKey: string },
): Promise<'connected' | number> {
  const attempt = expectStatus(
    await stack.control('POST', '/windows/vpn-connections', { machine: nat, ...client }),
    200,
  );
  return attempt['outcome'] === 'connected' ? 'connected' : Number(attempt['code']);
}

/** A call about a user, or about users, that tells a password made up in it. */
export function revealing(stack: RunningTestStack, path: string, body: JsonObject = {}): Promise<StackAnswer> {
  return stack.api('POST', `/api/stacks/${stackId}${path}`, body, { prefer: 'reveal-password' });
}

/**
 * What undoing has to bring back: all of the two machines that this procedure touches. Accounts stay, and nobody may
 * use them.
 */
export async function touchedState(stack: RunningTestStack): Promise<object> {
  const natMachine = await seeMachine(stack, nat);
  const hostMachine = await seeMachine(stack, host);
  const {
    vpnStatus,
    vpnS2SStatus,
    pool: range,
    routerType,
    natModes,
    policies,
    firewallNic,
    sessions,
    before,
  } = natMachine.remoteAccess ?? {};
  return {
    enabledAccounts: natMachine.accounts.filter(({ isEnabled }) => isEnabled).map(({ name }) => name),
    remoteAccess: {
      vpnStatus,
      vpnS2SStatus,
      range,
      routerType,
      natModes,
      policies,
      firewallNic,
      sessions,
      before,
    },
    services: natMachine.services,
    isNatUp: natMachine.isNatUp,
    files: Object.keys(hostMachine.files),
    trustedHosts: hostMachine.winRm.trustedHosts,
  };
}

export interface OfferedKit {
  readonly kind: string;
  readonly url: string;
  readonly expiresAt: string;
}

export async function offerKit(
  stack: RunningTestStack,
  userName: string,
  platform: string,
  tunnel = 'full',
): Promise<OfferedKit> {
  const answer = await stack.api('POST', `/api/stacks/${stackId}/users/${userName}/kits`, { platform, tunnel });
  const { downloads } = expectStatus(answer, 201) as unknown as { readonly downloads: readonly OfferedKit[] };
  const [first] = downloads;
  if (first === undefined) throw new Error('no download was offered');
  return first;
}

export interface Fetched {
  readonly status: number;
  readonly headers: Headers;
  readonly content: Buffer;
}

/** A link as whoever has it uses it: no key, no account. */
export async function useLink(stack: RunningTestStack, url: string, method: 'GET' | 'POST'): Promise<Fetched> {
  const response = await fetch(new URL(url, stack.info.app.url), { method });
  return { status: response.status, headers: response.headers, content: Buffer.from(await response.arrayBuffer()) };
}

/** Whether a kit's text has the key in it, as text or, where a format wants that, in base64. */
export function holdsKey(text: string, key: string): boolean {
  const forms = [key, Buffer.from(key).toString('base64')];
  const unwrapped = text.replaceAll(/\s/g, '');
  return forms.some((form) => unwrapped.includes(form));
}

/** All text of a kit: files inside an archive one after the other. */
export function kitText(content: Buffer): string {
  if (content.subarray(0, 2).toString('latin1') !== 'PK') return content.toString('utf8');
  return Object.entries(unzipSync(content))
    .map(([name, bytes]) => `${name}\n${strFromU8(bytes)}`)
    .join('\n');
}
