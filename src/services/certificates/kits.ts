import { AppError } from '../../domain/app-error.ts';
import type { GatewayPlan } from '../../domain/gateway-plan.ts';
import type { ProfilePackage } from '../../domain/profile-package.ts';
import { parseThumbprint } from '../../domain/thumbprint.ts';
import type { Kit } from '../../kits/kit.ts';
import type { P2sSettings } from '../../kits/p2s/p2s-settings.ts';
import { buildP2sKit, type P2sPlatform, p2sPlatforms } from '../../kits/platforms.ts';
import { rootKeys } from '../../stores/records/certificates.ts';
import { gatewayKeys } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import { type ReadNewestPackage, unreadablePackage } from '../gateways/newest-package.ts';
import type { CertificateLookup } from './certificate-lookup.ts';
import { issuerChain } from './issuer-chain.ts';

export const certificateKitPlatforms = p2sPlatforms;

export interface CertificateKit extends Kit {
  /** Of the gateway's profile that it was made from. */
  readonly profileHash: string;
}

export interface KitOrder {
  readonly thumbprint: string;
  readonly gatewayId: string;
  readonly platform: P2sPlatform;
  /** What the check script of the kit should reach through the VPN. */
  readonly probe?: P2sSettings['probe'];
}

/** Files that open one gateway with one certificate, without its private key. Secret: they hold secrets of the gateway. */
export interface Kits {
  make(order: KitOrder): Promise<CertificateKit>;
}

export function createKits(options: {
  readonly stores: Stores;
  readonly lookup: CertificateLookup;
  readonly readNewest: ReadNewestPackage;
  readonly readProfilePackage: (
    zip: Uint8Array,
  ) => { readonly ok: true; readonly profile: ProfilePackage } | { readonly ok: false };
}): Kits {
  const { stores } = options;

  async function readProfile(gatewayId: string): Promise<ProfilePackage> {
    const { bytes } = await options.readNewest(gatewayId);
    const reading = options.readProfilePackage(bytes);
    if (reading.ok) return reading.profile;
    throw unreadablePackage(gatewayId);
  }

  /** What a kit is made from, whatever its platform. Throws where no gateway would let this certificate in. */
  async function readSettings({ thumbprint: text, gatewayId, probe }: KitOrder): Promise<P2sSettings> {
    const thumbprint = parseThumbprint(text);
    const record = thumbprint === undefined ? undefined : await options.lookup.byThumbprint(thumbprint);
    const certificate = record?.certificate ?? record?.registered?.certificate;
    if (record === undefined || certificate === undefined) {
      throw new AppError('ERR_NOT_FOUND', `Certificate ${text.slice(0, 64)} does not exist.`);
    }
    if (record.state !== 'issued') {
      throw new AppError(
        'ERR_CONFLICT',
        `Certificate ${text} is ${record.state}: no gateway accepts it, so no kit is made.`,
      );
    }
    const plan = (await stores.gateways.get(gatewayKeys(gatewayId)))?.record.plan;
    if (plan === undefined) throw new AppError('ERR_NOT_FOUND', `Gateway ${gatewayId} does not exist.`);
    requireCertificates(plan);
    const trust = (await stores.gatewayRoots.get({ partitionKey: gatewayId, rowKey: record.rootId }))?.record;
    if (trust?.wanted !== true) {
      throw new AppError('ERR_CONFLICT', `Gateway ${gatewayId} does not trust root ${record.rootId}.`);
    }
    const root = (await stores.roots.get(rootKeys(record.rootId)))?.record;
    if (root?.certificate === undefined || root.thumbprint === undefined) {
      throw new AppError('ERR_CONFLICT', `Root ${record.rootId} has no certificate yet, so no kit is made.`);
    }
    const chain = await issuerChain(stores, root);
    return {
      profile: await readProfile(gatewayId),
      gatewayId,
      connectionName: plan.resourceIds.virtualNetwork.split('/').at(-1) ?? gatewayId,
      protocols: plan.protocols,
      sku: plan.sku,
      addressPool: plan.clientAddressPool,
      certificate: Buffer.from(certificate, 'base64'),
      commonName: record.commonName,
      thumbprint: record.thumbprint ?? text,
      chain: chain.map((issuer) => Buffer.from(issuer.certificate, 'base64')),
      issuer: { commonName: root.commonName, thumbprint: root.thumbprint },
      rootThumbprint: chain.at(-1)?.thumbprint ?? root.thumbprint,
      ...(probe === undefined ? {} : { probe }),
      fileStem: `${gatewayId}-${record.serialNumber.slice(0, 8)}`,
    };
  }

  return {
    make: async (order) => {
      const settings = await readSettings(order);
      return { ...buildP2sKit(order.platform, settings), profileHash: settings.profile.hash };
    },
  };
}

function requireCertificates({ id, authentication }: GatewayPlan): void {
  if (authentication.includes('Certificate')) return;
  throw new AppError(
    'ERR_CONFLICT',
    `Gateway ${id} lets nobody in by certificate, only by ${authentication.join(' and ')}, so no kit is made.`,
  );
}
