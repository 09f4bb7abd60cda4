/** Azure's own package, handed out by links. */
import { strFromU8, zipSync } from 'fflate';
import { createReadNewestPackage } from '../../../../src/services/certificates/newest-package.ts';
import { createProfilePackages, type ProfilePackages } from '../../../../src/services/gateways/profile-packages.ts';
import { createMemoryBlobs } from '../../../support/memory-blobs.ts';
import { createServicesWorld, type ServicesWorld } from '../../../support/services-world.ts';
import { tokenOf } from '../../../support/token-of.ts';

const gatewayId = 'vnet1gw';
const hash = 'a'.repeat(64);
const madeAt = '2026-11-20T10:00:00.000Z';

let world: ServicesWorld;
let packages: ProfilePackages;

beforeEach(() => {
  world = createServicesWorld();
  const readNewest = createReadNewestPackage({
    stores: world.stores,
    blobs: createMemoryBlobs(world.tables),
    container: 'profiles',
  });
  packages = createProfilePackages({ readNewest, downloads: world.downloads });
});

/** A package that Azure has made and Gatehouse has stored; with bytes of its own where it is no zip. */
async function store(content: Readonly<Record<string, string>> | Uint8Array): Promise<void> {
  const entries = Object.entries(content).map(([name, text]) => [name, Uint8Array.from(Buffer.from(String(text)))]);
  const bytes =
    content instanceof Uint8Array ? content : zipSync(Object.fromEntries(entries) as Record<string, Uint8Array>);
  const blobName = `${gatewayId}/${hash}.zip`;
  await createMemoryBlobs(world.tables).put('profiles', blobName, bytes, 'application/zip');
  const names = { serverFqdn: 'gw.vpn.azure.com', routes: [], dnsServers: [], hasOpenVpn: false };
  await world.stores.profiles.upsert({ gatewayId, hash, ...names, blobName, madeAt });
}

const offer = (platform: 'windows-x64' | 'windows-x86' | 'all', requestId = 'one') =>
  packages.offer({ gatewayId, platform, requestedBy: 'tester', requestId });

async function fileOf(url: string) {
  const file = await world.downloads.deliver(tokenOf(url));
  return file === undefined ? undefined : [file.fileName, file.contentType, strFromU8(Uint8Array.from(file.content))];
}

const program = 'application/vnd.microsoft.portable-executable';

describe('src/services/gateways/profile-packages', () => {
  it.each([
    ['windows-x64', 'vnet1gw-VpnClientSetupAmd64.exe', 'MZ 64'],
    ['windows-x86', 'vnet1gw-VpnClientSetupX86.exe', 'MZ 32'],
  ] as const)('hands out the installer, wherever in the package it stands: %s', async (platform, fileName, text) => {
    await store({
      'Generic/VpnSettings.xml': '<VpnProfile/>',
      'WindowsAmd64/VpnClientSetupAmd64.exe': 'MZ 64',
      'windows\\x86\\vpnclientsetupx86.EXE': 'MZ 32',
    });

    const { url, ...rest } = await offer(platform);

    expect(rest).toMatchObject({ fileName, profileHash: hash, madeAt });
    expect((await world.downloads.describe(tokenOf(url)))?.howTo).toMatch(
      /^Open the program on Windows.*No certificate of yours is in it/,
    );
    expect(await fileOf(url)).toEqual([fileName, program, text]);
  });

  it('hands out the whole package as Azure made it', async () => {
    await store({ 'OpenVPN/vpnconfig.ovpn': 'client' });

    expect((await fileOf((await offer('all')).url))?.slice(0, 2)).toEqual(['vnet1gw-profile.zip', 'application/zip']);
  });

  it('gives each request a link of its own, and one that is repeated another in the place of the first', async () => {
    await store({ 'WindowsAmd64/VpnClientSetupAmd64.exe': 'MZ' });
    const [ann, bob] = [await offer('windows-x64', 'ann'), await offer('windows-x64', 'bob')];

    const again = await offer('windows-x64', 'ann');

    const open = await Promise.all([ann, bob, again].map(async ({ url }) => (await fileOf(url)) !== undefined));
    expect(open).toEqual([false, true, true]);
  });

  it.each([
    ['there is none yet', undefined, 'has no profile package yet'],
    [
      'it has no installer',
      { 'OpenVPN/vpnconfig.ovpn': 'client' },
      'no VpnClientSetupAmd64.exe: Azure makes it for IKEv2',
    ],
    ['it is no zip', Uint8Array.from([1, 2, 3]), 'cannot be read'],
  ])('says what to do where %s', async (_what, content, words) => {
    if (content !== undefined) await store(content);

    await expect(offer('windows-x64')).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
      message: expect.stringContaining(words) as string,
    });
  });

  it('unpacks no installer that claims to be huge', async () => {
    const zeros = new Uint8Array(33 * 1024 * 1024);
    await store(zipSync({ 'WindowsAmd64/VpnClientSetupAmd64.exe': Uint8Array.from(zeros) }, { level: 9 }));

    await expect(offer('windows-x64')).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
  });
});
