import { AppError } from '../../domain/app-error.ts';
import type { GatewayPlan } from '../../domain/gateway-plan.ts';
import type { ProfilePackage } from '../../domain/profile-package.ts';
import { parseThumbprint } from '../../domain/thumbprint.ts';
import type { Kit } from '../../kits/kit.ts';
import type { P2sSettings } from '../../kits/p2s/p2s-settings.ts';
import { buildP2sKit, type P2sPlatform, p2sPlatforms } from '../../kits/platforms.ts';
import { type CertificateRecord, rootKeys } from '../../stores/records/certificates.ts';
import { gatewayKeys } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import type { CertificateLookup } from './certificate-lookup.ts';
import { issuerChain } from './issuer-chain.ts';
import { type ReadNewestPackage, unreadablePackage } from './newest-package.ts';

export const certificateKitPlatforms = p2sPlatforms;

export interface CertificateKit extends Kit {
  /** Of the gateway's profile that it was made from. */
  readonly profileHash: string;
}

/** Where a kit is for. */
export interface KitPlace {
  readonly gatewayId: string;
  readonly platform: P2sPlatform;
  /** What the check script of the kit should reach through the VPN. */
  readonly probe?: P2sSettings['probe'];
}

export interface KitOrder extends KitPlace {
  readonly thumbprint: string;
}

/** Whose kit it is; with `pfx` it holds the key, closed by a password that is not in it. */
export type KitSubject = Pick<P2sSettings, 'certificate' | 'commonName' | 'thumbprint' | 'pfx'> & {
  readonly serialNumber: string;
};

type Place = Omit<P2sSettings, 'certificate' | 'commonName' | 'thumbprint' | 'pfx' | 'probe' | 'fileStem'>;

/** Files that open one gateway with one certificate. Secret: they hold secrets of the gateway. */
export interface Kits {
  /** Without the private key. */
  make(order: KitOrder): Promise<CertificateKit>;
  /** For a certificate of that root that is not released yet. */
  makeFor(place: KitPlace, rootId: string, subject: KitSubject): Promise<CertificateKit>;
  /** Throws what `makeFor` would for any certificate of that root: before there is one. */
  requireServed(places: readonly KitPlace[], rootId: string): Promise<void>;
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

  /**
   * What kits for a gateway have in common, whose certificate they are for. Throws where no gateway would let one of
   * this root in.
   */
  async function readPlace(gatewayId: string, rootId: string): Promise<Place> {
    const plan = (await stores.gateways.get(gatewayKeys(gatewayId)))?.record.plan;
    if (plan === undefined) throw new AppError('ERR_NOT_FOUND', `Gateway ${gatewayId} does not exist.`);
    requireCertificates(plan);
    const trust = (await stores.gatewayRoots.get({ partitionKey: gatewayId, rowKey: rootId }))?.record;
    if (trust?.wanted !== true) {
      throw new AppError('ERR_CONFLICT', `Gateway ${gatewayId} does not trust root ${rootId}.`);
    }
    if (trust.state === 'deferred') {
      const message = `Gateway ${gatewayId} does not trust root ${rootId} yet: that waits for its change window, which opens at ${trust.startsAt ?? 'a time that is not known'}.`;
      throw new AppError('ERR_CONFLICT', `${message} No kit is made that cannot connect.`);
    }
    const root = (await stores.roots.get(rootKeys(rootId)))?.record;
    if (root?.certificate === undefined || root.thumbprint === undefined) {
      throw new AppError('ERR_CONFLICT', `Root ${rootId} has no certificate yet, so no kit is made.`);
    }
    const chain = await issuerChain(stores, root);
    return {
      profile: await readProfile(gatewayId),
      gatewayId,
      connectionName: plan.resourceIds.virtualNetwork.split('/').at(-1) ?? gatewayId,
      protocols: plan.protocols,
      sku: plan.sku,
      addressPool: plan.clientAddressPool,
      chain: chain.map((issuer) => Buffer.from(issuer.certificate, 'base64')),
      issuer: { commonName: root.commonName, thumbprint: root.thumbprint },
      rootThumbprint: chain.at(-1)?.thumbprint ?? root.thumbprint,
    };
  }

  /** The certificate that a kit is made for, without its key. */
  async function readCertificate(
    text: string,
  ): Promise<Omit<CertificateRecord, 'certificate'> & { readonly certificate: string }> {
    const thumbprint = parseThumbprint(text);
    const record = thumbprint === undefined ? undefined : await options.lookup.byThumbprint(thumbprint);
    const certificate = record?.certificate ?? record?.registered?.certificate;
    if (record === undefined || certificate === undefined) {
      throw new AppError('ERR_NOT_FOUND', `Certificate ${text.slice(0, 64)} does not exist.`);
    }
    if (record.state === 'superseded' && record.superseded !== undefined) {
      const message = `Certificate ${text} has been replaced by ${record.superseded.thumbprint}: make the kit for that one.`;
      throw new AppError('ERR_CONFLICT', message);
    }
    if (record.state !== 'issued') {
      throw new AppError(
        'ERR_CONFLICT',
        `Certificate ${text} is ${record.state}: no gateway accepts it, so no kit is made.`,
      );
    }
    return { ...record, certificate };
  }

  function build({ gatewayId, platform, probe }: KitPlace, place: Place, subject: KitSubject): CertificateKit {
    const { serialNumber, ...rest } = subject;
    const fileStem = `${gatewayId}-${serialNumber.slice(0, 8)}`;
    const settings = { ...place, ...rest, ...(probe === undefined ? {} : { probe }), fileStem };
    return { ...buildP2sKit(platform, settings), profileHash: place.profile.hash };
  }

  return {
    make: async ({ thumbprint, ...order }) => {
      const record = await readCertificate(thumbprint);
      const place = await readPlace(order.gatewayId, record.rootId);
      return build(order, place, {
        certificate: Buffer.from(record.certificate, 'base64'),
        commonName: record.commonName,
        thumbprint: record.thumbprint ?? thumbprint,
        serialNumber: record.serialNumber,
      });
    },

    makeFor: async (order, rootId, subject) => build(order, await readPlace(order.gatewayId, rootId), subject),

    requireServed: async (orders, rootId) => {
      for (const order of orders) {
        const place = await readPlace(order.gatewayId, rootId);
        // Made once with the issuer in the certificate's place: what a platform asks of a gateway is known to its kit
        // alone.
        const [certificate = new Uint8Array()] = place.chain;
        const { commonName, thumbprint } = place.issuer;
        build(order, place, { certificate, commonName, thumbprint, serialNumber: '0'.repeat(32) });
      }
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
