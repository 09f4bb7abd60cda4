import { AppError } from '../../domain/app-error.ts';
import { buildL2tpKit, type L2tpPlatform, l2tpPlatforms } from '../../kits/platforms.ts';
import type { Secrets } from '../../ports/secrets.ts';
import type { OnPremisesStores } from '../../stores/on-premises-stores.ts';
import { stackKeys, type StackRecord } from '../../stores/records/on-premises.ts';
import type { Downloads, OfferedDownload } from '../operations/downloads.ts';
import { requireUser } from './vpn-user-intents.ts';

export const l2tpKitPlatforms = l2tpPlatforms;
export const tunnels = ['full', 'split'] as const;
type Tunnel = (typeof tunnels)[number];

interface KitRequest {
  readonly stackId: string;
  readonly userName: string;
  readonly platform: L2tpPlatform;
  readonly tunnel: Tunnel;
  readonly requestedBy: string;
}

/** Files that set up a user's own machine for a stack's VPN. They hold the shared key, and never a password. */
export interface L2tpKits {
  /** Makes the file and offers it; an earlier link to the same file dies. */
  offer(request: KitRequest): Promise<{ readonly kind: string } & OfferedDownload>;
  /** Ends every link to a stack's files. */
  withdraw(stackId: string): Promise<void>;
}

export function createL2tpKits({
  stores,
  secrets,
  downloads,
}: {
  readonly stores: OnPremisesStores;
  readonly secrets: Pick<Secrets, 'get'>;
  readonly downloads: Pick<Downloads, 'offer' | 'withdraw'>;
}): L2tpKits {
  async function readyStack(stackId: string): Promise<ReadyStack> {
    const stack = (await stores.stacks.get(stackKeys(stackId)))?.record;
    if (stack === undefined) throw new AppError('ERR_NOT_FOUND', `There is no stack ${stackId}.`);
    const { vpnAccess } = stack;
    const { state, serverAddress, certificate } = vpnAccess ?? {};
    if (
      vpnAccess === undefined ||
      state === 'closed' ||
      state === 'closing' ||
      serverAddress === undefined ||
      certificate === undefined
    ) {
      throw new AppError(
        'ERR_CONFLICT',
        `Stack ${stackId} has no VPN server yet, so no kit can be made: POST /api/stacks/${stackId}/vpn-access.`,
      );
    }
    return { stack, vpnAccess, serverAddress, certificate };
  }

  return {
    offer: async ({ stackId, userName, platform, tunnel, requestedBy }) => {
      const { stack, vpnAccess, serverAddress, certificate } = await readyStack(stackId);
      const user = await requireUser(stores, stackId, userName);
      if (user.state !== 'enabled') {
        throw new AppError('ERR_CONFLICT', `User ${user.name} is ${user.state} and cannot connect, so no kit is made.`);
      }
      const key = await secrets.get({ use: 'l2tpKey', name: vpnAccess.sharedKeySecret });
      if (key === undefined) {
        throw new AppError('ERR_CONFLICT', `Key Vault has no secret ${vpnAccess.sharedKeySecret}.`);
      }
      const { fileName, contentType, content, howTo } = buildL2tpKit(platform, {
        connectionName: `Azure Stack ${stackId}`,
        serverAddress,
        sharedKey: key.value,
        userName: user.name,
        tunnel,
        splitRoutes: vpnAccess.splitRoutes,
        dnsSuffix: stack.dnsSuffix,
        dnsServers: stack.dnsServers.length > 0 ? stack.dnsServers : (vpnAccess.dnsServers ?? []),
        portalFqdn: stack.portalFqdn,
        addressRange: { from: vpnAccess.addressFrom, to: vpnAccess.addressTo },
        ...(vpnAccess.isBehindNat === undefined ? {} : { isBehindNat: vpnAccess.isBehindNat }),
        certificate: { ...certificate, der: Buffer.from(certificate.der, 'base64') },
        idSeed: `${stackId} ${user.name} ${tunnel}`,
      });
      const thing = thingOf(stackId, user.name, platform, tunnel);
      const offered = await downloads.offer({
        fileName,
        contentType,
        content,
        howTo,
        target: `stacks/${stackId}/users/${user.name}`,
        requestedBy,
        replaces: thing,
      });
      return { kind: platform, ...offered };
    },
    withdraw: async (stackId) => {
      for (const { record } of await stores.vpnUsers.list(stackId)) {
        for (const platform of l2tpPlatforms.names) {
          for (const tunnel of tunnels) await downloads.withdraw(thingOf(stackId, record.name, platform, tunnel));
        }
      }
    },
  };
}

interface ReadyStack {
  readonly stack: StackRecord;
  readonly vpnAccess: NonNullable<StackRecord['vpnAccess']>;
  readonly serverAddress: string;
  readonly certificate: NonNullable<NonNullable<StackRecord['vpnAccess']>['certificate']>;
}

function thingOf(stackId: string, userName: string, platform: L2tpPlatform, tunnel: Tunnel): string {
  return `l2tp-kit/${stackId}/${userName.toLowerCase()}/${platform}/${tunnel}`;
}
