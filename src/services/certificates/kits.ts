import { AppError } from '../../domain/app-error.ts';
import type { ProfilePackage } from '../../domain/profile-package.ts';
import { parseThumbprint } from '../../domain/thumbprint.ts';
import { buildOpenVpn2Kit, type OpenVpn2Kit } from '../../kits/openvpn2.ts';
import type { Blobs } from '../../ports/blobs.ts';
import { rootKeys } from '../../stores/records/certificates.ts';
import { gatewayKeys } from '../../stores/records/gateways.ts';
import type { Stores } from '../../stores/stores.ts';
import type { CertificateLookup } from './certificate-lookup.ts';
import { certificatePem } from './certificate-pem.ts';

export interface Kits {
  /** The file that opens one gateway with one certificate, without its private key. Secret: it holds the gateway's TLS key. */
  openVpn2(thumbprint: string, gatewayId: string): Promise<OpenVpn2Kit>;
}

export function createKits(options: {
  readonly stores: Stores;
  readonly lookup: CertificateLookup;
  readonly blobs: Blobs;
  readonly container: string;
  readonly readProfilePackage: (
    zip: Uint8Array,
  ) => { readonly ok: true; readonly profile: ProfilePackage } | { readonly ok: false };
}): Kits {
  const { stores } = options;

  async function readTemplate(gatewayId: string): Promise<string> {
    const profile = (await stores.profiles.get({ partitionKey: gatewayId, rowKey: 'newest' }))?.record;
    if (profile === undefined) {
      throw new AppError(
        'ERR_CONFLICT',
        `Gateway ${gatewayId} has no profile package yet. POST /api/gateways/${gatewayId}/profile makes one.`,
      );
    }
    const bytes = await options.blobs.get(options.container, profile.blobName);
    const reading = bytes === undefined ? undefined : options.readProfilePackage(bytes);
    if (reading?.ok !== true || reading.profile.ovpnTemplate === undefined) {
      throw new AppError(
        'ERR_CONFLICT',
        `The profile package of gateway ${gatewayId} holds no OpenVPN profile; its protocols must include OpenVPN.`,
      );
    }
    return reading.profile.ovpnTemplate;
  }

  return {
    openVpn2: async (text, gatewayId) => {
      const thumbprint = parseThumbprint(text);
      const record = thumbprint === undefined ? undefined : await options.lookup.byThumbprint(thumbprint);
      if (record?.certificate === undefined) {
        throw new AppError('ERR_NOT_FOUND', `Certificate ${text.slice(0, 64)} does not exist.`);
      }
      if (record.state !== 'issued') {
        throw new AppError(
          'ERR_CONFLICT',
          `Certificate ${text} is ${record.state}: no gateway accepts it, so no kit is made.`,
        );
      }
      if ((await stores.gateways.get(gatewayKeys(gatewayId))) === undefined) {
        throw new AppError('ERR_NOT_FOUND', `Gateway ${gatewayId} does not exist.`);
      }
      const trust = (await stores.gatewayRoots.get({ partitionKey: gatewayId, rowKey: record.rootId }))?.record;
      if (trust?.wanted !== true) {
        throw new AppError('ERR_CONFLICT', `Gateway ${gatewayId} does not trust root ${record.rootId}.`);
      }
      const root = (await stores.roots.get(rootKeys(record.rootId)))?.record;
      const kit = buildOpenVpn2Kit({
        ovpnTemplate: await readTemplate(gatewayId),
        certificatePem: certificatePem(record.certificate),
        chainPem: root?.certificate === undefined ? [] : [certificatePem(root.certificate)],
        fileStem: `${gatewayId}-${record.serialNumber.slice(0, 8)}`,
      });
      if (!kit.ok) {
        throw new AppError(
          'ERR_AZURE_REFUSED',
          `Azure's OpenVPN profile cannot be filled in: ${kit.problems.map(({ message }) => message).join(' ')}`,
        );
      }
      return kit.kit;
    },
  };
}
