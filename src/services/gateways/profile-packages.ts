import { AppError } from '../../domain/app-error.ts';
import {
  installerNames,
  type InstallerPlatform,
  readWindowsInstaller,
  windowsProgramType,
} from '../../kits/windows-installer.ts';
import { type NewestPackage, type ReadNewestPackage, unreadablePackage } from '../certificates/newest-package.ts';
import type { Downloads, NewDownload, OfferedDownload } from '../operations/downloads.ts';

export const packagePlatforms = ['windows-x64', 'windows-x86', 'all'] as const satisfies readonly (
  InstallerPlatform | 'all'
)[];
export type PackagePlatform = (typeof packagePlatforms)[number];

export interface PackageOrder {
  readonly gatewayId: string;
  /** The whole zip for `all`. */
  readonly platform: PackagePlatform;
  readonly requestedBy: string;
  /** Of the request: the same for one that is repeated, whose link takes the place of the first. */
  readonly requestId: string;
}

export interface OfferedPackage extends OfferedDownload {
  readonly fileName: string;
  /** Of the profile that it was made from, and when Azure made it. */
  readonly profileHash: string;
  readonly madeAt: string;
}

/** What Azure itself makes for people's machines, as it made it, behind a link. */
export interface ProfilePackages {
  offer(order: PackageOrder): Promise<OfferedPackage>;
}

export function createProfilePackages({
  readNewest,
  downloads,
}: {
  readonly readNewest: ReadNewestPackage;
  readonly downloads: Pick<Downloads, 'offer'>;
}): ProfilePackages {
  return {
    offer: async ({ gatewayId, platform, requestedBy, requestId }) => {
      const newest = await readNewest(gatewayId);
      const file = fileOf(newest, platform);
      const { hash, madeAt } = newest.record;
      const offered = await downloads.offer({
        ...file,
        target: `gateways/${gatewayId}/profile`,
        requestedBy,
        // Others were given links of their own to the same file: those live on.
        replaces: `profile-package/${gatewayId}/${platform}/${requestId}`,
      });
      return { ...offered, fileName: file.fileName, profileHash: hash, madeAt };
    },
  };
}

const packageHowTo =
  'Unpack the zip: Azure has put into it a folder of settings for each kind of client. No certificate of yours is in it.';
const installerHowTo =
  'Open the program on Windows: it adds the VPN connection. No certificate of yours is in it: import it with its private key before you connect.';

function fileOf(
  { record: { gatewayId }, bytes }: NewestPackage,
  platform: PackagePlatform,
): Pick<NewDownload, 'fileName' | 'contentType' | 'content' | 'howTo'> {
  if (platform === 'all') {
    return {
      fileName: `${gatewayId}-profile.zip`,
      contentType: 'application/zip',
      content: bytes,
      howTo: packageHowTo,
    };
  }
  const reading = readWindowsInstaller(bytes, platform);
  if (reading.outcome === 'unreadable') throw unreadablePackage(gatewayId);
  if (reading.outcome === 'missing') {
    throw new AppError(
      'ERR_CONFLICT',
      `The profile package of gateway ${gatewayId} has no ${installerNames[platform]}: Azure makes it for IKEv2 with certificates. ` +
        `Switch IkeV2 on for the gateway and ask for another package (POST /api/gateways/${gatewayId}/profile), or make a kit ` +
        'for the Azure VPN Client.',
    );
  }
  const fileName = `${gatewayId}-${installerNames[platform]}`;
  return { fileName, contentType: windowsProgramType, content: reading.content, howTo: installerHowTo };
}
