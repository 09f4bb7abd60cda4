import { parse } from 'plist';
import type { P2sSettings } from '../../../../src/kits/p2s/p2s-settings.ts';
import { buildP2sKit, p2sPlatforms } from '../../../../src/kits/platforms.ts';
import { someP2sSettings } from '../../../support/builders/some-p2s-settings.ts';
import { breaches, payloadKeys, profileKeys } from '../../../support/kits/apple-payload-keys.ts';
import { refusalOf } from '../../../support/kits/refusal-of.ts';
import { fileOf } from '../../../support/kits/unpack-kit.ts';

interface Payload {
  readonly PayloadType: string;
  readonly PayloadUUID: string;
  readonly PayloadIdentifier: string;
  readonly [key: string]: unknown;
}
interface Profile extends Payload {
  readonly PayloadContent: readonly Payload[];
}

const kinds = ['macos', 'ios'] as const;
const pfx = { content: Buffer.from('key and certificates') };
const withServers = (changes: Partial<P2sSettings> = {}): P2sSettings => {
  const settings = someP2sSettings(changes);
  return { ...settings, profile: { ...settings.profile, dnsServers: ['10.1.0.53'] } };
};

function profileOf(settings: P2sSettings, kind: (typeof kinds)[number] = 'ios'): Profile {
  return parse(fileOf(buildP2sKit(kind, settings), /\.mobileconfig$/)) as unknown as Profile;
}

function payload(profile: Profile, type: string): Payload {
  const found = profile.PayloadContent.find(({ PayloadType }) => PayloadType === type);
  if (found === undefined) throw new Error(`no payload ${type}`);
  return found;
}

function identifiers(profile: Profile): readonly string[] {
  return [profile, ...profile.PayloadContent].flatMap((one) => [one.PayloadUUID, one.PayloadIdentifier]);
}

describe('src/kits/p2s/apple-kits', () => {
  it.each([
    ['without a key', someP2sSettings()],
    ['with a key and DNS servers', withServers({ pfx: { ...pfx, password: 'typed' } })],
  ])('keeps to the keys of Apple: %s', (_what, settings) => {
    const profile = profileOf(settings);

    const found = profile.PayloadContent.map((one) => breaches(payloadKeys[one.PayloadType] ?? {}, one));
    expect([breaches(profileKeys, profile), ...found].flat()).toEqual([]);
  });

  it.each(kinds)('describes the gateway, by EAP-TLS: %s', (kind) => {
    const profile = profileOf(withServers(), kind);

    const { serverFqdn } = someP2sSettings().profile;
    expect(payload(profile, 'com.apple.vpn.managed')).toMatchObject({
      UserDefinedName: 'VNet1',
      VPNType: 'IKEv2',
      IKEv2: {
        RemoteAddress: serverFqdn,
        RemoteIdentifier: serverFqdn,
        LocalIdentifier: 'alice@example.org',
        AuthenticationMethod: 'None',
        ExtendedAuthEnabled: 1,
      },
      DNS: { ServerAddresses: ['10.1.0.53'] },
    });
    expect(payload(profile, 'com.apple.security.root')['PayloadContent']).toEqual(
      new Uint8Array(Buffer.from('server root')),
    );
  });

  it.each([
    ['the password of the kit', { ...pfx, password: 'typed' }, 'typed'],
    ['no password, so that the person is asked', pfx, undefined],
  ])('brings the key that was made here, with %s', (_what, made, password) => {
    const profile = profileOf(someP2sSettings({ pfx: made }));

    const identity = payload(profile, 'com.apple.security.pkcs12');
    expect(identity['PayloadContent']).toEqual(new Uint8Array(pfx.content));
    expect(identity['Password']).toBe(password);
    const { IKEv2 } = payload(profile, 'com.apple.vpn.managed');
    expect(IKEv2).toHaveProperty('PayloadCertificateUUID', identity.PayloadUUID);
  });

  it('names no certificate that it does not bring, and says what to do', () => {
    const kit = buildP2sKit('ios', someP2sSettings());

    expect(payload(profileOf(someP2sSettings()), 'com.apple.vpn.managed')['IKEv2']).not.toHaveProperty(
      'PayloadCertificateUUID',
    );
    expect(kit.notes.join(' ')).toContain('install it on the device first, as a .pfx');
    expect(kit.notes.join(' ')).toContain('Then choose the certificate');
  });

  it('has the identifiers of the person at the gateway, whatever the certificate', () => {
    const mine = identifiers(profileOf(someP2sSettings()));
    const renewed = someP2sSettings({ certificate: Buffer.from('renewed'), thumbprint: 'EF'.repeat(20) });

    expect(new Set(mine).size).toBe(mine.length);
    expect(identifiers(profileOf(renewed))).toEqual(mine);
    expect(identifiers(profileOf(someP2sSettings({ commonName: 'bob@example.org' })))).not.toEqual(mine);
    expect(identifiers(profileOf(someP2sSettings({ gatewayId: 'vnet2gw' })))).not.toEqual(mine);
  });

  it.each(kinds)('says that the SKU Basic does not serve Apple, or refuses for want of IKEv2: %s', (kind) => {
    const basic = buildP2sKit(kind, someP2sSettings({ sku: 'Basic', protocols: ['IkeV2'] }));

    expect(basic.notes.join(' ')).toContain('serves neither Macs nor iPhones');
    expect(buildP2sKit(kind, someP2sSettings()).notes.join(' ')).not.toContain('Basic');
    const refusal = refusalOf(() => buildP2sKit(kind, someP2sSettings({ sku: 'Basic', protocols: ['SSTP'] })));
    expect(refusal.message).toContain('Its SKU is Basic, which serves neither Macs');
  });

  it('needs the old form of a .pfx, as Android does and no other', () => {
    const legacy = p2sPlatforms.names.filter((name) => p2sPlatforms.pfxEncryption[name] === 'legacy');

    expect([...legacy].sort()).toEqual(['android', 'ios', 'macos']);
  });
});
